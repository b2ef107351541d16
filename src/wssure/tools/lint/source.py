"""Decode a source file of any encoding, and convert byte offsets to lines and columns."""

import bisect
import codecs
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotText(ValueError):
    """The file is binary."""


def _decode(raw: bytes) -> tuple[str, str]:
    """Decode a file; return the text and its encoding.

    Raises:
        NotText: The file contains zero bytes and is not UTF-16.
    """
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return raw.decode(encoding, "replace"), encoding
    if b"\0" in raw:
        return _decode_bomless_utf16(raw)
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _decode_bomless_utf16(raw: bytes) -> tuple[str, str]:
    # Source code is nearly all ASCII. In UTF-16, one half of its bytes is therefore zero, always the same half.
    even, odd, half = raw[0::2].count(0), raw[1::2].count(0), len(raw) / 2
    if odd > 0.8 * half and not even:
        return raw.decode("utf-16-le", "replace"), "utf-16-le"
    if even > 0.8 * half and not odd:
        return raw.decode("utf-16-be", "replace"), "utf-16-be"
    raise NotText("the file is binary")


class Source:
    """The text of one file as UTF-8 bytes, with its lines.

    Args:
        path: The path for reports.
        raw: The bytes on disk.

    Attributes:
        data: The text in UTF-8; every offset in the linter counts these bytes.
        editable: True if `data` equals the bytes on disk, so that edits can be applied.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        text, encoding = _decode(raw)
        self.path = path
        # A lone CR is an old line end. LF has the same length, so offsets do not change.
        data = text.encode("utf-8", "replace")
        self.data = data.replace(b"\r\n", b"\0\n").replace(b"\r", b"\n").replace(b"\0", b"\r")
        self.editable = encoding == "utf-8"
        self._starts = [0]
        position = self.data.find(b"\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = self.data.find(b"\n", position + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """Convert a byte offset to line and column, both from 1, the column in characters."""
        row = bisect.bisect_right(self._starts, offset) - 1
        before = self.data[self._starts[row] : offset]
        return row + 1, len(before.decode("utf-8", "replace")) + 1

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 1, without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.data)
        return self.data[start:end].decode("utf-8", "replace").rstrip("\r\n")

    def line_start(self, number: int) -> int:
        """Return the byte offset of a line, counted from 1."""
        return self._starts[number - 1]
