"""JA3 and JA4 are those that another program recorded with the same bytes."""

from __future__ import annotations

import hashlib

import pytest
from tests.wire.recordings import CLIENTS, flight
from tests.wire.test_hello import client_hello, extension

from wssure.wire.fingerprint import ja3, ja3_text, ja4
from wssure.wire.hello import decode_client_hello, find_client_hello


@pytest.mark.parametrize("row", CLIENTS, ids=lambda row: row["file"].removesuffix(".hex"))
def test_fingerprints_equal_the_recorded_ones(row):
    hello = find_client_hello(flight("clients", row["file"]))
    assert ja3(hello) == row["ja3"]
    assert ja4(hello) == row["ja4"]


def test_ja4_leaves_out_the_schemes_of_signature_algorithms_cert():
    hello = find_client_hello(flight("clients", "java-17-httpclient-websocket.hex"))
    schemes = ",".join(f"{number:04x}" for number in hello.signature_algorithms)
    sent = ",".join(f"{number:04x}" for number in sorted(set(hello.extension_ids) - {0, 16}))
    assert hello.extension(50).data == hello.extension(13).data
    both = hashlib.sha256(f"{sent}_{schemes},{schemes}".encode()).hexdigest()[:12]
    assert both == "0c6f02743557"  # what the recording program said
    assert not ja4(hello).endswith(both)


def test_grease_is_left_out():
    with_grease = decode_client_hello(client_hello(extension(0x1A1A, b""), extension(43, b"\x04\x8a\x8a\x03\x04")))
    without = decode_client_hello(client_hello(extension(43, b"\x02\x03\x04")))
    assert ja3_text(with_grease) == ja3_text(without) == "771,4865,43,,"
    assert ja4(with_grease) == ja4(without)


@pytest.mark.parametrize(
    ("protocol", "mark"),
    [(b"h2", "h2"), (b"http/1.1", "h1"), (b"x", "xx"), (b"\xab\xcd", "ad"), (b"a\xff", "6f"), (b"", "00")],
)
def test_the_protocol_mark_of_ja4(protocol, mark):
    name = bytes((len(protocol),)) + protocol
    hello = decode_client_hello(client_hello(extension(16, len(name).to_bytes(2, "big") + name)))
    assert ja4(hello).startswith(f"t12i0101{mark}_")


def test_a_hello_without_extensions_and_schemes_has_a_fingerprint():
    hello = decode_client_hello(client_hello())
    assert ja4(hello) == f"t12i010000_{hashlib.sha256(b'1301').hexdigest()[:12]}_000000000000"
    assert ja3_text(hello) == "771,4865,,,"
