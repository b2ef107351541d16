"""Handshake messages: coalesced or fragmented, the same messages come out, with true places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.decode import DecodeError
from wssure.wire.handshake import HandshakeReader

MESSAGES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=5)


def encode(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


@given(MESSAGES, st.lists(st.integers(0, 200), max_size=8), st.integers(0, 3))
def test_messages_are_the_same_however_records_cut_them(messages, cuts, tail):
    stream = b"".join(encode(*item) for item in messages) + b"\x01\x00\x00"[:tail]
    cuts = sorted(min(cut, len(stream)) for cut in cuts)
    reader, found, flow = HandshakeReader(), [], b""
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        flow += b"#####"  # stands for the record's header
        found += reader.feed(stream[start:stop], len(flow))
        flow += stream[start:stop]
    assert [(item.type, item.body) for item in found] == messages
    assert reader.pending == tail
    for item in found:
        assert item.raw == encode(item.type, item.body)
        covered = flow[slice(*item.span)]
        assert covered.replace(b"#####", b"") == item.raw or b"#" in item.raw
        for (at, where), end in zip(
            item.pieces, [*(piece[0] for piece in item.pieces[1:]), len(item.raw)], strict=True
        ):
            assert flow[where : where + end - at] == item.raw[at:end]


def test_a_message_longer_than_the_limit_is_refused_before_it_is_collected():
    reader = HandshakeReader(max_size=10)
    assert reader.feed(b"\x0b\x00\x00", 5) == []
    with pytest.raises(DecodeError, match="got 11, expected at most 10") as caught:
        reader.feed(b"\x0b", 13)
    assert caught.value.offset == 6
