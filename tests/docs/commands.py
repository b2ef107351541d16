"""The shell commands that the pages, the help texts and the messages show, each with the places that show it."""

from __future__ import annotations

import argparse
import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import wssure
from wssure.tools.cli.main import EPILOG, VERBS, build_parser

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(wssure.__file__).parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# A text is a command if it begins with one of these programs and more follows.
PROGRAMS = ("wssure", "make", "python", "python3", "pip", "pytest", "bash", "sh", "openssl", "curl", "getent", "nslookup", "dig", "nc", "ss", "ip", "date", "apt", "apt-get", "docker", "brew", "sysctl", "tcpdump", "tshark")  # fmt: skip
_COMMAND = re.compile(rf"(?:{'|'.join(PROGRAMS)}) |tools/[\w-]+\.(?:sh|py)(?: |$)")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_OURS = rf"\bwssure (?:{'|'.join(VERBS)})\b"
_SHOWN = rf"(?:^|\bmore:? +|\bnearest +)({_OURS}.*)"
_FLAGS = re.compile(r"-{1,2}[A-Za-z]")


def _lines(block: str) -> Iterator[str]:
    """Yield the commands of a block; its comments begin with two spaces and a `#`."""
    prompted = any(line.startswith("$ ") for line in block.splitlines())
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        command = re.split(r"\s{2,}# ", line.strip().removeprefix("$ "))[0]
        if _COMMAND.match(command) and (not prompted or line.startswith("$ ")):
            yield command


def of_page(text: str) -> Iterator[str]:
    """Yield the commands of a Markdown text: in fences without another language, indented, or in a code span."""
    for fence in _FENCE.finditer(text):
        if fence[2] in ("", "sh", "console", "bash"):
            yield from _lines(fence[3])
    text = _FENCE.sub("", text)
    for block in re.findall(r"(?:^    \S.*\n)+", text, re.MULTILINE):
        yield from _lines(block)
    yield from of_text(text)


def of_text(text: str) -> Iterator[str]:
    """Yield the code spans that are commands; the slot of a fix is the word that stands for a missing value."""
    for span in _SPAN.findall(re.sub(r"\{\w+\|(\w+)\}", r"\1", text)):
        if _COMMAND.match(joined := " ".join(span.split())):
            yield joined


def of_message(text: str) -> Iterator[str]:
    """Yield the commands of a printed text: code spans, and `wssure ...` at the beginning of a line or behind `more`."""
    yield from of_text(text)
    for command in re.findall(_SHOWN, text, re.MULTILINE):
        yield re.split(r"\s{2,}", command)[0].strip()


def unmarked(text: str) -> list[str]:
    """Return the commands of a printed text that `of_message` does not see."""
    text = re.sub(_SHOWN, "", _SPAN.sub("", text), flags=re.MULTILINE)
    return re.findall(rf"{_OURS} (?:-|[A-Z]|[a-z]+\.).*", text)


def flags_of(text: str) -> Iterator[str]:
    """Yield the code spans that are flags without their program."""
    yield from (" ".join(span.split()) for span in _SPAN.findall(text) if _FLAGS.match(span))


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the argument parser of each verb."""
    made = {}
    for verb in VERBS:
        (verbs,) = (action for action in build_parser(verb)._actions if isinstance(action, argparse._SubParsersAction))
        made[verb] = verbs.choices[verb]
    return made


def of_help(text: str) -> Iterator[str]:
    """Yield the examples of a help text; two spaces or more separate a command from its comment."""
    for line in text.partition("examples:\n")[2].splitlines():
        if line.startswith("  "):
            yield re.split(r"\s{2,}", line.strip())[0]
        else:
            return


def messages(path: Path) -> Iterator[str]:
    """Yield the texts of a source file that may be printed: no docstrings but those of lint rules, which are pages.

    An f-string has `VALUE` for each value that it fills in.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node) is not None:
                left_out.add(node.body[0].value)  # type: ignore[attr-defined]
        elif isinstance(node, ast.JoinedStr):
            left_out.update(node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "VALUE" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node.value
    if path.parent.name == "rules":
        yield ast.get_docstring(tree) or ""


def sources() -> dict[str, list[str]]:
    """Return the texts that may be printed, by file: a table has one in each cell."""
    found = {str(path.relative_to(SOURCE)): list(messages(path)) for path in sorted(SOURCE.rglob("*.py"))}
    for path in sorted(SOURCE.rglob("*.tsv")):
        found[str(path.relative_to(SOURCE))] = re.split(r"[\t\n]", path.read_text(encoding="utf-8"))
    return found


def collected() -> dict[str, list[str]]:
    """Return each command with the places that show it."""
    found: dict[str, list[str]] = defaultdict(list)
    for page in PAGES:
        for command in of_page(page.read_text(encoding="utf-8")):
            found[command].append(str(page.relative_to(ROOT)))
    for verb, parser in {"": None, **parsers()}.items():
        for command in of_help(parser.epilog or "" if parser else EPILOG):
            found[command].append(f"wssure {verb} --help")
    for name, texts in sources().items():
        for text in texts:
            if "examples:\n" not in text:
                for command in of_message(text):
                    found[command].append(name)
    return dict(found)
