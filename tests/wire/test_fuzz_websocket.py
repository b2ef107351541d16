"""The fuzz targets of HTTP, frames, extensions and the connection hold over their seeds and over seeds changed a little."""

from __future__ import annotations

import pytest
from fuzz import (
    fuzz_connection,
    fuzz_deflate,
    fuzz_extension,
    fuzz_frame,
    fuzz_http_request,
    fuzz_http_response,
    fuzz_tunnel,
    fuzz_utf8,
)
from hypothesis import given
from hypothesis import strategies as st

from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.server_handshake import ServerHandshake
from wssure.wire.deflate import Deflater, DeflateSettings
from wssure.wire.frame import encode_frame

REQUEST = ClientHandshake("a.test", "/", key=bytes(16), subprotocols=["a"], deflate=DeflateSettings()).request_bytes()
SERVER = ServerHandshake()
PARSED = SERVER.receive(REQUEST)
assert PARSED is not None
SQUEEZED = Deflater(15, False).compress(b"hello hello hello")


def stream(mask: bytes | None) -> bytes:
    """Return a bit of everything that may come."""
    return b"".join(
        (
            encode_frame(1, "h\u00e9", mask=mask),
            encode_frame(1, SQUEEZED, rsv1=True, mask=mask),
            encode_frame(2, b"a" * 130, fin=False, mask=mask),
            encode_frame(9, b"p", mask=mask),
            encode_frame(0, b"b", mask=mask),
            encode_frame(8, b"\x03\xe8bye", mask=mask),
        )
    )


SEEDS = {
    fuzz_frame: [b"\x80" + stream(b"abcd"), b"\x81" + stream(None), b"\x82" + stream(b"abcd") + stream(None)],
    fuzz_http_request: [REQUEST, b"POST /x HTTP/1.0\r\nA: b\r\n\r\n"],
    fuzz_http_response: [
        SERVER.accept(PARSED, "a", DeflateSettings()),
        SERVER.reject(403, b"no"),
        b"HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    fuzz_tunnel: [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 407 x\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    fuzz_utf8: [b"\x02h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", b"\x00\xed\xa0\x80", b"\x05\xf4\x90\x80\x80"],
    fuzz_extension: [b'permessage-deflate; client_max_window_bits, x; a=1; b="c"'],
    fuzz_deflate: [b"\x07" + SQUEEZED, b"\xff" + Deflater(9, True).compress(bytes(3000))],
    fuzz_connection: [
        b"\xc0" + stream(b"abcd"),
        b"\x41" + stream(None),
        b"\xe2" + stream(b"abcd"),
        b"\x00" + stream(None),
    ],
}
TARGETS = pytest.mark.parametrize("target", SEEDS, ids=lambda target: target.__name__.rpartition(".")[2])


@TARGETS
def test_a_target_holds_over_its_seeds(target):
    for seed in (*SEEDS[target], b"", b"\x16", bytes(50)):
        target.TestOneInput(seed)


@TARGETS
@given(data=st.data())
def test_a_target_holds_over_changed_seeds(target, data):
    seed = bytearray(data.draw(st.sampled_from(SEEDS[target])))
    for _ in range(data.draw(st.integers(0, 5))):
        seed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    target.TestOneInput(bytes(seed[: data.draw(st.integers(0, len(seed)))]))
