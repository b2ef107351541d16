"""What every verb shares: data on stdout, words on stderr, colour, JSON and exit codes."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final, TextIO

from wssure.evidence import SCHEMA
from wssure.name import masked, printable

if TYPE_CHECKING:
    import argparse

    from wssure.errors import UsageError, WssError

__all__ = [
    "BROKEN",
    "FINDING",
    "GOOD",
    "USAGE",
    "add_output_flags",
    "crashed",
    "data",
    "discard_stdout",
    "emit_json",
    "fail",
    "fail_usage",
    "raw",
    "use_color",
    "width",
    "words",
]

_LINES: Final = re.compile(r"(\n)")
_COLORED: Final = re.compile(r"(\n|\x1b\[[0-9;]*m)")
GOOD: Final = 0
FINDING: Final = 1
USAGE: Final = 2
BROKEN: Final = 3


def data(text: str = "", *, color: bool = False) -> None:
    """Print data, for people or programs, to stdout.

    Args:
        text: One or more lines; every other control character is escaped, whoever wrote it.
        color: Let ANSI colours through.
    """
    print(_encodable(_escaped(text, color), sys.stdout))


def words(text: str, *, color: bool = False) -> None:
    """Print words about the run to stderr; escaped as by `data`."""
    print(_encodable(_escaped(text, color), sys.stderr), file=sys.stderr)


def raw(text: str) -> None:
    """Print one line of the peer's text to stdout as it came, for a program that reads it."""
    print(_encodable(text, sys.stdout))


def _escaped(text: str, color: bool) -> str:
    """Escape what a terminal could act on. Messages are escaped where they are made; this gate holds for what was forgotten there."""
    kept = _COLORED if color else _LINES
    return "".join(part if kept.match(part) else printable(part, len(part)) for part in kept.split(text))


def _encodable(text: str, stream: TextIO) -> str:
    """Replace what the stream's encoding lacks: a dash must not crash a terminal set to ASCII."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def emit_json(value: dict[str, Any], *, line: bool = False) -> None:
    """Print one JSON object to stdout, with `schema` first.

    Args:
        value: The object.
        line: On one line (JSON lines) instead of indented.
    """
    whole = {"schema": SCHEMA, **value}
    data(json.dumps(whole, ensure_ascii=True, indent=None if line else 2, separators=(",", ":") if line else None))


def use_color(choice: str, stream: TextIO | None = None) -> bool:
    """Tell whether to colour: `always`, `never`, or `auto` (a terminal, no NO_COLOR, TERM not dumb)."""
    if choice != "auto":
        return choice == "always"
    target = sys.stdout if stream is None else stream
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and target.isatty()


def width() -> int:
    """Return how many columns there are, 100 where nobody knows."""
    try:
        return max(60, min(160, os.get_terminal_size(sys.stdout.fileno()).columns))
    except (OSError, ValueError):
        return 100


def add_output_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every verb has."""
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="use colour (default: auto; NO_COLOR is respected)",
    )


def fail_usage(error: UsageError, *, as_json: bool) -> int:
    """Explain a usage error; the JSON form is the object that a failed `check` prints."""
    if as_json and error.failure is not None:
        emit_json(
            {
                "ok": False,
                "endpoint": None,
                "backend": None,
                "phases": [],
                "failure": error.failure.to_json(),
                "findings": [],
            }
        )
    return _explain(error, USAGE)


def fail(error: WssError) -> int:
    """Explain a failure that a verb did not handle itself."""
    return _explain(error, FINDING)


def _explain(error: WssError, code: int) -> int:
    if error.failure is None:
        words(str(error))
        return code
    from wssure.diagnose import render

    color = use_color("auto", sys.stderr)
    words(render(error.failure, color=color, width=width()), color=color)
    return code


def crashed(error: BaseException) -> int:
    """Say that the tool itself failed; the traceback only on request, because it helps nobody else."""
    words(f"error[tool.crashed]: {type(error).__name__}: {masked(str(error))}")
    words("  this is a defect in wssure, not in your endpoint")
    if os.environ.get("WSSURE_TRACEBACK"):
        words(_traceback(error))
    else:
        words("  fix   set WSSURE_TRACEBACK=1, run it again and report what it prints")
    return BROKEN


def _traceback(error: BaseException) -> str:
    """Return the traceback of an exception, its message and those of its chain masked."""
    text = "".join(traceback.format_exception(error))
    one: BaseException | None = error
    while one is not None:
        text = text.replace(str(one), masked(str(one), 1000)) if str(one) else text
        one = one.__cause__ or one.__context__
    return text


def discard_stdout() -> None:
    """Point stdout at nothing, so that flushing at exit cannot fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
