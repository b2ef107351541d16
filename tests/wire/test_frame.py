"""Frames: what is encoded is decoded, however it is cut, and what breaks RFC 6455 section 5.2 is refused."""

from __future__ import annotations

import contextlib
import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interpreted import BOTH

from wssure.wire.decode import DecodeError
from wssure.wire.frame import FrameError

pytestmark = pytest.mark.matrix

KEY = bytes.fromhex("37fa213d")
# RFC 6455 section 5.7.
EXAMPLES = {
    "text": ("810548656c6c6f", [(True, 1, b"Hello")]),
    "masked text": ("818537fa213d7f9f4d5158", [(True, 1, b"Hello")]),
    "fragments": ("010348656c80026c6f", [(False, 1, b"Hel"), (True, 0, b"lo")]),
    "ping": ("890548656c6c6f", [(True, 9, b"Hello")]),
    "masked pong": ("8a8537fa213d7f9f4d5158", [(True, 10, b"Hello")]),
    "256 bytes": ("827e0100" + "00" * 256, [(True, 2, bytes(256))]),
    "64 KiB": ("827f0000000000010000" + "00" * 65536, [(True, 2, bytes(65536))]),
}
# bytes, role that reads (True: frames must be masked), whether compressed frames may come, rule, section
BROKEN = {
    "rsv2": ("a100", False, True, "reserved-bits", "RFC 6455 section 5.2"),
    "rsv3": ("9100", False, True, "reserved-bits", "RFC 6455 section 5.2"),
    "rsv1 not agreed": ("c100", False, False, "reserved-bits", "RFC 6455 section 5.2"),
    "rsv1 on a ping": ("c900", False, True, "reserved-bits", "RFC 7692 section 6.1"),
    "opcode 3": ("8300", False, False, "reserved-opcode", "RFC 6455 section 5.2"),
    "opcode 7": ("8700", False, False, "reserved-opcode", "RFC 6455 section 5.2"),
    "opcode 11": ("8b00", False, False, "reserved-opcode", "RFC 6455 section 5.2"),
    "opcode 15": ("8f00", False, False, "reserved-opcode", "RFC 6455 section 5.2"),
    "ping without fin": ("0900", False, False, "control-fragmented", "RFC 6455 section 5.5"),
    "close without fin": ("0800", False, False, "control-fragmented", "RFC 6455 section 5.5"),
    "ping of 126": ("897e007e", False, False, "control-too-long", "RFC 6455 section 5.5"),
    "pong of 2^16": ("8a7f", False, False, "control-too-long", "RFC 6455 section 5.5"),
    "masked to a client": ("818037fa213d", False, False, "masked", "RFC 6455 section 5.1"),
    "bare to a server": ("8100", True, False, "not-masked", "RFC 6455 section 5.1"),
    "125 in two bytes": ("827e007d", False, False, "length-not-minimal", "RFC 6455 section 5.2"),
    "65535 in eight bytes": ("827f000000000000ffff", False, False, "length-not-minimal", "RFC 6455 section 5.2"),
    "2^63": ("827f8000000000000000", False, False, "length-too-large", "RFC 6455 section 5.2"),
}


