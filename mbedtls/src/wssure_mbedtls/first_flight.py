"""Examine a client's first flight with our own decoder, for features that the library's server cannot read.

The common layer passes the complete ClientHello to a server engine at once. Any other bytes are left to the library.
"""

from __future__ import annotations

from typing import Final

from wssure.wire.decode import DecodeError
from wssure.wire.hello import find_client_hello
from wssure.wire.record import HANDSHAKE, RecordReader

_TLS12: Final = 0x0303
# x25519, secp256r1, x448, secp384r1, secp521r1: the groups offered by shim/config.c. Source: IANA, TLS Supported
# Groups.
_GROUPS: Final = frozenset({0x001D, 0x0017, 0x001E, 0x0018, 0x0019})
_HEADER_BYTES: Final = 5
# RFC 8446 section 5.1: a record has up to 2^14 bytes.
_MAX_FRAGMENT: Final = 16384


def offers_tls12(data: bytes) -> bool:
    """Return True if a ClientHello offers TLS 1.2.

    The library's TLS 1.2 server ignores supported_versions and would refuse the hello because of the ciphers.

    Source: RFC 8446 section 4.2.1: "If this extension is present in the ClientHello, servers MUST NOT use the
    ClientHello.legacy_version value for version negotiation".
    """
    try:
        versions = find_client_hello(data).supported_versions
    except DecodeError:
        return True
    return _TLS12 in versions


def shares_group(data: bytes) -> bool:
    """Return True if a ClientHello offers a key exchange group of this backend, or no groups at all.

    Source: RFC 8446 section 4.2.7; a TLS 1.2 client may leave the choice to the server (RFC 8422 section 4).
    """
    try:
        groups = find_client_hello(data).groups
    except DecodeError:
        return True
    return not groups or not _GROUPS.isdisjoint(groups)


def join_records(data: bytes) -> bytes | None:
    """Move a fragmented ClientHello into one record; None if it is in one record already or does not fit.

    Mbed TLS before 3.6 cannot read a ClientHello that is fragmented over records. The record boundaries are not part of
    the transcript hash (RFC 8446 section 4.4.1), so both ends still agree.
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
