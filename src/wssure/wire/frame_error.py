"""The error for a frame that breaks a rule, with the name of the rule and the close code to send."""

from __future__ import annotations

from typing import Any, Final

from wssure.wire.decode import DecodeError

SECTION: Final = "RFC 6455 section 5.2"
# The beginning of an HTTP answer, and of the request of a client without WebSocket.
_HTTP: Final = (b"HTTP/1.", b"GET /")
_MOST_SHOWN: Final = 64


class FrameError(DecodeError):
    """A frame breaks a rule for single frames.

    Args:
        rule: Stable short name of the rule, such as `reserved-bits`.
        what: The value received and the value expected.
        offset: Offset of the frame's first byte in the stream.
        section: The RFC's section.
        code: The close code to send.
    """

    def __init__(self, rule: str, what: str, offset: int, section: str = SECTION, code: int = 1002) -> None:
        super().__init__(what, offset, section)
        self.rule = rule
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rule, self.what, self.offset, self.section, self.code), self.__dict__.copy()


def header_error(rule: str, what: str, offset: int, data: bytes | None, at: int, section: str = SECTION) -> FrameError:
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
