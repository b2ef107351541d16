"""The sentences of the pages that promise, and the ledger that says which test holds each of them.

A unit is a sentence, a list item's sentence or a row of a table; the header of a table stands for all its rows where one test
holds the whole table. Code blocks are no units: `test_commands.py` and `test_programs.py` run them. Of the command line, a unit
is the help of a verb, of a flag, and each line of an epilogue that is no example.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.commands import ROOT, parsers

from wssure.tools.cli.main import EPILOG, VERBS

LEDGER = ROOT / "docs" / "promises.md"
PAGES = ("README.md", "SECURITY.md", "docs/security.md", "docs/mbedtls.md")
HELP = "wssure --help"
# Why a sentence has no test: it promises nothing that a test could find broken.
REASONS = {
    "background": "what other programs, libraries or standards do, or what a word means",
    "measured": "a figure of runs that the page describes",
    "advice": "what the reader may do",
    "pointer": "leads to another page, or introduces what follows",
    "design": "how it is built: the rows beside it name the tests of what follows from it",
    "people": "a promise of people",
    "tiers": "which machines and programs the tiers of tests run on",
}
# A part that a tool writes is held by the test of that tool.
_CODE = re.compile(r"^( *)```.*?^\1```|^<!-- begin.*?<!-- end -->|^    [^\n]*$", re.DOTALL | re.MULTILINE)
_END = re.compile(r"(?<=[.!?])\**\s+(?=[A-Z0-9`*(\[])")
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


def normal(text: str) -> str:
    """Return a sentence as a key: without links, emphasis, case and punctuation at its ends."""
    return " ".join(_LINK.sub(r"\1", text).replace("**", "").replace("|", " ").split()).strip(" .:;").lower()


def shown(text: str) -> str:
    """Return a sentence as the ledger shows it: in one line, without links and without what would end a cell."""
    return " ".join(_LINK.sub(r"\1", text).replace("|", " ").split())


def of_page(text: str) -> Iterator[tuple[str, str]]:
    """Yield each unit with the header of its table; "" for what is in none."""
    header = ""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[#|>-]|\* ))", _CODE.sub("\n\n", text)):
        line = block.strip()
        if line.startswith("|"):
            if not set(line) <= set("|- :"):
                if header:
                    yield shown(line), header
                else:
                    header = f"table: {shown(line)}"
            continue
        header = "" if line else header
        if not line.startswith("#"):
            for sentence in _END.split(_LINK.sub(r"\1", line.removeprefix("* ").lstrip("> -"))):
                if len(normal(sentence)) > 1:
                    yield shown(sentence), ""


def of_help() -> Iterator[str]:
    """Yield the units of the command line."""
    yield from (f"wssure {verb}: {shown(text)}" for verb, text in VERBS.items())
    for verb, parser in {"": None, **parsers()}.items():
        epilog = EPILOG if parser is None else parser.epilog or ""
        for line in epilog.splitlines():
            if line.strip() and not line.startswith("  ") and line != "examples:":
                yield f"{f'wssure {verb}'.strip()}: {shown(line)}"
        for action in parser._actions if parser else ():
            name = action.option_strings[-1] if action.option_strings else action.metavar or action.dest
            if action.help and name != "--help":
                yield f"wssure {verb} {name}: {shown(parser._get_formatter()._expand_help(action))}"


def units() -> dict[str, dict[str, tuple[str, str]]]:
    """Return, by page, each unit by its key: as the ledger shows it, and the header of its table."""
    found = {
        page: {normal(unit): (unit, header) for unit, header in of_page((ROOT / page).read_text(encoding="utf-8"))}
        for page in PAGES
    }
    found[HELP] = {normal(unit): (unit, "") for unit in of_help()}
    return found


def ledger(text: str) -> dict[str, dict[str, list[str]]]:
    """Return, by page and key, what holds a unit: tests as `path::name`, or one word of `REASONS`."""
    found: dict[str, dict[str, list[str]]] = {}
    page = ""
    for line in text.splitlines():
        if line.startswith("## "):
            page = line.removeprefix("## ")
            found[page] = {}
        elif line.startswith("| ") and not line.startswith("| sentence |"):
            sentence, holds = line.removesuffix(" |").removeprefix("| ").rsplit(" | ", 1)
            found[page][normal(sentence)] = [one.strip("` ") for one in holds.split("<br>")]
    return found


def rewritten(text: str) -> str:
    """Return the ledger with the rows of today: gone sentences left out, new ones with a `?` for their test."""
    head, known = text.partition("## ")[0], ledger(text)
    parts = [head.rstrip()]
    for page, found in units().items():
        holds = known.get(page, {})
        parts.append(f"## {page}\n\n| sentence | held by |\n|---|---|")
        done: set[str] = set()
        for key, (unit, header) in found.items():
            if header and normal(header) in holds:
                key, unit = normal(header), header
            if key not in done:
                done.add(key)
                row = holds.get(key, ["?"])
                cell = "<br>".join(f"`{one}`" if "::" in one else one for one in row)
                parts[-1] += f"\n| {unit} | {cell} |"
    return "\n\n".join(parts) + "\n"


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file; without importing it, because some need other programs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )
