"""Common output of all verbs: data on stdout, messages on stderr, colour, JSON and exit codes."""

import argparse
import asyncio
import json
import os
import re
import sys
import textwrap
import threading
import traceback
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Final, TextIO, TypeVar

from wssure.errors import ListenFailed, UsageError, WssError, usage_error
from wssure.evidence import SCHEMA
from wssure.fixes import Reader
from wssure.name import mask_secrets
from wssure.text import printable

Result = TypeVar("Result")

_LINES: Final = re.compile(r"(\n)")
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
# The beginning of a row: a bullet, or a label of a few words and two blanks or more.
_LABEL: Final = re.compile(r" *[*-] | *\S+(?: \S+){0,3}?(?:  +)|  +")
# A line of source code, or the marks below it.
_SOURCE: Final = re.compile(r" *\d* \| ")
_NARROWEST: Final = 40
PROGRESS_AFTER_S: Final = 2
_COLORED: Final = re.compile(r"(\n|\x1b\[[0-9;]*m)")
# The characters of our drawings and abbreviations, in ASCII.
_DRAWN: Final = str.maketrans(
    {"━": "=", "─": "-", "╌": ".", "│": "|", "┊": ":", "▶": ">", "◀": "<", "✗": "x", "…": "...", "·": "-"}
)
GOOD: Final = 0
FINDING: Final = 1
USAGE: Final = 2
BROKEN: Final = 3
INTERRUPTED: Final = 130
"""As a shell reports a program that SIGINT ended."""


class _Progress:
    """The line on stderr that shows that work goes on; as a context manager it keeps the line out of other output."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shown = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._shown:
            self._shown = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def show(self, text: str) -> None:
        """Write the line, or write it again."""
        with self._lock:
            self._shown = True
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


_PROGRESS: Final = _Progress()


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Show the work on a terminal if it takes longer than two seconds; the line is removed afterwards.

    Args:
        text: The work, such as `checking wss://a.example/`.
    """
    columns = _columns(sys.stderr)
    if columns is None or os.environ.get("TERM") == "dumb":
        yield
        return
    ended = threading.Event()

    def tick() -> None:
        wait = seconds = PROGRESS_AFTER_S
        while not ended.wait(wait):
            line = _escape(f"{text}, {seconds} s (Ctrl-C ends)", False)
            _PROGRESS.show(_encodable(line, sys.stderr)[: columns - 1])
            wait = 1
            seconds += wait

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with _PROGRESS:
            pass


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run a coroutine to its end on asyncio's selector loop: the default loop of Windows cannot watch sockets."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


def data(text: str = "", *, color: bool = False) -> None:
    """Print data to stdout, folded at the width of a terminal.

    Args:
        text: One or more lines; every other control character is escaped.
        color: Do not escape ANSI colours.
    """
    raw(_fit(_escape(text, color), sys.stdout))


def words(text: str, *, color: bool = False) -> None:
    """Print a message about the run to stderr; escaped and folded as by `data`."""
    with _PROGRESS:
        print(_encodable(_fit(_escape(text, color), sys.stderr), sys.stderr), file=sys.stderr)


def raw(text: str) -> None:
    """Print one line of the peer's text to stdout unchanged, for a program that reads it."""
    with _writing(), _PROGRESS:
        print(_encodable(text, sys.stdout))


def flush() -> None:
    """Write what is still buffered for stdout."""
    with _writing():
        sys.stdout.flush()


