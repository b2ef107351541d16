"""The payload of a Close frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.protocol.close import decode_close, encode_close, may_be_sent
from wssure.protocol.event import Close
from wssure.wire.frame import FrameError

NEVER = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
ALWAYS = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]


@pytest.mark.parametrize("code", NEVER)
def test_codes_that_no_endpoint_sends_are_refused_both_ways(code):
    assert not may_be_sent(code)
    with pytest.raises(FrameError) as caught:
        decode_close(code.to_bytes(2, "big"), 5)
    assert (caught.value.rule, caught.value.code, caught.value.offset) == ("close-code", 1002, 5)
    if code != 1005:
        with pytest.raises(ValueError, match="expected 1000"):
            encode_close(code, "")


@given(st.sampled_from(ALWAYS), st.text(max_size=30))
def test_a_close_round_trips(code, reason):
    assert decode_close(encode_close(code, reason), 0) == Close(code, reason)


def test_a_close_without_a_code_is_1005():
    assert decode_close(b"", 0) == Close(1005, "")
    assert encode_close(1005, "") == b""
    with pytest.raises(ValueError, match="without a code"):
        encode_close(1005, "why")


def test_a_payload_of_one_byte_is_refused():
    with pytest.raises(FrameError) as caught:
        decode_close(b"\x03", 0)
    assert caught.value.rule == "close-payload"


def test_a_reason_must_be_utf8():
    with pytest.raises(FrameError) as caught:
        decode_close(b"\x03\xe8\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80", 0)
    assert (caught.value.rule, caught.value.code) == ("close-reason", 1007)


def test_a_reason_has_at_most_123_bytes():
    assert len(encode_close(1000, "é" * 61 + "x")) == 125
    with pytest.raises(ValueError, match="124 bytes"):
        encode_close(1000, "é" * 62)
