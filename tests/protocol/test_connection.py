"""What a connection makes of frames, both roles, compressed or not, compiled or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interpreted import BOTH

from wssure.protocol.event import Close, CloseReceived, Fragment, Ping, Pong, Violation
from wssure.protocol.state import Phase, Role, State, WrongState
from wssure.wire.deflate import DeflateParams, Deflater
from wssure.wire.frame import FrameReader, encode_frame

pytestmark = pytest.mark.matrix

KEYS = bytes(range(1, 9))
DEFLATE = {
    "plain": None,
    "takeover": DeflateParams(),
    "no takeover": DeflateParams(True, True),
    "small windows": DeflateParams(False, False, 9, 9),
}
PARAMS = pytest.mark.parametrize("deflate", DEFLATE.values(), ids=DEFLATE)
MESSAGES = ["", b"", "h\u00e9llo \U0001f600", b"\x00\xff" * 20, "a" * 125, b"b" * 126, "\u20ac" * 30000, bytes(70000)]


def client(form, **options):
    return form.connection.Connection(Role.CLIENT, mask_key=lambda: KEYS, **options)


def server(form, **options):
    return form.connection.Connection(Role.SERVER, **options)


def masked(opcode, payload=b"", **options):
    return encode_frame(opcode, payload, mask=KEYS[:4], **options)


def violation(connection):
    found = [event for event in connection.events() if isinstance(event, Violation)]
    assert len(found) == 1
    return found[0]


def frames(data, must_mask=None):
    return FrameReader(must_mask, True).frames(data)


@BOTH
@PARAMS
@pytest.mark.parametrize("step", [1 << 20, 997, 1], ids=["whole", "cut", "byte by byte"])
def test_messages_arrive_as_they_were_sent(form, deflate, step):
    one, other = client(form, deflate=deflate), server(form, deflate=deflate)
    sent = MESSAGES if step > 1 else MESSAGES[:6]
    for sender, receiver in ((one, other), (other, one)):
        for message in sent:
            sender.send_message(message)
        data = sender.data_to_send()
        for at in range(0, len(data), step):
            receiver.receive(memoryview(data)[at : at + step])
        assert receiver.events() == sent
        assert receiver.data_to_send() == b""


@BOTH
@PARAMS
def test_fragments_arrive_as_one_message_with_controls_in_between(form, deflate):
    one, other = client(form, deflate=deflate), server(form, deflate=deflate)
    for pieces in (["h\u00e9", "", "x" * 70000, "\u20ac"], [b"", b"a" * 200, b"b"]):
        for piece in pieces:
            one.send_fragment(piece, fin=piece is pieces[-1])
            one.send_ping(b"now")
        other.receive(one.data_to_send())
        events = other.events()
        assert [event for event in events if event != Ping(b"now")] == [pieces[0][:0].join(pieces)]
        one.receive(other.data_to_send())
        assert one.events() == [Pong(b"now")] * len(pieces)


@BOTH
@PARAMS
def test_fragments_are_delivered_one_by_one_where_asked_for(form, deflate):
    one, other = client(form, deflate=deflate), server(form, deflate=deflate, deliver_fragments=True)
    for piece, fin in (("a", False), ("b", False), ("", True)):
        one.send_fragment(piece, fin=fin)
    one.send_message("whole")
    one.send_fragment(b"x", fin=False)
    one.send_fragment(b"y", fin=True)
    data = one.data_to_send()
    for at in range(len(data)):
        other.receive(data[at : at + 1])
    assert other.events() == [
        Fragment("a", True, False, True),
        Fragment("b", False, False, True),
        Fragment("", False, True, True),
        "whole",
        Fragment(b"x", True, False, False),
        Fragment(b"y", False, True, False),
    ]


@BOTH
def test_a_character_cut_in_two_stays_whole_in_fragments(form):
    other = server(form, deliver_fragments=True)
    other.receive(masked(1, b"a\xe2\x82", fin=False) + masked(0, b"\xac", fin=True))
    assert other.events() == [Fragment("a", True, False, True), Fragment("\u20ac", False, True, True)]


@BOTH
def test_fragments_asked_for_in_the_middle_of_a_message_begin_with_the_next(form):
    other = server(form)
    other.receive(masked(1, b"a", fin=False))
    other.deliver_fragments = True
    other.receive(masked(0, b"b", fin=False) + masked(0, b"c") + masked(2, b"d", fin=False))
    other.deliver_fragments = False
    other.receive(masked(0, b"e") + masked(2, b"f", fin=False) + masked(0, b"g"))
    assert other.events() == ["abc", Fragment(b"d", True, False, False), Fragment(b"e", False, True, False), b"fg"]


# frames to a server, rule, section, code, bytes of the frame's offset
VIOLATIONS = {
    "not masked": (encode_frame(1, b"x"), "not-masked", "RFC 6455 section 5.1", 1002),
    "rsv1 not agreed": (masked(1, b"x", rsv1=True), "reserved-bits", "RFC 6455 section 5.2", 1002),
    "reserved opcode": (masked(5), "reserved-opcode", "RFC 6455 section 5.2", 1002),
    "ping too long": (masked(9, bytes(126)), "control-too-long", "RFC 6455 section 5.5", 1002),
    "continuation first": (masked(0, b"x"), "continuation-without-start", "RFC 6455 section 5.4", 1002),
    "text in text": (
        masked(1, b"a", fin=False) + masked(1, b"b"),
        "message-not-finished",
        "RFC 6455 section 5.4",
        1002,
    ),
    "not utf-8": (masked(1, b"\xff"), "text-not-utf8", "RFC 6455 section 8.1", 1007),
    "utf-8 cut short": (
        masked(1, b"a", fin=False) + masked(0, b"\xe2\x82"),
        "text-not-utf8",
        "RFC 6455 section 8.1",
        1007,
    ),
    "not utf-8 in a fragment": (masked(1, b"\xff", fin=False), "text-not-utf8", "RFC 6455 section 8.1", 1007),
    "close of 1 byte": (masked(8, b"x"), "close-payload", "RFC 6455 section 5.5.1", 1002),
    "close 1005": (masked(8, b"\x03\xed"), "close-code", "RFC 6455 section 7.4", 1002),
    "close reason": (masked(8, b"\x03\xe8\xff"), "close-reason", "RFC 6455 section 8.1", 1007),
    "too big": (masked(2, bytes(1001)), "message-too-big", "RFC 6455 section 7.4.1", 1009),
    "too big in sum": (
        masked(2, bytes(600), fin=False) + masked(0, bytes(401)),
        "message-too-big",
        "RFC 6455 section 7.4.1",
        1009,
    ),
    "too many": (masked(2, fin=False) + masked(0, fin=False) * 4, "too-many-fragments", "RFC 6455 section 10.4", 1009),
}


@BOTH
@pytest.mark.parametrize(("data", "rule", "section", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
@pytest.mark.parametrize("step", [1 << 20, 1], ids=["whole", "byte by byte"])
def test_a_violation_is_an_event_and_a_close(form, data, rule, section, code, step):
    other = server(form, max_size=1000, max_fragments=4)
    other.receive(masked(1, b"before"))
    for at in range(0, len(data), step):
        other.receive(data[at : at + step])
    other.receive(masked(1, b"after"))
    events = other.events()
    assert events[0] == "before"
    assert [(event.rule, event.section, event.code) for event in events[1:]] == [(rule, section, code)]
    [close] = frames(other.data_to_send())
    assert close.payload[:2] == code.to_bytes(2, "big")
    assert other.close_sent == Close(code, close.payload[2:].decode())
    assert (other.state, other.phase, other.finished) == (State.CLOSING, Phase.FAILED, True)
    assert other.rcvd_then_sent is None
    other.receive_eof()
    assert other.state is State.CLOSED


@BOTH
@pytest.mark.parametrize("deflate", [None, DeflateParams()], ids=["plain", "compressed"])
@pytest.mark.parametrize("line", ["HTTP/1.1 502 Bad Gateway", "HTTP/1.0 400 Bad Request", "GET /ws HTTP/1.1"])
def test_an_http_message_in_place_of_a_frame_is_called_so(form, deflate, line):
    """A proxy writes its error into an upgraded connection; which rule of frames that breaks is chance."""
    other = client(form, deflate=deflate)
    before = encode_frame(1, b"ok")
    other.receive(before + line.encode() + b"\r\nContent-Length: 0\r\n\r\n")
    found = violation(other)
    assert (found.rule, found.code, found.offset) == ("http-message", 1002, len(before))
    assert line in found.text


@BOTH
def test_a_violation_points_at_its_frame(form):
    other = server(form)
    before = masked(1, b"ok")
    other.receive(before)
    other.receive(before + masked(5))
    assert violation(other).offset == 2 * len(before)


@BOTH
def test_broken_text_is_refused_before_its_frame_is_complete(form):
    other = server(form)
    data = masked(1, b"\xce\xba\xf4\x90" + b"x" * 500)
    for at in range(10):  # header 8 bytes; the fourth byte of text is the one that breaks it
        other.receive(data[at : at + 1])
    assert other.events() == []
    other.receive(data[10:12])
    assert violation(other).rule == "text-not-utf8"


@BOTH
def test_a_big_message_is_refused_by_its_header(form):
    other = server(form, max_size=1 << 20)
    other.receive(masked(2, bytes((1 << 20) + 1))[:14])
    assert violation(other).rule == "message-too-big"


@BOTH
def test_a_message_of_exactly_max_size_passes(form):
    for deflate in DEFLATE.values():
        one, other = client(form, deflate=deflate), server(form, deflate=deflate, max_size=5000)
        message = bytes(range(250)) * 20
        one.send_message(message)
        one.send_fragment(message[:2000], fin=False)
        one.send_fragment(message[2000:], fin=True)
        other.receive(one.data_to_send())
        assert other.events() == [message, message]


@BOTH
@PARAMS
def test_no_limit_is_no_limit(form, deflate):
    one, other = client(form, deflate=deflate), server(form, deflate=deflate, max_size=None, max_fragments=None)
    one.send_message(bytes(2 << 20))
    other.receive(one.data_to_send())
    assert other.events() == [bytes(2 << 20)]


@BOTH
def test_max_size_counts_inflated_bytes(form):
    params = DEFLATE["takeover"]
    one, other = client(form, deflate=params), server(form, deflate=params, max_size=1000)
    one.send_message(bytes(1001))
    data = one.data_to_send()
    assert len(data) < 100
    other.receive(data)
    assert violation(other).rule == "message-too-big"


@BOTH
def test_a_bomb_in_fragments_is_stopped_at_the_sum(form):
    params = DEFLATE["takeover"]
    one, other = client(form, deflate=params), server(form, deflate=params, max_size=1000)
    one.send_fragment(bytes(600), fin=False)
    one.send_fragment(bytes(600), fin=False)
    other.receive(one.data_to_send())
    assert violation(other).rule == "message-too-big"


@BOTH
def test_compressed_text_must_be_utf8(form):
    compressor = Deflater(15, False)
    for pieces in ([b"\xff"], [b"a", b"\xff"], [b"a", b"\xe2\x82"]):
        other = server(form, deflate=DEFLATE["takeover"])
        for i, piece in enumerate(pieces):
            fin = i == len(pieces) - 1
            other.receive(masked(0 if i else 1, compressor.compress(piece, fin), fin=fin, rsv1=i == 0))
        assert violation(other).rule == "text-not-utf8"


@BOTH
def test_what_is_no_deflate_data_is_refused(form):
    other = server(form, deflate=DEFLATE["takeover"])
    other.receive(masked(1, b"\xff\xff\xff", rsv1=True))
    found = violation(other)
    assert (found.rule, found.code, found.section) == ("not-deflate", 1007, "RFC 7692 section 7.2.2")


@BOTH
def test_a_compressed_message_is_bounded_on_the_wire_too(form):
    other = server(form, max_size=1000, deflate=DeflateParams())
    # Blocks with nothing in them: what is inflated never grows.
    nothing = b"\0\0\0\xff\xff" * 50
    other.receive(masked(2, nothing, fin=False, rsv1=True) + masked(0, nothing, fin=False) * 9)
    found = violation(other)
    assert (found.rule, found.code, found.text) == (
        "message-too-big", 1009, "message got more than 1588 compressed bytes",
    )  # fmt: skip


@BOTH
def test_each_octet_may_be_a_compressed_fragment_of_its_own(form):
    data = bytes(n * 89 & 255 for n in range(500))
    compressor = Deflater(15, False)
    other = server(form, max_size=500, deflate=DeflateParams())
    for at in range(500):
        fin = at == 499
        other.receive(masked(0 if at else 2, compressor.compress(data[at : at + 1], fin), fin=fin, rsv1=at == 0))
    assert other.events() == [data]


@BOTH
def test_final_blocks_are_bounded_like_fragments(form):
    other = server(form, max_fragments=4, deflate=DeflateParams())
    final = b"\3\0"
    other.receive(masked(2, final * 4 + b"\0", rsv1=True))
    assert other.events() == [b""]
    other.receive(masked(2, final, fin=False, rsv1=True) + masked(0, final * 4 + b"\0"))
    found = violation(other)
    assert (found.rule, found.code, found.text) == (
        "too-many-fragments", 1009, "message got more than 4 final blocks",
    )  # fmt: skip


@BOTH
def test_only_the_first_fragment_carries_the_compressed_bit(form):
    other = server(form, deflate=DEFLATE["takeover"])
    other.receive(masked(1, b"\x00", rsv1=True, fin=False) + masked(0, b"", rsv1=True))
    assert (found := violation(other)).rule == "reserved-bits"
    assert found.section == "RFC 7692 section 6.1"


@BOTH
def test_a_message_may_come_uncompressed_where_compression_was_agreed(form):
    other = server(form, deflate=DEFLATE["takeover"])
    other.receive(masked(1, b"plain"))
    assert other.events() == ["plain"]


@BOTH
def test_while_answers_wait_only_the_last_of_many_pings_is_answered(form):
    connection = server(form)
    connection.hold_pongs = True
    connection.receive(masked(9, b"first") + masked(9, b"second") + masked(9, b"third"))
    assert [event.data for event in connection.events()] == [b"first", b"second", b"third"]
    assert connection.data_to_send() == b""
    connection.release_pong()
    connection.receive(masked(9, b"fourth"))
    assert [frame.payload for frame in frames(connection.data_to_send())] == [b"third", b"fourth"]


@BOTH
def test_a_held_answer_is_not_sent_behind_our_close(form):
    connection = server(form)
    connection.hold_pongs = True
    connection.receive(masked(9, b"late"))
    connection.send_close()
    connection.release_pong()
    assert [frame.opcode for frame in frames(connection.data_to_send())] == [8]


@BOTH
def test_a_ping_is_answered_with_its_payload_also_after_our_close(form):
    other = server(form)
    other.receive(masked(9, b"one"))
    other.send_close(1001, "bye")
    other.receive(masked(9, b"two") + masked(1, b"still heard"))
    assert other.events() == [Ping(b"one"), Ping(b"two"), "still heard"]
    assert [(int(f.opcode), f.payload) for f in frames(other.data_to_send())] == [
        (10, b"one"),
        (8, b"\x03\xe9bye"),
        (10, b"two"),
    ]


@BOTH
def test_a_pong_nobody_asked_for_is_sent_and_told(form):
    one, other = client(form), server(form)
    one.send_pong(b"alive")
    other.receive(one.data_to_send())
    assert other.events() == [Pong(b"alive")]
    assert other.data_to_send() == b""


@BOTH
def test_the_peer_closes_first(form):
    one, other = client(form), server(form)
    one.send_close(4000, "done")
    assert one.state is State.CLOSING
    other.receive(one.data_to_send() + b"\xff garbage behind the close")
    assert other.events() == [CloseReceived(4000, "done")]
    assert other.close_rcvd == other.close_sent == Close(4000, "done")
    assert other.rcvd_then_sent is True
    one.receive(other.data_to_send())
    assert one.events() == [CloseReceived(4000, "done")]
    assert one.rcvd_then_sent is False
    assert (one.phase, other.phase) == (Phase.CLOSED_BOTH, Phase.CLOSED_BOTH)
    assert one.finished
    assert other.finished


@BOTH
def test_a_close_without_a_code_is_answered_without_one(form):
    one, other = client(form), server(form)
    one.send_close(1005)
    other.receive(one.data_to_send())
    assert other.events() == [CloseReceived(1005, "")]
    assert other.data_to_send() == b"\x88\x00"


@BOTH
def test_closes_that_cross_are_answered_once(form):
    one, other = client(form), server(form)
    one.send_close(1000)
    other.send_close(1001)
    one.receive(other.data_to_send())
    other.receive(one.data_to_send())
    assert (one.data_to_send(), other.data_to_send()) == (b"", b"")
    assert (one.rcvd_then_sent, other.rcvd_then_sent) == (False, False)


@BOTH
def test_nothing_is_sent_after_a_close(form):
    one = client(form)
    one.send_close()
    one.send_close(1001)
    data = one.data_to_send()
    assert len(frames(data)) == 1
    for send in (one.send_message, lambda data: one.send_fragment(data, fin=True)):
        with pytest.raises(WrongState, match="close sent"):
            send("late")
    one.receive_eof()
    one.receive(b"ignored")
    one.send_close()
    with pytest.raises(WrongState, match="gone"):
        one.send_ping()
    assert one.data_to_send() == b""
    assert one.state is State.CLOSED


@BOTH
def test_a_violation_after_our_close_sends_no_second_one(form):
    other = server(form)
    other.send_close(1000)
    other.data_to_send()
    other.receive(masked(5))
    assert violation(other).rule == "reserved-opcode"
    assert other.data_to_send() == b""
    assert other.close_sent == Close(1000, "")


@BOTH
def test_the_end_of_the_transport_closes_at_any_time(form):
    other = server(form)
    other.receive(masked(1, b"unfinished", fin=False)[:9])
    other.receive_eof()
    assert (other.state, other.close_rcvd, other.events()) == (State.CLOSED, None, [])


@BOTH
def test_misuse_is_refused_and_changes_nothing(form):
    one = client(form)
    for wrong in (5, None, ["x"]):
        with pytest.raises(TypeError):
            one.send_message(wrong)
        with pytest.raises(TypeError):
            one.send_fragment(wrong, fin=True)
    with pytest.raises(UnicodeEncodeError):
        one.send_message("\ud800")
    with pytest.raises(ValueError, match="126 bytes"):
        one.send_ping(bytes(126))
    with pytest.raises(ValueError, match="expected 1000"):
        one.send_close(1006)
    one.send_fragment("a", fin=False)
    with pytest.raises(RuntimeError, match="not finished"):
        one.send_message("b")
    with pytest.raises(TypeError, match="other kind"):
        one.send_fragment(b"b", fin=True)
    one.send_fragment("b", fin=True)
    other = server(form)
    other.receive(one.data_to_send())
    assert other.events() == ["ab"]
    assert one.state is State.OPEN


@BOTH
def test_a_client_needs_keys_and_a_server_has_none(form):
    connection = form.connection.Connection
    with pytest.raises(ValueError, match="client"):
        connection(Role.CLIENT)
    with pytest.raises(ValueError, match="client"):
        connection(Role.SERVER, mask_key=lambda: KEYS)
    for keys in (b"", b"12345"):
        with pytest.raises(ValueError, match="multiple of 4"):
            connection(Role.CLIENT, mask_key=lambda keys=keys: keys).send_message("x")


@BOTH
def test_each_frame_uses_a_key_of_its_own(form):
    fetched = []
    one = form.connection.Connection(Role.CLIENT, mask_key=lambda: fetched.append(1) or KEYS)
    for _ in range(4):
        one.send_message(b"\0\0\0\0")
    data = one.data_to_send()
    assert [data[at : at + 4] for at in range(2, 40, 10)] == [KEYS[:4], KEYS[4:], KEYS[:4], KEYS[4:]]
    assert len(fetched) == 2


@BOTH
def test_queued_bytes_is_what_data_to_send_returns(form):
    other = server(form)
    other.send_message("x" * 300)
    other.send_ping(b"y")
    assert other.queued_bytes == len(other.data_to_send()) == 304 + 3
    assert other.queued_bytes == 0


@BOTH
@given(st.binary(max_size=80), st.sampled_from(sorted(DEFLATE)))
def test_arbitrary_bytes_never_raise(form, data, deflate):
    one = client(form, deflate=DEFLATE[deflate], max_size=200)
    one.receive(data)
    one.receive_eof()
    violations = [event for event in one.events() if isinstance(event, Violation)]
    assert len(violations) <= 1
    assert not violations or violations[0].rule