@contextmanager
def _writing() -> Iterator[None]:
    """Convert an error of stdout, such as a full disk, to a usage error; if the reader has exited, BrokenPipeError passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        what = f"standard output cannot be written: {error.strerror}"
        raise usage_error("output", what, "free space on its disk, or redirect it to another file") from error


def unusable(error: OSError) -> UsageError:
    """Return the usage error for a path of the command line that the system refuses."""
    what = f"{mask_secrets(os.fsdecode(error.filename))} cannot be used: {error.strerror}"
    return usage_error("file", what, "give a path that exists and that this process may use")


def _escape(text: str, color: bool) -> str:
    """Escape control characters for the terminal, as a second protection: messages are already escaped."""
    kept = _COLORED if color else _LINES
    return "".join(part if kept.match(part) else printable(part, len(part)) for part in kept.split(text))


def _fit(text: str, stream: TextIO) -> str:
    """Fold the lines that are wider than the terminal; a pipe or a file gets them whole."""
    columns = _columns(stream)
    return text if columns is None else "\n".join(_fold(line, columns) for line in text.split("\n"))


def _fold(line: str, columns: int) -> str:
    """Fold a line at words, below its own beginning; a line of source code with its marks stays as it is."""
    if len(_ANSI.sub("", line)) <= columns or _SOURCE.match(line):
        return line
    indent = _LABEL.match(_ANSI.sub("", line))
    # Behind a label in a column of its own, else below the beginning of the line.
    margin = indent.end() if indent and indent.end() <= columns // 2 else len(line) - len(line.lstrip())
    kept = line[:margin] if margin and not _ANSI.search(line[: margin + 1]) else ""
    rest = textwrap.wrap(
        line[len(kept) :],
        columns - len(kept),
        subsequent_indent=" " * (margin - len(kept)),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "\n".join([kept + rest[0], *(" " * len(kept) + part for part in rest[1:])])


def _columns(stream: TextIO) -> int | None:
    """Return the number of columns of a terminal, None for any other stream."""
    try:
        return max(_NARROWEST, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return None


def _encodable(text: str, stream: TextIO) -> str:
    """Replace characters that the stream's encoding lacks: a bar becomes ASCII, and nothing crashes an ASCII terminal."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_DRAWN).encode(encoding, "backslashreplace").decode(encoding)
    return text


def emit_json(value: dict[str, object], *, line: bool = False) -> None:
    """Print one JSON object to stdout, with `schema` first.

    Args:
        value: The object.
        line: On one line (JSON lines) instead of indented.
    """
    whole = {"schema": SCHEMA, **value}
    raw(json.dumps(whole, ensure_ascii=True, indent=None if line else 2, separators=(",", ":") if line else None))


def use_color(choice: str, stream: TextIO | None = None) -> bool:
    """Return True if colour is enabled: `always`, `never`, or `auto` (a terminal, no NO_COLOR, TERM not dumb)."""
    if choice != "auto":
        return choice == "always"
    target = sys.stdout if stream is None else stream
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and target.isatty()


def width() -> int:
    """Return the number of columns for drawings, 100 if stdout is no terminal."""
    return min(160, _columns(sys.stdout) or 100)


def add_output_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every verb has."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON and nothing else: one object, or one for each message, input or finding",
    )
    add_color_flag(parser)


def add_color_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag that switches colours on or off."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="use colour (default: auto; NO_COLOR is respected)",
    )


def fail_usage(error: UsageError | ListenFailed, *, as_json: bool) -> int:
    """Explain a usage error; the JSON form is the object that a failed `check` prints."""
    if as_json and error.failure is not None:
        emit_json(
            {
                "ok": False,
                "endpoint": None,
                "backend": None,
                "phases": [],
                "failure": error.failure.to_json(Reader.FLAGS),
                "findings": [],
            }
        )
    return _explain(error, USAGE)


def fail(error: WssError) -> int:
    """Explain a failure that the verb did not handle."""
    return _explain(error, FINDING)


def _explain(error: WssError, code: int) -> int:
    if error.failure is None:
        words(str(error))
        return code
    from wssure.diagnose import render

    color = use_color("auto", sys.stderr)
    words(render(error.failure, color=color, width=width(), reader=Reader.FLAGS), color=color)
    return code


def report_crash(error: BaseException) -> int:
    """Report an internal error; the traceback is printed only on request."""
    words(f"error[tool.crashed]: {type(error).__name__}: {mask_secrets(str(error))}")
    words("  this is a defect in wssure, not in your endpoint")
    if os.environ.get("WSSURE_TRACEBACK"):
        words(_traceback(error))
    else:
        words("  fix   set WSSURE_TRACEBACK=1, run it again and report what it prints")
    return BROKEN


def _traceback(error: BaseException) -> str:
    """Return the traceback of an exception, with its message and those of its chain masked."""
    text = "".join(traceback.format_exception(error))
    current: BaseException | None = error
    while current is not None:
        text = text.replace(str(current), mask_secrets(str(current), 1000)) if str(current) else text
        current = current.__cause__ or current.__context__
    return text


def discard_stdout() -> None:
    """Redirect stdout to the null device, so that flushing at exit cannot fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
