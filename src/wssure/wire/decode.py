"""The errors that the decoders of this package raise, and a cursor over length-prefixed bytes."""

from typing import Any, Final

FRAME_SECTION: Final = "RFC 6455 section 5.2"
# The beginning of an HTTP answer, and of the request of a client without WebSocket.
_HTTP: Final = (b"HTTP/1.", b"GET /")
_MOST_SHOWN: Final = 64


class DecodeError(ValueError):
    """The bytes break the RFC.

    Args:
        what: The value received and the value expected; lower case, no final stop.
        offset: Offset of the error in the decoded bytes, plus the `base` given to the decoder.
        section: The section that was broken, such as "RFC 8446 section 5.1".
    """

    def __init__(self, what: str, offset: int, section: str) -> None:
        super().__init__(f"{what} at byte {offset} ({section})")
        self.what = what
        self.offset = offset
        self.section = section

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.offset, self.section), self.__dict__.copy()


class FrameError(DecodeError):
    """A frame breaks a rule for single frames.

    Args:
        rule: Stable short name of the rule, such as `reserved-bits`.
        what: The value received and the value expected.
        offset: Offset of the frame's first byte in the stream.
        section: The RFC's section.
        code: The close code to send.
    """

    def __init__(self, rule: str, what: str, offset: int, section: str = FRAME_SECTION, code: int = 1002) -> None:
        super().__init__(what, offset, section)
        self.rule = rule
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rule, self.what, self.offset, self.section, self.code), self.__dict__.copy()


def header_error(
    rule: str, what: str, offset: int, data: bytes | None, at: int, section: str = FRAME_SECTION
) -> FrameError:
    """Return the error for a frame header, or for an HTTP message in its place, which breaks some rule by chance.

    Args:
        rule: The broken rule, if it is a frame.
        what: The value received and the value expected.
        offset: Offset of the frame's first byte in the stream.
        data: The present read.
        at: Offset of the frame's first byte in it.
        section: The RFC's section.
    """
    first = bytes(memoryview(data or b"")[at : at + _MOST_SHOWN])
    if not first.startswith(_HTTP):
        return FrameError(rule, what, offset, section)
    line = first.partition(b"\r\n")[0].decode("latin-1")
    return FrameError("http-message", f"got the HTTP message {line!r}, expected a frame", offset)


class Cursor:
    """Reads numbers and length-prefixed vectors from bytes (RFC 8446 section 3).

    Args:
        data: The bytes.
        base: The offset of their first byte, for error messages.
        section: The RFC section that defines the bytes, for error messages.
    """

    __slots__ = ("base", "data", "end", "offset", "section")

    def __init__(self, data: bytes, base: int = 0, section: str = "RFC 8446 section 3") -> None:
        self.data = data
        self.base = base
        self.section = section
        self.offset = 0
        self.end = len(data)

    @property
    def left(self) -> int:
        """Number of bytes left."""
        return self.end - self.offset

    def error(self, what: str) -> DecodeError:
        """Make an error with the offset of the current byte."""
        return DecodeError(what, self.base + self.offset, self.section)

    def take(self, count: int, name: str) -> bytes:
        """Return the next `count` bytes.

        Raises:
            DecodeError: Fewer than `count` bytes are left.
        """
        start, stop = self.offset, self.offset + count
        if stop > self.end:
            raise self.error(f"{name} needs {count} bytes, got {self.end - start}")
        self.offset = stop
        return self.data[start:stop]

    def number(self, size: int, name: str) -> int:
        """Return the next big-endian number of `size` bytes.

        Raises:
            DecodeError: Fewer bytes are left.
        """
        return int.from_bytes(self.take(size, name), "big")

    def vector(self, size: int, name: str) -> bytes:
        """Return the contents of a vector with a length prefix of `size` bytes.

        Raises:
            DecodeError: The length is greater than the number of bytes left.
        """
        return self.take(self.number(size, f"length of {name}"), name)

    def numbers(self, size: int, name: str) -> tuple[int, ...]:
        """Return the 16-bit numbers of a vector with a length prefix of `size` bytes.

        Raises:
            DecodeError: The length is odd, or greater than the number of bytes left.
        """
        data = self.vector(size, name)
        if len(data) % 2:
            raise self.error(f"{name} has an odd length, {len(data)}, expected pairs of bytes")
        return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))

    def finish(self, name: str) -> None:
        """Check that no bytes are left.

        Raises:
            DecodeError: Bytes are left.
        """
        if self.offset != self.end:
            raise self.error(f"{name} is followed by {self.end - self.offset} bytes, expected none")
