"""ClientHello and ServerHello: recordings decode to what is known of them, whole, cut anywhere, and with a tail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.recordings import CLIENTS, HELLOS, LIBWEBSOCKETS, flight

from wssure.wire.decode import DecodeError
from wssure.wire.handshake import HandshakeReader
from wssure.wire.hello import (
    decode_client_hello,
    decode_server_hello,
    find_client_hello,
    find_server_hello,
)
from wssure.wire.record import RecordReader

pytestmark = pytest.mark.matrix

EXPECTED = {"absent": None, "empty": ""}
# Not a recording: the ServerHello and HelloRetryRequest below are built from the fields of RFC 8446 section 4.1.3.
SERVER_RANDOM = bytes(range(32))
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def record(payload: bytes, kind: int = 22) -> bytes:
    return bytes((kind, 3, 3)) + len(payload).to_bytes(2, "big") + payload


def extension(number: int, data: bytes) -> bytes:
    return number.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data


def client_hello(*extensions: bytes) -> bytes:
    block = b"".join(extensions)
    body = b"\x03\x03" + SERVER_RANDOM + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + len(block).to_bytes(2, "big")
    return message(1, body + block)


def server_hello(*extensions: bytes, random: bytes = SERVER_RANDOM, suite: int = 0x1301) -> bytes:
    block = b"".join(extensions)
    length = len(block).to_bytes(2, "big") if extensions else b""
    return message(2, b"\x03\x03" + random + b"\x00" + suite.to_bytes(2, "big") + b"\x00" + length + block)


def read_in_pieces(flow: bytes, cuts: list[int]) -> list:
    records, messages, found = RecordReader(), HandshakeReader(), []
    for start, stop in zip([0, *cuts], [*cuts, len(flow)], strict=True):
        for item in records.feed(flow[start:stop]):
            found += messages.feed(item.payload, item.payload_offset)
    return found


def test_every_libwebsockets_recording_decodes_to_its_server_name():
    not_tls = {row["file"] for row in LIBWEBSOCKETS if row["server_name"] == "not-tls"}
    for file in not_tls:
        with pytest.raises(DecodeError) as caught:
            find_client_hello(flight("libwebsockets", file))
        assert caught.value.offset == 0, file
    for row in LIBWEBSOCKETS:
        if row["file"] in not_tls:
            continue
        hello = find_client_hello(flight("libwebsockets", row["file"]))
        kind, _, name = row["server_name"].partition(":")
        expected = name if kind == "name" else EXPECTED[kind]
        assert hello.server_name == expected, row
        assert hello.server_name_bytes == (None if expected is None else expected.encode())
        assert [flaw.section for flaw in hello.flaws] == (["RFC 6066 section 3"] if expected == "" else [])


def test_every_client_recording_decodes_to_its_server_name_and_alpn():
    for row in CLIENTS:
        hello = find_client_hello(flight("clients", row["file"]))
        assert (hello.server_name or "", ",".join(hello.alpn), hello.flaws) == (row["server_name"], row["alpn"], ())


def test_fields_and_extensions_cover_the_whole_message():
    for folder, file in HELLOS:
        covers_the_whole(flight(folder, file))


def covers_the_whole(data: bytes) -> None:
    hello = find_client_hello(data)
    assert data[slice(*hello.span)] == hello.raw
    spans = hello.field_spans
    assert data[slice(*spans["random"])] == hello.random
    assert data[slice(*spans["session_id"])] == hello.session_id
    assert data[slice(*spans["cipher_suites"])] == b"".join(suite.to_bytes(2, "big") for suite in hello.cipher_suites)
    assert data[slice(*spans["compression_methods"])] == hello.compression_methods
    block = b"".join(extension(item.id, item.data) for item in hello.extensions)
    assert data[slice(*spans["extensions"])] == block
    for item in hello.extensions:
        assert data[slice(*item.span)] == extension(item.id, item.data)
    if hello.server_name_span:
        assert data[slice(*hello.server_name_span)] in (hello.server_name_bytes, b"\0\x03\0\0\0")


def test_a_hello_is_the_same_whole_byte_by_byte_and_with_a_tail():
    for folder, file in HELLOS:
        data = flight(folder, file)
        whole = find_client_hello(data)
        (single,) = read_in_pieces(data, list(range(1, len(data))))
        assert decode_client_hello(single.raw, single.span[0], single.pieces).extensions == whole.extensions, file
        assert find_client_hello(data + record(b"\x01", 20) + b"anything").raw == whole.raw
        bare = find_client_hello(whole.raw + b"tail")
        assert bare.raw == whole.raw
        assert bare.span == (0, len(whole.raw))


@given(st.sampled_from(HELLOS), st.lists(st.integers(1, 400), max_size=6), st.lists(st.integers(1, 2000), max_size=6))
def test_a_hello_split_over_records_and_segments_keeps_true_spans(which, record_sizes, cuts):
    raw = find_client_hello(flight(*which)).raw
    flow, rest = b"", raw
    for size in record_sizes:
        if rest[:size]:
            flow += record(rest[:size])
        rest = rest[size:]
    flow += record(rest) if rest else b""
    (found,) = read_in_pieces(flow, sorted(cut for cut in set(cuts) if cut < len(flow)))
    hello = decode_client_hello(found.raw, found.span[0], found.pieces)
    assert hello.raw == raw
    assert find_client_hello(flow) == hello
    assert hello.span == (5, len(flow))
    spans = [item.span for item in hello.extensions]
    assert spans[-1][1] == len(flow)
    for item in hello.extensions:
        covered = flow[slice(*item.span)]
        # A span that straddles a record's edge covers that record's header too.
        assert len(covered) >= len(item.data) + 4
        if len(covered) == len(item.data) + 4:
            assert covered == extension(item.id, item.data)


def test_a_second_hello_behind_a_change_cipher_spec_is_found():
    raw = client_hello(extension(0, b"\x00\x04\x00\x00\x01a"))
    assert find_client_hello(record(b"\x01", 20) + record(raw)).server_name == "a"


def test_unknown_extensions_duplicates_and_grease_are_kept_in_order():
    hello = decode_client_hello(client_hello(extension(0x1A1A, b""), extension(65000, b"xyz"), extension(65000, b"")))
    assert [(item.id, item.data) for item in hello.extensions] == [(0x1A1A, b""), (65000, b"xyz"), (65000, b"")]
    assert [item.name for item in hello.extensions] == ["GREASE (0x1A1A)", "0xFDE8", "0xFDE8"]
    assert hello.extension(65000).data == b"xyz"
    assert hello.extension(1) is None
    assert [flaw.what for flaw in hello.flaws] == ["extension 0xFDE8 stands twice, expected once"]


def test_a_hello_without_an_extension_block_is_one():
    body = b"\x03\x01" + SERVER_RANDOM + b"\x00\x00\x02\x00\x2f\x01\x00"
    hello = decode_client_hello(message(1, body))
    assert hello.extensions == ()
    assert hello.server_name is None
    assert hello.server_name_span is None
    assert hello.supported_versions == (0x0301,)
    assert hello.field_spans["extensions"] == (len(hello.raw), len(hello.raw))


# contents of server_name, what is read, what is wrong
NAMES = {
    "a-name": (b"\x00\x04\x00\x00\x01a", "a", None),
    "empty-name": (b"\x00\x03\x00\x00\x00", "", "host_name got 0 bytes, expected at least 1"),
    "empty-list": (b"\x00\x00", "", "host_name got 0 bytes, expected at least 1"),
    "nothing": (b"", "", "length of server_name_list needs 2 bytes, got 0"),
    "list-too-long": (b"\x00\x09\x00\x00\x01a", "", "length of server_name_list got 0009, expected 0004"),
    "name-too-long": (b"\x00\x04\x00\x00\x09a", "", "host_name needs 9 bytes, got 1"),
    "name-after-other-type": (b"\x00\x08\x01\x00\x01x\x00\x00\x01a", "a", None),
    "other-type-alone": (b"\x00\x04\x01\x00\x01x", "", "host_name got 0 bytes, expected at least 1"),
    "first-of-two-names": (b"\x00\x08\x00\x00\x01x\x00\x00\x01a", "x", None),
    "utf-8": (b"\x00\x07\x00\x00\x04\xc3\xa9.a", "é.a", None),
    "latin-1": (b"\x00\x05\x00\x00\x02\xe9a", "éa", None),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_broken_server_name_reads_as_empty_and_is_a_flaw(case):
    data, expected, what = NAMES[case]
    hello = decode_client_hello(client_hello(extension(0, data)))
    assert hello.server_name == expected
    assert [flaw.what for flaw in hello.flaws] == ([] if what is None else [what])


@pytest.mark.parametrize("number", [10, 11, 13, 16, 43, 51])
@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x09\x01", b"\xff\xff\xff"])
def test_a_broken_list_reads_as_empty_and_is_a_flaw(number, data):
    hello = decode_client_hello(client_hello(extension(number, data)))
    lists = (hello.groups, hello.point_formats, hello.signature_algorithms, hello.alpn, hello.key_shares)
    assert set(lists) == {()}
    assert hello.supported_versions == (0x0303,)
    assert len(hello.flaws) == (0 if (number, data) in {(11, b"\x00"), (43, b"\x00")} else 1)


def test_a_list_that_is_right_with_a_byte_behind_it_is_a_flaw():
    right = {item.id: item.data for item in find_client_hello(flight("clients", "chromium-156.hex")).extensions}
    for number in (10, 11, 13, 16, 43, 51):
        hello = decode_client_hello(client_hello(extension(number, right[number] + b"\0")))
        assert [flaw.what.partition(" ")[2] for flaw in hello.flaws] == ["is followed by 1 bytes, expected none"], (
            number
        )


BROKEN = {
    "no-bytes": b"",
    "header-only": b"\x01\x00\x00",
    "wrong-type": message(2, b"\x03\x03"),
    "wrong-length": client_hello()[:-1],
    "too-short": message(1, b"\x03\x03" + SERVER_RANDOM),
    "long-session-id": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x21" + bytes(80)),
    "odd-ciphers": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x00\x00\x03abc\x01\x00"),
    "ciphers-beyond": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x00\x00\x44ab\x01\x00"),
    "methods-beyond": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x00\x00\x02ab\x05\x00"),
    "extensions-short": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x00\x00\x02ab\x01\x00\x00\x05"),
    "extensions-one-byte": message(1, b"\x03\x03" + SERVER_RANDOM + b"\x00\x00\x02ab\x01\x00\x00"),
    "extension-beyond": client_hello(b"\x00\x00\x00\x09\x00"),
    "extension-stub": client_hello(b"\x00\x00\x00"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_frame_is_a_decode_error_with_its_place(case):
    with pytest.raises(DecodeError) as caught:
        decode_client_hello(BROKEN[case], 100)
    assert 100 <= caught.value.offset <= 100 + len(BROKEN[case])
    assert caught.value.section.startswith("RFC ")
    assert caught.value.what in str(caught.value)


FLOWS = {
    "cut-record": (record(client_hello())[:-1], "ClientHello is cut off"),
    "cut-message": (record(client_hello()[:-1]), "ClientHello is cut off"),
    "cut-bare": (client_hello()[:-1], "ClientHello is cut off"),
    "bare-stub": (b"\x01\x00", "ClientHello is cut off"),
    "nothing": (b"", "ClientHello is cut off"),
    "alert": (record(b"\x02\x28", 21), "record type got 21"),
    "server-hello": (record(server_hello()), "handshake type got 2"),
    "http": (b"GET / HTTP/1.1\r\n", "record type got 0x47"),
    "sslv2": (b"\x80\x2e\x01\x03\x01\x00\x15", "got an SSLv2 hello"),
    "half-then-garbage": (record(client_hello()[:9]) + b"garbage", "record type got 0x67"),
}


@pytest.mark.parametrize("case", FLOWS)
def test_what_is_no_hello_says_what_it_is(case):
    flow, what = FLOWS[case]
    with pytest.raises(DecodeError, match=what):
        find_client_hello(flow)


@given(st.sampled_from(HELLOS), st.data())
def test_a_mutated_flight_raises_only_decode_errors_and_no_property_raises(which, draw):
    data = bytearray(flight(*which))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        hello = find_client_hello(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    except DecodeError:
        return
    for name in dir(type(hello)):
        if not name.startswith("_"):
            getattr(hello, name)


def test_a_server_hello_tells_what_was_chosen():
    raw = server_hello(extension(43, b"\x03\x04"), extension(51, b"\x00\x1d\x00\x01k"))
    hello = find_server_hello(record(raw))
    assert (hello.version, hello.cipher_suite, hello.group) == (0x0304, 0x1301, 29)
    assert not hello.is_hello_retry_request
    assert hello.span == (5, 5 + len(raw))
    assert [item.span for item in hello.extensions] == [(5 + 44, 5 + 50), (5 + 50, 5 + 59)]


def test_a_hello_retry_request_is_told_by_its_random():
    hello = decode_server_hello(server_hello(extension(51, b"\x00\x17"), random=RETRY_RANDOM))
    assert hello.is_hello_retry_request
    assert hello.group == 23
    assert hello.version == 0x0303


def test_a_tls12_server_hello_has_its_legacy_version_and_alpn():
    hello = decode_server_hello(server_hello(extension(16, b"\x00\x03\x02h2"), suite=0xC02F))
    assert (hello.version, hello.group, hello.alpn) == (0x0303, None, "h2")
    assert decode_server_hello(server_hello()).alpn is None
    assert decode_server_hello(server_hello(extension(16, b"\x00"))).alpn is None
    assert decode_server_hello(server_hello(extension(16, b"\x00\x00"))).alpn is None


@given(st.binary(max_size=80))
def test_a_server_hello_of_any_bytes_raises_only_decode_errors(body):
    try:
        hello = decode_server_hello(message(2, b"\x03\x03" + SERVER_RANDOM + body))
    except DecodeError:
        return
    assert isinstance(hello.version, int)
    assert hello.group is None or isinstance(hello.group, int)
