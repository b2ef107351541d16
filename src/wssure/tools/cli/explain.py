"""`wssure explain WHAT`: show the page of a cause or lint rule, or the causes of an error text or log."""

import argparse
import re
import sys
import textwrap
from collections import deque
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Final

from wssure.diagnose import catalogue, page
from wssure.diagnose.page import pages
from wssure.errors import usage_error
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.tools.cli import output
from wssure.tools.explain import Candidate, Context, Excerpt, Reading, question, read
from wssure.tools.explain.decode import HEAD_BYTES, TAIL_BYTES

EXAMPLES: Final = """examples:
  wssure explain tls.sni-missing                                      show the page of a cause
  wssure explain 'mbedtls connect -1 5 0' --tls mbedtls --lws 4.3.3   explain this line
  wssure explain -0x7780                                              explain a number of Mbed TLS, in any form
  wssure explain client.log                                           explain a whole log
  journalctl -u board | wssure explain -                              explain a log from a pipe
  wssure explain --list                                               list all causes
"""
TLS_NAMES: Final = ("openssl", "mbedtls", "gnutls", "wolfssl")
_MOST: Final = 8
_CHUNK_BYTES: Final = 2**16
# Maximum length of a shown line of the log.
_SAID: Final = 150
_ID: Final = re.compile(r"[a-z]+\.[a-z0-9-]+\Z")
_NUMBER: Final = re.compile(r"-(?:\d+|0x[0-9a-fA-F]+)\Z")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    # An error number such as -0x7780 is an argument, not an option.
    parser._negative_number_matcher = _NUMBER
    parser.add_argument(
        "what", nargs="*", metavar="ID|TEXT|FILE|-", help="a cause or rule id, an error text, a file, - for stdin"
    )
    parser.add_argument("--tls", choices=TLS_NAMES, help="the TLS library of the program")
    parser.add_argument("--lws", metavar="VERSION", help="the version of libwebsockets, such as 4.3.3")
    parser.add_argument("--side", choices=("client", "server"), help="the side that wrote the log")
    parser.add_argument("--list", action="store_true", help="list every cause in order of priority")
    parser.add_argument("--all", action="store_true", help=f"show more than the first {_MOST} causes")
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Print the page, or the possible causes of the text."""
    if args.list:
        if args.what:
            raise usage_error("what", "--list came with something to explain", "give one of them")
        return _print_list(as_json=args.json)
    if not args.what:
        raise usage_error(
            "what",
            "there is nothing to explain",
            "give an id, a text, a file or -; `wssure explain --list` shows the ids",
        )
    words = " ".join(args.what)
    if len(args.what) == 1 and _print_page(words, as_json=args.json):
        if args.tls or args.lws or args.side:
            output.words(
                "--tls, --lws and --side sharpen the reading of a text; a page is the same with and without them"
            )
        return output.GOOD
    if len(args.what) == 1 and _is_unknown_id(words):
        near = ", ".join(get_close_matches(words, [cause.id for cause in catalogue()], 3, 0.4))
        fix = (
            f"did you mean {near}?"
            if near
            else "`wssure explain --list` shows the ids; `wssure explain TEXT` reads an error text"
        )
        raise usage_error("what", f"there is no cause or rule {words}", fix)
    data, interrupted = _input(words, alone=len(args.what) == 1)
    with output.progress("reading the text"):
        reading = read(data, Context(args.tls or "", args.lws or "", args.side or ""))
    if args.json:
        output.emit_json(_as_json(reading))
    else:
        _print(reading, args)
    if interrupted:
        return output.INTERRUPTED
    return output.GOOD if reading.candidates else output.FINDING


def _print_list(*, as_json: bool) -> int:
    entries = pages()
    if as_json:
        output.emit_json({"causes": [{"id": entry.id, "title": entry.title} for entry in entries]})
        return output.GOOD
    longest = max(len(entry.id) for entry in entries)
    for entry in entries:
        output.data(f"{entry.id:<{longest}}  {entry.title}")
    return output.GOOD


def _is_unknown_id(word: str) -> bool:
    """Return True if a word has the form of a cause id and is neither a file nor a host name."""
    categories = {cause.id.partition(".")[0] for cause in catalogue()} | {"lws"}
    return bool(_ID.match(word)) and word.partition(".")[0] in categories and not Path(word).exists()


def _print_page(name: str, *, as_json: bool) -> bool:
    """Print the page of a cause or lint rule; return False if there is none with that name."""
    cause_page = page(name)
    if cause_page is not None:
        if as_json:
            output.emit_json({key: value for key, value in cause_page.to_json().items() if key != "schema"})
        else:
            output.data(cause_page.text().rstrip("\n"))
        return True
    return _print_rule(name, as_json=as_json)


def _print_rule(name: str, *, as_json: bool) -> bool:
    # The pages of rules need no parser, but they need the lint package.
    try:
        from wssure.tools.lint import page as rule_page

        text = rule_page(name)
    except (ImportError, KeyError, ValueError):
        return False
    if as_json:
        output.emit_json({"id": text.id, "sections": dict(text.sections)})
        return True
    output.data(f"{text.id}: {text.title}".rstrip(": "))
    for title, body in dict(text.sections).items():
        output.data(f"\n{title}\n{textwrap.indent(body, '  ')}")
    return True


def _input(words: str, *, alone: bool) -> tuple[Excerpt | str, bool]:
    """Return the text to read, the beginning and the end of stdin or a file or the words themselves; and if Ctrl-C ended it."""
    if words == "-":
        return _excerpt(_Source(sys.stdin.buffer))
    path = Path(words) if alone and len(words) < 1000 and "\0" not in words else None
    try:
        if path is not None and path.is_file():
            with path.open("rb") as file:
                return _excerpt(_Source(file))
    except OSError as error:
        raise usage_error(
            "what", f"{mask_secrets(words)} cannot be read: {error.strerror}", "give a readable file"
        ) from error
    return words, False


class _Source:
    """A stream that Ctrl-C ends: a log that is followed (`tail -f`) is explained as far as it came."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.interrupted = False

    def read(self, size: int) -> bytes:
        """Return as many bytes as given, or fewer at the end."""
        data = bytearray()
        try:
            # `read` would lose its bytes if a signal ends it.
            while not self.interrupted and len(data) < size and (more := self._stream.read1(size - len(data))):  # type: ignore[attr-defined]
                data += more
        except KeyboardInterrupt:
            self.interrupted = True
        return bytes(data)


