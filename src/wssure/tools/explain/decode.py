"""Decode the bytes of a log to numbered lines of readable text.

Logs mix encodings, colours, NULs and line ends, and may be very large. Only the beginning and the end of a large log
are kept. Line numbers are the same as in an editor.
"""

import re
from typing import Final

from wssure.frozen import frozen

MAX_BYTES: Final = 4 * 2**20
# Both are even, so that a cut never splits a UTF-16 code unit.
HEAD_BYTES: Final = MAX_BYTES // 4
TAIL_BYTES: Final = MAX_BYTES - HEAD_BYTES
_MAX_LINE: Final = 4000
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[@-_]")
# Invisible characters: directions, joiners, byte order marks within the text.
_UNSEEN: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@frozen
class Excerpt:
    """The beginning and the end of a long text.

    Args:
        head: The beginning.
        tail: The end; empty if the head is the whole text.
        skipped: Number of line ends between the two.
    """

    head: bytes
    tail: bytes = b""
    skipped: int = 0


def numbered_lines(data: bytes | str | Excerpt) -> list[tuple[int, str]]:
    """Return the non-empty lines with their numbers, without repetitions.

    Args:
        data: The pasted text, the bytes of a file, or the two ends of a file.

    Returns:
        Pairs of line number, from 1, and text: decoded from any encoding, without colours and control characters,
        truncated at 4000 characters. Of identical lines the first is kept.
    """
    if isinstance(data, str):
        parts = [(1, data)]
    else:
        whole = _cut(data) if isinstance(data, bytes) else data
        codec = _codec(whole.head)
        head = _decode(whole.head, codec)
        parts = [(1, head)]
        if whole.tail:
            parts.append((head.count("\n") + whole.skipped + 1, _decode(whole.tail, codec)))
    line_numbers: dict[str, int] = {}
    for first, text in parts:
        for number, line in enumerate(text.split("\n"), first):
            for piece in line.split("\r"):
                readable = _readable(piece[:_MAX_LINE])
                if readable:
                    line_numbers.setdefault(readable, number)
    return [(number, line) for line, number in line_numbers.items()]


def _cut(data: bytes) -> Excerpt:
    if len(data) <= MAX_BYTES:
        return Excerpt(data)
    start = (len(data) - TAIL_BYTES + 1) & ~1
    return Excerpt(data[:HEAD_BYTES], data[start:], data.count(b"\n", HEAD_BYTES, start))


def _codec(head: bytes) -> str:
    """Detect the encoding from the beginning of a text: UTF-16 in either order, else UTF-8 mixed with Latin-1."""
    if head[:2] == b"\xff\xfe":
        return "utf-16-le"
    if head[:2] == b"\xfe\xff":
        return "utf-16-be"
    start = head[:200]
    if len(start) > 3 and start.count(0) > len(start) // 3:
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8"


def _decode(data: bytes, codec: str) -> str:
    if codec != "utf-8":
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Line by line, because a log has lines of several writers.
        return "\n".join(_decode_line(line) for line in data.split(b"\n"))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _readable(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line.strip()
    return _CONTROL.sub(" ", _UNSEEN.sub("", _ESCAPES.sub("", line))).strip()
