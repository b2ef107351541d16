"""What programs without wssure send first: whole ClientHellos whose server_name holds bytes no library would put there."""

from __future__ import annotations

import contextlib
import ssl

from wssure.wire.hello import find_client_hello

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
    """Return the flight with one group only, named as often as there were groups, and its key share said to be of it."""
    hello = find_client_hello(flight)
    groups, shares = hello.extension(_SUPPORTED_GROUPS).data, hello.extension(_KEY_SHARE).data
    number = group.to_bytes(2, "big")
    # RFC 8446 sections 4.2.7 and 4.2.8: both begin with the length of their list.
    flight = flight.replace(groups, groups[:2] + number * ((len(groups) - 2) // 2))
    return flight.replace(shares, shares[:2] + number + shares[4:])