def _excerpt(stream: _Source) -> tuple[Excerpt, bool]:
    """Read a stream of any length; keep its beginning, its end, and the number of lines between; and if Ctrl-C ended it."""
    head = stream.read(HEAD_BYTES)
    kept: deque[bytes] = deque()
    held = skipped = 0
    dropping = False
    # Chunks have even size and are dropped whole, so that UTF-16 stays aligned.
    while chunk := stream.read(_CHUNK_BYTES):
        kept.append(chunk)
        held += len(chunk)
        while held - len(kept[0]) >= TAIL_BYTES:
            dropping = True
            dropped = kept.popleft()
            held -= len(dropped)
            skipped += dropped.count(b"\n")
    tail = b"".join(kept)
    return Excerpt(head, tail, skipped) if dropping else Excerpt(head + tail), stream.interrupted


def _as_json(reading: Reading) -> dict[str, object]:
    return {
        "recognised": bool(reading.candidates),
        "undecided": reading.undecided,
        "nearest": reading.nearest,
        "candidates": [candidate.to_json() for candidate in reading.candidates],
    }


def _print(reading: Reading, args: argparse.Namespace) -> None:
    if not reading.candidates:
        output.data("not recognised: no known wording of a TLS library, WebSocket client or server is in this text")
        if reading.nearest:
            output.data(f"  nearest  wssure explain {reading.nearest}")
        output.data("  else     `wssure check URL` finds out by connecting")
        return
    first = reading.candidates[0]
    asked = first.library.startswith(question.LIBRARY.name)
    written = f"written by {first.library}, on the {first.side}'s side"
    output.data(f"read as {first.library}: no line of a program is in it" if asked else written)
    if reading.undecided:
        output.data("this text alone cannot decide; the causes it allows, best first:")
        if not args.tls and not args.lws and first.library.startswith("libwebsockets"):
            output.data("(--tls mbedtls or --tls openssl, and --lws VERSION, tell them apart better)")
    shown = reading.candidates if args.all else reading.candidates[:_MOST]
    color = output.use_color(args.color)
    log = any(candidate.line > 1 for candidate in reading.candidates)
    last_line = 0
    for candidate in shown:
        output.data()
        # A line of the log is shown with the first cause that it supports.
        seen, last_line = log and candidate.line != last_line, candidate.line
        for line in _lines(candidate, color=color, seen=seen):
            output.data(line, color=color)
    if len(shown) < len(reading.candidates):
        output.data(f"\nand {len(reading.candidates) - len(shown)} more (--all)")
    output.data(f"\nmore: wssure explain {first.cause}")


def _lines(candidate: Candidate, *, color: bool, seen: bool) -> Iterator[str]:
    name = f"\x1b[1m{candidate.cause}\x1b[0m" if color else candidate.cause
    yield f"{name} ({candidate.confidence})"
    line = [("line", f"{candidate.line}: {printable(candidate.said, _SAID)}")] if seen else []
    rows = [*line, ("why", candidate.why), *(("fix", line) for line in candidate.fix.splitlines())]
    if candidate.probe:
        rows.append(("decide", candidate.probe))
    previous = ""
    for label, text in rows:
        shown = label if label != previous else ""
        yield textwrap.fill(
            text,
            min(output.width(), 110),
            initial_indent=f"  {shown:<8}",
            subsequent_indent=" " * 10,
            break_on_hyphens=False,
        )
        previous = label
