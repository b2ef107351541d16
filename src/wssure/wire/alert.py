"""Decode and encode TLS alerts: two bytes that give the reason for the end of a connection."""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError
from wssure.wire.iana import alert_name

WARNING: Final = 1
FATAL: Final = 2
_SECTION: Final = "RFC 8446 section 6"


@frozen
class Alert:
    """One alert.

    Args:
        level: 1 is a warning, 2 is fatal; kept as received.
        number: The description, such as 112 for unrecognized_name.

    Source: RFC 8446 section 6.
    """

    level: int
    number: int

    @property
    def name(self) -> str:
        """The IANA name of the number, such as `unrecognized_name`."""
        return alert_name(self.number)

    @property
    def fatal(self) -> bool:
        """True if the level is fatal (2)."""
        return self.level == FATAL


def decode_alert(data: bytes) -> Alert:
    """Decode the payload of a plaintext alert record.

    Raises:
        DecodeError: It is not two bytes, or the level is neither 1 nor 2 (an encrypted alert looks like that).

    Source: RFC 8446 section 6.
    """
    if len(data) != 2:
        raise DecodeError(f"alert got {len(data)} bytes, expected 2", 0, _SECTION)
    if data[0] not in (WARNING, FATAL):
        raise DecodeError(f"alert level got {data[0]}, expected 1 or 2", 0, _SECTION)
    return Alert(data[0], data[1])


def encode_alert(number: int, level: int = FATAL) -> bytes:
    """Encode a plaintext alert as a complete record.

    Source: RFC 8446 section 5.1 and 6.
    """
    return bytes((21, 3, 3, 0, 2, level, number))
