"""The payload of a Close frame: encode and decode."""

from typing import Final

from wssure.protocol.event import Close, Violation
from wssure.wire.decode import FrameError

# RFC 6455 section 7.4.1: the code that represents a Close frame without a code.
NO_CODE: Final = 1005
# RFC 6455 section 5.5: a control frame holds 125 bytes, and the code takes two.
REASON_BYTES: Final = 123
_REGISTERED: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


def may_be_sent(code: int) -> bool:
    """Tell whether a code may stand in a Close frame: 1004, 1005, 1006 and 1015 never do.

    Source: RFC 6455 section 7.4.2 and the IANA registry "WebSocket Close Code Number" (1012 to 1014).
    """
    return code in _REGISTERED or 3000 <= code <= 4999


def encode_close(code: int, reason: str) -> bytes:
    """Return the payload of a Close frame.

    Args:
        code: 1005 for a Close without a code.
        reason: The text for the peer.

    Raises:
        ValueError: The code must not be sent, or the reason is too long.

    Source: RFC 6455 section 5.5.1.
    """
    if code == NO_CODE:
        if reason:
            raise ValueError("reason got text without a code, expected a code before it")
        return b""
    if not may_be_sent(code):
        raise ValueError(f"code got {code}, expected 1000 to 1003, 1007 to 1014 or 3000 to 4999")
    text = reason.encode()
    # "All control frames MUST have a payload length of 125 bytes or less".
    if len(text) > REASON_BYTES:
        raise ValueError(f"reason got {len(text)} bytes, expected at most {REASON_BYTES}")
    return code.to_bytes(2, "big") + text


def check_close(code: object, reason: object) -> None:
    """Refuse a code or reason that a caller must not close with.

    Raises:
        TypeError: The code is no number, or the reason no text.
        ValueError: The code must not be sent, or the reason is too long.
    """
    if isinstance(code, bool) or not isinstance(code, int):
        raise TypeError(f"code got {type(code).__name__}, expected int")
    if not isinstance(reason, str):
        raise TypeError(f"reason got {type(reason).__name__}, expected str")
    if code == NO_CODE:
        raise ValueError("code got 1005, which stands for a Close without a code and is never sent")
    encode_close(code, reason)


def decode_close(payload: bytes, offset: int) -> Close:
    """Decode the code and the reason of a Close frame.

    Args:
        payload: The frame's payload.
        offset: Offset of the frame in the stream, for errors.

    Raises:
        FrameError: It is one byte, its code must not be sent, or its reason is not UTF-8.

    Source: RFC 6455 section 5.5.1, 7.4 and 8.1.
    """
    if not payload:
        return Close(NO_CODE, "")
    # "the first two bytes of the body MUST be a 2-byte unsigned integer"
    if len(payload) == 1:
        raise FrameError(
            "close-payload",
            "close got a payload of 1 byte, expected none or 2 and more",
            offset,
            "RFC 6455 section 5.5.1",
        )
    code = int.from_bytes(payload[:2], "big")
    if not may_be_sent(code):
        raise FrameError(
            "close-code", f"close got the code {code}, which no endpoint may send", offset, "RFC 6455 section 7.4"
        )
    try:
        reason = payload[2:].decode()
    except UnicodeDecodeError:
        raise FrameError(
            "close-reason", "close got a reason that is not UTF-8", offset, "RFC 6455 section 8.1", 1007
        ) from None
    return Close(code, reason)


def answer_to(violation: Violation) -> Close:
    """Return the Close that answers a violation: its code, and as much of its text as a Close holds."""
    return Close(violation.code, violation.text.encode()[:REASON_BYTES].decode(errors="ignore"))
