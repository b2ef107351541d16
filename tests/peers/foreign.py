"""What programs without wssure send first: whole ClientHellos whose server_name holds bytes no library would put there."""

from __future__ import annotations

import contextlib
import ssl

from wssure.wire.hello import find_client_hello
from wssure.wire.hello_encode import encode_client_hello, records

_SUPPORTED_GROUPS, _KEY_SHARE = 10, 51


def hello_for(name: bytes) -> bytes:
    """Return the first flight of an ordinary OpenSSL client, with `name` in server_name as it is.

    The library is given a decent name of the same length, and the bytes are exchanged afterwards.
    """
    decent = (b"a" * len(name)).decode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    sent = ssl.MemoryBIO()
    wrapped = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=decent)
    with contextlib.suppress(ssl.SSLWantReadError):
        wrapped.do_handshake()
    flight = sent.read()
    assert flight.count(decent.encode()) == 1
    return flight.replace(decent.encode(), name)


def with_group(flight: bytes, group: int) -> bytes:
    """Return the flight's hello with one group only and one key share of 32 bytes, said to be of it."""
    hello = find_client_hello(flight)
    number, share = group.to_bytes(2, "big"), bytes(range(32))
    # RFC 8446 sections 4.2.7 and 4.2.8: lists that begin with their length.
    own = {
        _SUPPORTED_GROUPS: b"\0\2" + number,
        _KEY_SHARE: b"\0\x24" + number + b"\0\x20" + share,
    }
    return records(
        encode_client_hello(hello, extensions=[(one.id, own.get(one.id, one.data)) for one in hello.extensions])
    )