@BOTH
@pytest.mark.parametrize(("data", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_the_rfc_decode_whole_and_byte_by_byte(form, data, expected):
    raw = bytes.fromhex(data)
    whole = form.frame.FrameReader(None).frames(raw)
    assert [(frame.fin, frame.opcode, frame.payload) for frame in whole] == expected
    reader = form.frame.FrameReader(None)
    step = 1 if len(raw) < 1000 else 999
    single = [frame for at in range(0, len(raw), step) for frame in reader.frames(raw[at : at + step])]
    assert single == whole
    assert reader.between_frames


@BOTH
@pytest.mark.parametrize(("data", "must_mask", "rsv1", "rule", "section"), BROKEN.values(), ids=BROKEN)
def test_a_broken_frame_is_refused_at_its_first_byte(form, data, must_mask, rsv1, rule, section):
    good = form.frame.encode_frame(2, b"ok", mask=KEY if must_mask else None)
    reader = form.frame.FrameReader(must_mask, rsv1)
    with pytest.raises(form.frame.FrameError) as caught:
        reader.frames(good + bytes.fromhex(data))
    assert (caught.value.rule, caught.value.section, caught.value.code) == (rule, section, 1002)
    assert caught.value.offset == len(good)
    assert isinstance(caught.value, DecodeError)


def test_an_error_survives_pickle():
    again = pickle.loads(pickle.dumps(FrameError("rule", "what", 7, "section", 1009)))
    assert (again.rule, again.offset, again.code) == ("rule", 7, 1009)


frames = st.tuples(
    st.booleans(),
    st.sampled_from([0, 1, 2]),
    st.one_of(st.binary(max_size=140), st.sampled_from([bytes(65535), bytes(65536)])),
)


@BOTH
@given(st.lists(frames, max_size=6), st.booleans(), st.lists(st.integers(0, 70000), max_size=8))
def test_frames_survive_any_cut(form, sent, masks, cuts):
    raw = b"".join(
        form.frame.encode_frame(opcode, payload, fin=fin, mask=KEY if masks else None) for fin, opcode, payload in sent
    )
    reader = form.frame.FrameReader(masks)
    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    found = [f for a, b in itertools.pairwise(edges) for f in _each(reader, memoryview(raw)[a:b])]
    assert found == sent
    assert reader.between_frames


def _each(reader, data):
    """Take frames one by one: fragments gather in `body`, so each is taken out at once."""
    return [(frame.fin, int(frame.opcode), frame.payload) for frame in reader.frames(data)]


@BOTH
@given(st.binary(max_size=60), st.sampled_from([True, False, None]), st.booleans())
def test_arbitrary_bytes_raise_only_frame_errors(form, data, must_mask, rsv1):
    with contextlib.suppress(FrameError):
        form.frame.FrameReader(must_mask, rsv1).frames(data)


@BOTH
@pytest.mark.parametrize(
    ("size", "header"),
    [(0, "8200"), (125, "827d"), (126, "827e007e"), (65535, "827effff"), (65536, "827f0000000000010000")],
)
def test_a_length_is_written_in_its_shortest_form(form, size, header):
    raw = form.frame.encode_frame(2, bytes(size))
    assert raw[: len(raw) - size] == bytes.fromhex(header)
    assert len(raw) == len(bytes.fromhex(header)) + size


@BOTH
def test_encode_takes_text_and_any_bytes(form):
    encode = form.frame.encode_frame
    assert encode(1, "h\u00e9", fin=False, rsv1=True) == b"\x41\x03h\xc3\xa9"
    assert encode(2, bytearray(b"ab")) == encode(2, memoryview(b"ab")) == b"\x82\x02ab"
    with pytest.raises(ValueError, match="expected 4"):
        encode(2, b"", mask=b"123")
    with pytest.raises(UnicodeEncodeError):
        encode(1, "\ud800")


@BOTH
def test_a_writer_puts_frames_behind_each_other_and_starts_empty_again(form):
    writer = form.frame.FrameWriter()
    assert (len(writer), writer.take()) == (0, b"")
    expected = b""
    for size in (0, 1, 200, 70000, 3):
        writer.write(0x82, bytes(size))
        writer.write_masked(0x81, "x" * size, b"____" + KEY, 4)
        expected += form.frame.encode_frame(2, bytes(size)) + form.frame.encode_frame(1, b"x" * size, mask=KEY)
    assert len(writer) == len(expected)
    assert writer.take() == expected
    assert writer.take() == b""


@BOTH
def test_a_huge_announced_length_allocates_nothing(form):
    reader = form.frame.FrameReader(False)
    assert reader.frames(bytes.fromhex("827f7fffffffffffffff") + b"abc") == []
    assert reader.body.size == 3
    reader.abandon()
    assert reader.between_frames
    assert reader.body.size == 0


@BOTH
def test_a_reader_needs_bytes(form):
    with pytest.raises(TypeError):
        form.frame.FrameReader(None).frames("text")


@BOTH
def test_a_reader_out_of_turn_reads_no_memory_that_it_released(form):
    frame = form.frame.encode_frame(1, b"x" * 100_000)
    reader = form.frame.FrameReader(None)
    assert (reader.payload(), reader.text()) == (b"", "")
    reader.feed(frame)
    assert reader.next()
    assert reader.text() == "x" * 100_000
    assert not reader.next()
    assert (reader.payload(), reader.text()) == (b"", "")
    reader.feed(frame)
    assert reader.next()
    reader.feed(b"\x81")
    assert (reader.payload(), reader.text()) == (b"", "")
    reader.abandon()
    assert (reader.payload(), reader.text()) == (b"", "")
