"""Twice the bytes of a peer take at most twice the steps, in every parser and however the bytes are cut.

A step is a line of our code that runs, counted by a trace function: the same number on every machine and at every load. The
modules that compile are counted in their interpreted form, which is the same source. A trace sees nothing inside C: the
regular expressions are judged by their form (`test_regexes`), and what zlib takes and leaves is counted by its bytes.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from tests.interpreted import INTERPRETED

from wssure.protocol.client_handshake import ClientHandshake, UpgradeRejected
from wssure.protocol.state import Role
from wssure.protocol.tunnel import TunnelHandshake, TunnelRefused
from wssure.tls.record_log import RecordLog, ServerAnswer
from wssure.tools.cli.hellosource import flight_bytes
from wssure.tools.explain import read
from wssure.wire import deflate
from wssure.wire.extension import parse_extensions
from wssure.wire.frame import encode_frame
from wssure.wire.hello import decode_client_hello, find_client_hello
from wssure.wire.http_message import HttpLimits
from wssure.wire.http_reader import RequestReader, ResponseReader
from wssure.wire.x509 import decode_name

DECOMPRESS = zlib.decompressobj
SIZES = (200, 400, 800)
# What is done once for each call, and a rare step of growing, may come on top.
MOST = 2.15
WIDE = HttpLimits(line_bytes=1 << 20, header_count=1 << 20, total_bytes=1 << 20, body_bytes=1 << 20)
HEAD = b"GET / HTTP/1.1\r\nHost: a.test\r\n"
REFUSAL = b"HTTP/1.1 403 Forbidden\r\n"
CHUNKED = REFUSAL + b"Transfer-Encoding: chunked\r\n\r\n"


def pieces(data: bytes, step: int = 1) -> list[bytes]:
    return [data[at : at + step] for at in range(0, len(data), step)]


def fed(reader: Any, parts: list[bytes]) -> None:
    for part in parts:
        reader.feed(part)


def answered(handshake: Any, parts: list[bytes]) -> None:
    try:
        for part in parts:
            handshake.receive(part)
        handshake.receive_eof()
    except (UpgradeRejected, TunnelRefused):
        pass


def received(parts: list[bytes], **options: Any) -> None:
    connection = INTERPRETED.connection.Connection(Role.SERVER, max_fragments=None, **options)
    for part in parts:
        connection.receive(part)
    connection.events()
    connection.data_to_send()
    assert connection.close_sent is None


def frame(opcode: int, payload: bytes, fin: bool = True, rsv1: bool = False) -> bytes:
    return encode_frame(opcode, payload, fin=fin, rsv1=rsv1, mask=b"abcd")


def fragmented(payloads: list[bytes], rsv1: bool = False) -> bytes:
    frames = [frame(0 if at else 2, payload, False, rsv1 and not at) for at, payload in enumerate(payloads)]
    return b"".join([*frames, frame(0, b"")])


def record(payload: bytes, kind: int = 22) -> bytes:
    return bytes((kind, 3, 3)) + len(payload).to_bytes(2, "big") + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def hello(kind: int, extensions: int) -> bytes:
    # The last one says TLS 1.3.
    block = b"\xfa\xfa\0\0" * extensions + (b"\0\x2b\0\3\2\3\4" if kind == 1 else b"\0\x2b\0\2\3\4")
    middle = b"\0\0\x02\x13\x01\x01\0" if kind == 1 else b"\0\x13\x01\0"
    return message(kind, b"\3\3" + bytes(32) + middle + len(block).to_bytes(2, "big") + block)


def sniffed(parts: list[bytes]) -> None:
    record_log = RecordLog(ServerAnswer())
    record_log.lazy = False
    for part in parts:
        record_log.feed(part)


def examined(data: bytes) -> None:
    found = find_client_hello(data)
    assert len(found.extensions) == len(found.flaws) + 2
    assert found.field_spans


def der(tag: int, contents: bytes) -> bytes:
    return bytes((tag, 0x83)) + len(contents).to_bytes(3, "big") + contents


CASES: dict[str, Callable[[int], object]] = {
    "request, blanks in a value": lambda n: RequestReader(WIDE).feed(HEAD + b"A: a" + b" " * 9 * n + b"b\r\n\r\n"),
    "request, header lines": lambda n: RequestReader(WIDE).feed(HEAD + b"A: b\r\n" * n + b"\r\n"),
    "request, octet by octet": lambda n: fed(RequestReader(WIDE), pieces(HEAD + b"A: b\r\n" * n + b"\r\n")),
    "request, one long line octet by octet": lambda n: fed(RequestReader(WIDE), pieces(HEAD + b"A: " + b"b" * 9 * n)),
    "response, header lines": lambda n: ResponseReader(WIDE).feed(REFUSAL + b"Set-Cookie: a=b\r\n" * n + b"\r\n"),
    "response, interim ones": lambda n: ResponseReader(WIDE).feed(b"HTTP/1.1 100 Continue\r\n\r\n" * n),
    "response, octets of a body": lambda n: fed(ResponseReader(WIDE), pieces(REFUSAL + b"\r\n" + b"x" * 9 * n)),
    "response, chunks": lambda n: ResponseReader(WIDE).feed(CHUNKED + b"1\r\nx\r\n" * n),
    "response, chunks octet by octet": lambda n: fed(ResponseReader(WIDE), pieces(CHUNKED + b"1\r\nx\r\n" * n)),
    "response, trailers": lambda n: ResponseReader(WIDE).feed(CHUNKED + b"0\r\n" + b"A: b\r\n" * n),
    "answer to an upgrade": lambda n: answered(
        ClientHandshake("a.test", "/", key=bytes(16), limits=WIDE), pieces(REFUSAL + b"A: b\r\n" * n + b"\r\n", 3)
    ),
    "answer of a proxy": lambda n: answered(
        TunnelHandshake("a.test", 443, limits=WIDE), pieces(REFUSAL + b"Via: b\r\n" * n + b"\r\n", 3)
    ),
    "extensions": lambda n: parse_extensions("a; b=c; d, , " * n + "x"),
    "frames": lambda n: received([frame(2, b"x") * n]),
    "frames octet by octet": lambda n: received(pieces(frame(1, b"x") * n)),
    "pings": lambda n: received([frame(9, b"x") * n]),
    "pongs": lambda n: received([frame(10, b"x") * n]),
    "fragments": lambda n: received([fragmented([b"x"] * n)]),
    "fragments with nothing in them": lambda n: received([fragmented([b""] * n)]),
    "fragments that are delivered": lambda n: received(pieces(fragmented([b"x"] * n), 5), deliver_fragments=True),
    "one frame octet by octet": lambda n: received(pieces(frame(1, b"x" * 9 * n))),
    "characters cut in the middle": lambda n: received(pieces(frame(1, "\U0001f600".encode() * n), 3)),
    "compressed fragments of one octet": lambda n: received(
        [fragmented(pieces(deflate.Deflater(15, False).compress(bytes(range(256)) * n)[: 9 * n]), True)],
        deflate=deflate.DeflateParams(),
    ),
    "final blocks": lambda n: received([frame(2, b"\3\0" * 20 * n, rsv1=True)], deflate=deflate.DeflateParams()),
    "records of one octet": lambda n: sniffed([record(message(1, bytes(n))[at : at + 1]) for at in range(n)]),
    "records octet by octet": lambda n: sniffed(pieces(record(message(1, bytes(n))))),
    "empty handshake messages": lambda n: sniffed([record(message(2, b"") * n)]),
    "certificates": lambda n: sniffed([record(message(11, bytes(3)) * n)]),
    # The server's hello says what a change_cipher_spec means, and each record after that one asks.
    "records behind a long hello": lambda n: sniffed(
        [record(hello(2, n)), record(b"\1", 20), *[record(message(11, b""))] * n]
    ),
    "extensions of a hello in pieces": lambda n: examined(b"".join(record(one) for one in pieces(hello(1, n)))),
    "extensions of a hello": lambda n: decode_client_hello(hello(1, n)).flaws,
    "parts of a name": lambda n: decode_name(
        der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403") + der(0x0C, b"a"))) * n)
    ),
    "lines of a dump": lambda n: flight_bytes("\n".join(f"{16 * at:08x}: {'16' * 16}" for at in range(n)).encode()),
    "lines of a log": lambda n: read("\n".join(f"line {at} has 0x42 in it" for at in range(n))),
}


def steps(run: Callable[[int], object], size: int) -> int:
    """Count the lines of our code that run, and the bytes that zlib takes and leaves."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if "wssure" in frame.f_code.co_filename else None

    class Stream:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.stream = DECOMPRESS(*arguments, **options)

        def __getattr__(self, name: str) -> Any:
            nonlocal count
            value = getattr(self.stream, name)
            count += len(value) if name == "unused_data" else 0
            return value

        def decompress(self, data: bytes, *limit: int) -> bytes:
            nonlocal count
            count += len(data)
            return self.stream.decompress(data, *limit)

    before = sys.gettrace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlib, "decompressobj", Stream)
        sys.settrace(call)
        try:
            run(size)
        finally:
            sys.settrace(before)
    return count


@pytest.mark.parametrize("case", CASES)
def test_twice_the_bytes_take_twice_the_steps(case):
    small, double, fourfold = (steps(CASES[case], size) for size in SIZES)
    assert double <= MOST * small
    assert fourfold <= MOST * double
