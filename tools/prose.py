"""Count unclear words in docstrings and comments, with limits that only fall: `python tools/prose.py`. Run by `make prose`.

Counted per 1000 words: "what", "who" and "whose", which replace a noun; "where", which replaces an "if"; and private
words instead of the field's. Counted in per cent: docstring summaries with a clause of "what", "who" or "whose". The
limits and the targets are in tools/prose.tsv.

    python tools/prose.py all figures; exits with 1 and lists the worst files if a figure is above its limit python
    tools/prose.py FILE ... every match in these files python tools/prose.py --lower lower the limits to the present
    figures; none is raised
"""

from __future__ import annotations

import argparse
import io
import math
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CEILINGS = ROOT / "tools" / "prose.tsv"
FOLDERS = ("src/wssure", "mbedtls/src/wssure_mbedtls")
PYTHON, CYTHON, C = {".py"}, {".pyx", ".pxi", ".pxd"}, {".c", ".h"}
PATTERNS = {
    "what, who, whose": r"\b(what|who|whom|whose|whoever|whatever)\b",
    "where": r"\bwhere\b",
    "words of our own": (
        r"\b(stood|goodbye|mend(ed|s|ing)?|stranger'?s?|nobody'?s?|somebody|dear|had by|is told|without a word|last words)\b"
    ),
}
SUMMARIES = "summaries"
RIDDLE = re.compile(r"^(what|who|whose|whom)\b|\b(what|who|whose) [a-z]+", re.IGNORECASE)
CYTHON_TEXT = re.compile(r'^[ \t]*"""(?P<doc>.*?)"""|(?:^|\s)#(?P<comment>[^\n]*)', re.DOTALL | re.MULTILINE)
C_TEXT = re.compile(r"/\*(?P<comment>.*?)\*/|(?<!:)//(?P<line>[^\n]*)", re.DOTALL)
WORST = 8


@dataclass(frozen=True)
class Text:
    """One docstring or comment, with its first line number."""

    line: int
    text: str
    docstring: bool


@dataclass(frozen=True)
class Place:
    """One match of a pattern."""

    kind: str
    path: str
    line: int
    words: str


def texts(source: str, suffix: str) -> Iterator[Text]:
    """Return the docstrings and comments of a source file."""
    if suffix in PYTHON:
        yield from python_texts(source)
        return
    for found in (CYTHON_TEXT if suffix in CYTHON else C_TEXT).finditer(source):
        assert found.lastgroup is not None
        line = source.count("\n", 0, found.start(found.lastgroup)) + 1
        yield Text(line, found[found.lastgroup], found.lastgroup == "doc")


def python_texts(source: str) -> Iterator[Text]:
    begins = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], token.string[1:], False)
        elif token.type == tokenize.STRING and begins:
            yield Text(token.start[0], token.string.strip("rR").strip("\"'"), True)
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            # A string that begins a statement is a docstring.
            begins = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


class Count:
    """The counts of all files.

    Attributes:
        words: Number of words in docstrings and comments.
        summaries: Number of docstrings.
        places: The matches.
    """

    def __init__(self) -> None:
        self.words = 0
        self.summaries = 0
        self.places: list[Place] = []

    def add(self, path: str, found: Iterable[Text]) -> None:
        for item in found:
            self.words += len(re.findall(r"\w+", item.text))
            for kind, pattern in PATTERNS.items():
                for match in re.finditer(pattern, item.text, re.IGNORECASE):
                    line = item.line + item.text.count("\n", 0, match.start())
                    self.places.append(Place(kind, path, line, match.group()))
            if item.docstring:
                self.summaries += 1
                summary = item.text.strip().partition("\n")[0]
                if RIDDLE.search(summary):
                    self.places.append(Place(SUMMARIES, path, item.line, summary))

    def figures(self) -> dict[str, float]:
        """Return matches per 1000 words, and unclear summaries in per cent of all summaries."""
        counts = Counter(place.kind for place in self.places)
        figures = {kind: 1000 * counts[kind] / max(self.words, 1) for kind in PATTERNS}
        return {**figures, SUMMARIES: 100 * counts[SUMMARIES] / max(self.summaries, 1)}


def count_files(files: Iterable[Path]) -> Count:
    count = Count()
    for path in files:
        count.add(str(path.relative_to(ROOT)), texts(path.read_text(encoding="utf-8"), path.suffix))
    return count


def sources() -> list[Path]:
    kinds = PYTHON | CYTHON | C
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in kinds)


def read_limits(text: str) -> dict[str, tuple[float, float]]:
    """Return limit and target of each kind."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {kind: (float(ceiling), float(target)) for kind, ceiling, target in rows}


def lowered(text: str, figures: dict[str, float]) -> str:
    """Lower each limit in the text to the figure, rounded up to a tenth; none is raised."""
    lines = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, ceiling, target = line.split("\t")
            line = f"{kind}\t{min(float(ceiling), math.ceil(10 * figures[kind]) / 10):.1f}\t{target}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def report(count: Count, limits: dict[str, tuple[float, float]]) -> Iterator[str]:
    """Yield the table, and the worst files for each figure above its limit."""
    figures = count.figures()
    yield f"{'docstrings and comments':<24} {'figure':>7} {'ceiling':>8} {'target':>7}"
    for kind, (ceiling, target) in limits.items():
        verdict = "OVER" if figures[kind] > ceiling else "" if figures[kind] > target else "target reached"
        unit = f"% of {count.summaries}" if kind == SUMMARIES else "per 1000 words"
        yield f"{kind:<24} {figures[kind]:>7.2f} {ceiling:>8.1f} {target:>7.1f}  {unit}  {verdict}".rstrip()
    for kind in over(figures, limits):
        yield f"\n{kind}: above the ceiling; the files with the most are"
        files = Counter(place.path for place in count.places if place.kind == kind)
        yield from (f"  {number:>4}  {path}" for path, number in files.most_common(WORST))
    if over(figures, limits):
        yield "\n`python tools/prose.py FILE` shows every place in a file."


def over(figures: dict[str, float], limits: dict[str, tuple[float, float]]) -> list[str]:
    return [kind for kind, (ceiling, _) in limits.items() if figures[kind] > ceiling]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--lower", action="store_true", help="lower the ceilings to the figures")
    args = parser.parse_args()
    if args.files:
        for place in count_files(path.resolve() for path in args.files).places:
            print(f"{place.path}:{place.line}: {place.kind}: {place.words}")
        return 0
    text = CEILINGS.read_text()
    count = count_files(sources())
    if args.lower:
        text = lowered(text, count.figures())
        CEILINGS.write_text(text)
    limits = read_limits(text)
    print(*report(count, limits), sep="\n")
    return 1 if over(count.figures(), limits) else 0


if __name__ == "__main__":
    sys.exit(main())
