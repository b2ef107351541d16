"""`wssure versions`: show compatible versions, effects of upgrades, and the versions of this machine."""

import argparse
import datetime
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final, TypedDict

from wssure.errors import UsageError, usage_error
from wssure.extras import install_command
from wssure.tools.cli import output
from wssure.tools.lint.target import Version
from wssure.tools.lint.versions import Entry, Lifetime

EXAMPLES: Final = """examples:
  wssure versions                                      show this machine: backends, versions, end of life, traps
  wssure versions --lws 4.3.3 --mbedtls 3.4.0          show the facts about this pair
  wssure versions --lws 5.0.0                          show the changes of 5.0.0, and faults that it does not fix
  wssure versions --all                                show the whole table

exit codes: 0 no known breakage, 1 a given version is known to break or past its end of life, 2 wrong usage
"""


class _End(TypedDict):
    """The end of maintenance of one library, in the JSON interface."""

    library: str
    series: str
    end: str
    over: bool
    source: str


class _Row(TypedDict):
    """One library of this machine, in the JSON interface."""

    name: str
    version: str | None
    problem: str | None
    end_of_life: _End | None
    traps: list[str]
    handled: list[str]


_TITLES: Final = {
    "breaks": "breaks",
    "unfixed": "not fixed in these versions: an upgrade does not help",
    "trap": "traps",
    "changed": "changed",
    "works": "works",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument("--lws", metavar="VERSION", help="the version of libwebsockets, such as 4.3.3")
    parser.add_argument("--mbedtls", metavar="VERSION", help="the version of Mbed TLS, such as 3.6.6")
    parser.add_argument("--openssl", metavar="VERSION", help="the version of OpenSSL, such as 3.0")
    parser.add_argument("--all", action="store_true", help="show the whole table")
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Print the matching entries of the table."""
    from wssure.tools.lint.versions import applying, entries

    asked = _read_versions(args)
    if asked and args.all:
        raise usage_error("versions", f"--all came with --{next(iter(asked))}", "give one of them")
    if not asked and not args.all:
        return _machine(args)
    matches = [(entry, True) for entry in entries()] if args.all else applying(asked)
    lives = [] if args.all else _lifetimes(asked)
    over = [life for life in lives if life.end < _today()]
    if args.json:
        shown = [{**entry.to_json(), "certain": sure} for entry, sure in matches]
        output.emit_json(
            {
                "asked": {name: _format_version(numbers) for name, numbers in asked.items()},
                "entries": shown,
                "end_of_life": _ends(lives),
            }
        )
    else:
        _print_entries(matches, lives)
    breaks = any(entry.effect == "breaks" and sure for entry, sure in matches) and not args.all
    return output.FINDING if breaks or over else output.GOOD


def _read_versions(args: argparse.Namespace) -> dict[str, Version]:
    from wssure.tools.lint.target import parse_version

    asked: dict[str, Version] = {}
    for name in ("lws", "mbedtls", "openssl"):
        words = getattr(args, name)
        if not words:
            continue
        try:
            asked[name] = parse_version(words)
        except ValueError as error:
            raise usage_error("versions", f"--{name} {error}", f"write --{name} with numbers and dots") from error
    if "mbedtls" in asked and "openssl" in asked and "lws" in asked:
        raise usage_error(
            "versions", "got --mbedtls and --openssl, but libwebsockets is built with one of them", "leave one out"
        )
    return asked


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def _format_version(numbers: Version) -> str:
    return ".".join(map(str, numbers))


def _lifetimes(asked: dict[str, Version]) -> list[Lifetime]:
    from wssure.tools.lint.versions import end_of_life

    lifetimes = [end_of_life(library, numbers) for library, numbers in asked.items() if library != "lws"]
    return [life for life in lifetimes if life is not None]


def _ends(lives: list[Lifetime]) -> list[_End]:
    return [
        {
            "library": life.library,
            "series": life.series,
            "end": life.end.isoformat(),
            "over": life.end < _today(),
            "source": life.source,
        }
        for life in lives
    ]


def _life_words(life: Lifetime) -> str:
    from wssure.tools.lint.versions import NAMES

    state = "reached its end of life on" if life.end < _today() else "is maintained until"
    return f"{NAMES[life.library]} {life.series} {state} {life.end.isoformat()} ({life.source}, read {life.read})"


def _print_entries(matches: list[tuple[Entry, bool]], lives: list[Lifetime]) -> None:
    for life in lives:
        output.data(_life_words(life))
    title = ""
    for entry, sure in matches:
        heading = _TITLES[entry.effect.value]
        if heading != title:
            output.data(("\n" if title or lives else "") + heading)
            title = heading
        condition = "" if sure and len(matches) < 30 else f"{entry.conditions}: "
        output.data(f"  {condition}{entry.summary}")
        if entry.advice:
            output.data(f"      do    {entry.advice}")
        if entry.wssure:
            output.data(f"      here  wssure's own backend {entry.wssure}")
        output.data(f"      from  {entry.source}")
    if not matches:
        output.data("nothing is known of these versions")


def _machine(args: argparse.Namespace) -> int:
    rows = [_python(), *_backends()]
    over = any(row["end_of_life"] and row["end_of_life"]["over"] for row in rows)
    if args.json:
        output.emit_json({"wssure": version("wssure"), "backends": rows, "lint": _lint_grammars()})
        return output.GOOD
    output.data(f"wssure {version('wssure')}")
    for row in rows:
        _print_row(row)
    grammars = _lint_grammars()
    output.data(
        f"lint       {', '.join(f'{name} {number}' for name, number in grammars.items()) or 'not installed: ' + install_command('lint')}"
    )
    if over:
        output.words(
            "a library of this machine is past its end of life: distributions may still fix it, upstream does not"
        )
    output.words("more: wssure versions --lws 4.3.3 --mbedtls 3.4.0")
    return output.GOOD


def _print_row(row: _Row) -> None:
    output.data(f"{row['name']:10} {row['version'] or 'does not work here: ' + str(row['problem'])}")
    life = row["end_of_life"]
    if life:
        word = "ended" if life["over"] else "maintained until"
        output.data(f"{'':11}{word} {life['end']} upstream")
    for trap in row["traps"]:
        output.data(f"{'':11}trap: {trap}")
    for trap in row["handled"]:
        output.data(f"{'':11}the library's, not wssure's: {trap}")


def _row(name: str, number: str | None = None, problem: str | None = None) -> _Row:
    return {"name": name, "version": number, "problem": problem, "end_of_life": None, "traps": [], "handled": []}


def _python() -> _Row:
    return _row("python", ".".join(map(str, sys.version_info[:3])))


def _backends() -> list[_Row]:
    from wssure.tls.backends import available, known, problem

    rows = [_backend(name) for name in available()]
    for name in dict.fromkeys((*known(), "mbedtls")):
        if name not in available():
            rows.append(_row(name, problem=problem(name) or f"not installed: {install_command('mbedtls')}"))
    return rows


def _backend(name: str) -> _Row:
    from wssure.tls.backends import backend
    from wssure.tools.lint.target import parse_version

    try:
        words = backend(name).version
    except UsageError as error:
        return _row(name, problem=str(error))
    row = _row(name, words)
    numbers = re.search(r"\d{1,9}\.\d+(?:\.\d+)?", words)
    library = "mbedtls" if "mbed" in words.lower() else "openssl" if "openssl" in words.lower() else None
    if numbers and library:
        asked = {library: parse_version(numbers.group())}
        row["end_of_life"] = next(iter(_ends(_lifetimes(asked))), None)
        traps = _traps(asked)
        row["traps"] = [entry.summary for entry in traps if not entry.wssure]
        row["handled"] = [f"{entry.summary}; wssure {entry.wssure}" for entry in traps if entry.wssure]
    return row


def _traps(asked: dict[str, Version]) -> list[Entry]:
    from wssure.tools.lint.versions import applying

    return [entry for entry, sure in applying(asked) if sure and entry.effect in ("trap", "breaks")]


def _lint_grammars() -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in ("tree-sitter", "tree-sitter-c", "tree-sitter-cpp"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            return {}
    return versions
