"""How code is laid out never changes what is found: white space, line breaks, comments, line ends, encoding."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wssure.tools.lint import Finding, lint_text

SAMPLES = Path(__file__).parent / "rules"
# Comments of the suppression samples have a meaning; configuration samples need the files beside them.
FILES = sorted(
    path
    for path in SAMPLES.rglob("*.c*")
    if path.suffix in (".c", ".cpp") and path.parent.name not in ("suppression", "bad", "good", "user", "part")
)
_TOKEN = re.compile(
    r"""(?P<directive>^[ \t]*\#(?:\\\n|[^\n])*\n)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<space>\s+)
    |(?P<token>(?:u8|L)?"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|0?[xX]?[0-9][0-9a-fA-F]*
    |->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[|&+*/^%-]=|::|\.\.\.|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
GAPS = ["", " ", "\n", "\t", "  \n\t ", "/* c */", ' // why; i.host = "";\n', "\n/* a\n * b\n */\n"]


def tokens(text: str) -> list[tuple[str, str]]:
    return [
        (found.lastgroup or "", found.group())
        for found in _TOKEN.finditer(text)
        if found.lastgroup in ("directive", "token")
    ]


def laid_out(parts: list[tuple[str, str]], gaps: list[str]) -> str:
    done: list[str] = []
    previous = ""
    for index, (kind, word) in enumerate(parts):
        if kind == "directive":
            done.append("\n" + word)
            previous = ""
            continue
        gap = gaps[index % len(gaps)]
        if not gap and needs_space(previous, word):
            gap = " "
        done += [gap, word]
        previous = word
    return "".join(done) + "\n"


def needs_space(left: str, right: str) -> bool:
    if not left:
        return False
    both_words = (left[-1].isalnum() or left[-1] in "_\"'") and (right[0].isalnum() or right[0] in "_\"'")
    return both_words or left[-1] + right[0] in (
        "/*",
        "//",
        "++",
        "--",
        "&&",
        "||",
        "->",
        "<<",
        ">>",
        "==",
        "|=",
        "::",
        "..",
        "&=",
    )


def judged(findings: list[Finding]) -> Counter[tuple[str, ...]]:
    return Counter((found.rule, found.severity.value, found.confidence.value, found.summary) for found in findings)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SAMPLES).as_posix())
@settings(max_examples=12)
@given(gaps=st.lists(st.sampled_from(GAPS), min_size=1, max_size=40))
def test_layout_never_changes_findings(path: Path, gaps: list[str]) -> None:
    text = path.read_text()
    assert judged(lint_text(laid_out(tokens(text), gaps), path.name)) == judged(lint_text(text, path.name))


def as_crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


ENCODINGS = {
    "crlf": as_crlf,
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "utf-8-bom": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be-bom": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le-no-bom": lambda text: text.encode("utf-16-le"),
    "utf-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: ("/* Grüße */" + text).encode("latin-1"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_encoding_and_line_ends_never_change_findings_or_places(encode) -> None:
    text = (SAMPLES / "skip-hostname-check" / "bad_macro.c").read_text()
    plain, encoded = lint_text(text), lint_text(encode(text))
    assert judged(encoded) == judged(plain)
    assert [found.line for found in encoded] == [found.line for found in plain]


def test_columns_count_characters_not_bytes() -> None:
    code = 'void f(struct lws_client_connect_info *i){ /* äöü€ */ i->host = ""; lws_client_connect_via_info(i); }'
    (found,) = [found for found in lint_text(code) if found.rule == "lws.host-empty"]
    assert code[found.column - 1 : found.end_column - 1] == '""'
