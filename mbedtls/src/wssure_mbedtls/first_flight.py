"""What the library's server cannot read in a client's first flight by itself, seen with our own decoder.

The link hands a server engine the whole ClientHello at once; bytes that are no whole ClientHello are left for the library
to judge.
"""

from __future__ import annotations

from typing import Final

from wssure.wire.decode import DecodeError
from wssure.wire.hello import find_client_hello
from wssure.wire.record import HANDSHAKE, RecordReader

__all__ = ["joined", "offers_tls12", "shares_group"]

_TLS12: Final = 0x0303
# x25519, secp256r1, x448, secp384r1, secp521r1: what shim/config.c offers. Source: IANA, TLS Supported Groups.
_GROUPS: Final = frozenset({0x001D, 0x0017, 0x001E, 0x0018, 0x0019})
_HEADER_BYTES: Final = 5
# RFC 8446 section 5.1: a record holds up to 2^14 bytes.
_MAX_FRAGMENT: Final = 16384


def offers_tls12(data: bytes) -> bool:
    """Tell whether a ClientHello offers TLS 1.2.

    A TLS 1.2 server of the library does not read the list of versions and would refuse for want of a common cipher.

    Source: RFC 8446 section 4.2.1: "If this extension is present in the ClientHello, servers MUST NOT use the
    ClientHello.legacy_version value for version negotiation".
    """
    try:
        versions = find_client_hello(data).supported_versions
    except DecodeError:
        return True
    return _TLS12 in versions


def shares_group(data: bytes) -> bool:
    """Tell whether a ClientHello offers a key-exchange group that this backend has; True where it names none.

    Source: RFC 8446 section 4.2.7; a TLS 1.2 client may leave the choice to the server (RFC 8422 section 4).
    """
    try:
        groups = find_client_hello(data).groups
    except DecodeError:
        return True
    return not groups or not _GROUPS.isdisjoint(groups)


def joined(data: bytes) -> bytes | None:
    """Return the same first flight with its ClientHello in one record; None where it is in one already, or does not fit.

    Mbed TLS before 3.6 reads no ClientHello that is spread over records. How messages are cut into records is no part of
    the handshake's transcript (RFC 8446 section 4.4.1), so both ends still agree on it.
    """
    if len(data) < _HEADER_BYTES or len(data) == _HEADER_BYTES + int.from_bytes(data[3:5], "big"):
        return None
    try:
        hello = find_client_hello(data)
        records = RecordReader().feed(data)
    except DecodeError:
        return None
    size = taken = count = 0
    while size < len(hello.raw):
        record = records[count]
        size += len(record.payload)
        taken = record.span[1]
        count += 1
    if count == 1 or size != len(hello.raw) or size > _MAX_FRAGMENT:
        return None
    return bytes([HANDSHAKE]) + data[1:3] + size.to_bytes(2, "big") + hello.raw + data[taken:]
