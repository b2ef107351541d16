"""TLS records: the same records however the stream is cut, and an error at the first byte that is no TLS."""

from __future__ import annotations

import copy
import pickle
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.decode import DecodeError
from wssure.wire.record import MAX_PAYLOAD, RecordReader

RECORDS = st.lists(
    st.tuples(st.integers(20, 24), st.sampled_from([0x0301, 0x0303]), st.binary(min_size=1, max_size=60)), max_size=5
)


def encode(kind: int, version: int, payload: bytes) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


@given(RECORDS, st.lists(st.integers(0, 300), max_size=8), st.binary(max_size=4), st.integers(0, 1000))
def test_records_are_the_same_however_the_stream_is_cut(records, cuts, tail, base):
    flow = b"".join(encode(*item) for item in records) + b"\x17\x03\x03\x40"[: len(tail)]
    cuts = sorted(min(cut, len(flow)) for cut in cuts)
    reader, found = RecordReader(base), []
    for start, stop in zip([0, *cuts], [*cuts, len(flow)], strict=True):
        found += reader.feed(flow[start:stop])
    assert [(item.type, item.version, item.payload) for item in found] == records
    assert reader.pending == len(tail)
    assert reader.rest == flow[len(flow) - len(tail) :]
    at = base
    for item in found:
        assert item.span == (at, at + 5 + len(item.payload))
        assert item.payload_offset == at + 5
        at = item.span[1]


def test_empty_application_data_is_a_record():
    (item,) = RecordReader().feed(encode(23, 0x0303, b""))
    assert item.payload == b""


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_like_piece_is_taken_and_copied(kind):
    source = bytearray(encode(22, 0x0303, b"abc"))
    reader = RecordReader()
    assert reader.feed(kind(source[:6])) == []
    piece = kind(source[6:])
    (item,) = reader.feed(piece)
    assert item.payload == b"abc"
    assert type(item.payload) is bytes


NO_TLS = {
    "http": (b"GET / HTTP/1.1\r\n", 0, "record type got 0x47"),
    "one-byte": (b"H", 0, "record type got 0x48"),
    "version": (b"\x16\x02", 1, "record version got 0x02"),
    "length": (b"\x16\x03\x01\xff\xff", 3, f"record length got 65535, expected at most {MAX_PAYLOAD}"),
    "empty-handshake": (b"\x16\x03\x01\x00\x00", 3, "empty handshake record"),
    "empty-alert": (b"\x15\x03\x01\x00\x00", 3, "empty alert record"),
}


@pytest.mark.parametrize("case", NO_TLS)
def test_the_first_byte_that_is_no_tls_raises_at_once(case):
    data, offset, what = NO_TLS[case]
    reader = RecordReader(100)
    with pytest.raises(DecodeError, match=what) as caught:
        deque(map(reader.feed, (data[at : at + 1] for at in range(len(data)))), maxlen=0)
    assert caught.value.offset == 100 + offset
    assert reader.error is caught.value
    assert reader.rest == data[: len(reader.rest)]


def test_records_before_the_garbage_are_returned_first():
    reader = RecordReader()
    (item,) = reader.feed(encode(22, 0x0303, b"abc") + b"garbage")
    assert item.payload == b"abc"
    assert reader.error.offset == 8
    for _ in range(2):
        with pytest.raises(DecodeError, match="0x67"):
            reader.feed(b"more")


@given(st.binary(max_size=200), st.integers(1, 20))
def test_any_bytes_give_records_or_a_decode_error(data, size):
    reader = RecordReader()
    try:
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
    except DecodeError:
        assert reader.error is not None


def test_a_decode_error_survives_pickle_and_copy():
    error = DecodeError("length got 3, expected 4", 7, "RFC 8446 section 4")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (again.what, again.offset, again.section) == (error.what, error.offset, error.section)
        assert str(again) == "length got 3, expected 4 at byte 7 (RFC 8446 section 4)"
