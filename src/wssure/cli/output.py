"""What every verb shares: data on stdout, words on stderr, colour, JSON and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final, TextIO

from wssure.evidence import SCHEMA

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
    "use_color",
    "width",
    "words",
]

GOOD: Final = 0
FINDING: Final = 1
USAGE: Final = 2
BROKEN: Final = 3


def data(text: str = "") -> None:
    """Print data, for people or programs, to stdout."""
    print(_encodable(text, sys.stdout))


def words(text: str) -> None:
    """Print words about the run to stderr."""
    print(_encodable(text, sys.stderr), file=sys.stderr)


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
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, nothing else")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour (default: auto; NO_COLOR is respected)",
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

    words(render(error.failure, color=use_color("auto", sys.stderr), width=width()))
    return code


def crashed(error: BaseException) -> int:
    """Say that the tool itself failed; the traceback only on request, because it helps nobody else."""
    words(f"error[tool.crashed]: {type(error).__name__}: {error}")
    words("  this is a defect in wssure, not in your endpoint")
    if os.environ.get("WSSURE_TRACEBACK"):
        words("".join(traceback.format_exception(error)))
    else:
        words("  fix   set WSSURE_TRACEBACK=1, run it again and report what it prints")
    return BROKEN


def discard_stdout() -> None:
    """Point stdout at nothing, so that flushing at exit cannot fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
