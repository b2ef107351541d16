"""permessage-deflate: negotiation as in RFC 7692 section 7.1, and inflating that never goes beyond its limit."""

from __future__ import annotations

import contextlib
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.decode import DecodeError
from wssure.wire.deflate import (
    DeflateParams,
    Deflater,
    DeflateSettings,
    Inflater,
    MessageTooBig,
    NegotiationError,
    TooManyBlocks,
    accept_answer,
    answer_offers,
    offer,
)
from wssure.wire.extension import parse_extensions

FULL = DeflateSettings(server_max_window_bits=15, client_max_window_bits=15)
P = "permessage-deflate"
# settings, what a client offers
OFFERS = [
    (FULL, f"{P}; client_max_window_bits"),
    (DeflateSettings(), f"{P}; server_max_window_bits=12; client_max_window_bits=12"),
    (
        DeflateSettings(True, True, 15, 15),
        f"{P}; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
    ),
    (DeflateSettings(False, False, 8, 9), f"{P}; server_max_window_bits=8; client_max_window_bits=9"),
]
# offers, the server's settings, its answer (None: declined), and the params
ANSWERS = {
    "plain": (P, FULL, P, (False, False, 15, 15)),
    "hint": (f"{P}; client_max_window_bits", FULL, P, (False, False, 15, 15)),
    "hint with a value": (f"{P}; client_max_window_bits=10", FULL, f"{P}; client_max_window_bits=10", (False, False, 15, 10)),
    "client window 8": (f"{P}; client_max_window_bits=8", FULL, f"{P}; client_max_window_bits=8", (False, False, 15, 8)),
    "we want a smaller client window": (
        f"{P}; client_max_window_bits", DeflateSettings(), f"{P}; server_max_window_bits=12; client_max_window_bits=12", (False, False, 12, 12),
    ),
    "no hint, no client window": (P, DeflateSettings(), f"{P}; server_max_window_bits=12", (False, False, 12, 15)),
    "server window": (f"{P}; server_max_window_bits=9", FULL, f"{P}; server_max_window_bits=9", (False, False, 9, 15)),
    "server window 15": (f"{P}; server_max_window_bits=15", FULL, f"{P}; server_max_window_bits=15", (False, False, 15, 15)),
    "server window 8": (f"{P}; server_max_window_bits=8", FULL, None, None),
    "takeovers asked": (
        f"{P}; server_no_context_takeover; client_no_context_takeover", FULL,
        f"{P}; server_no_context_takeover; client_no_context_takeover", (True, True, 15, 15),
    ),
    "takeovers forced": (
        P, DeflateSettings(True, True, 15, 15), f"{P}; server_no_context_takeover; client_no_context_takeover", (True, True, 15, 15),
    ),
    "second offer": (f"{P}; server_max_window_bits=8, {P}; server_no_context_takeover", FULL, f"{P}; server_no_context_takeover", (True, False, 15, 15)),
    "bad first offer": (f"{P}; x, {P}", FULL, P, (False, False, 15, 15)),
    "other extension": ("x-webkit-deflate-frame", FULL, None, None),
    "unknown parameter": (f"{P}; x=1", FULL, None, None),
    "twice": (f"{P}; server_no_context_takeover; server_no_context_takeover", FULL, None, None),
    "flag with a value": (f"{P}; server_no_context_takeover=1", FULL, None, None),
    "window without a value": (f"{P}; server_max_window_bits", FULL, None, None),
    "window 7": (f"{P}; client_max_window_bits=7", FULL, None, None),
    "window 16": (f"{P}; server_max_window_bits=16", FULL, None, None),
    "window 09": (f"{P}; server_max_window_bits=09", FULL, None, None),
}  # fmt: skip
# what a client offered, the server's answer, the params or None for a refusal
TAKEN = {
    "plain": (FULL, P, (False, False, 15, 15)),
    "quoted": (FULL, f'{P}; client_max_window_bits="10"', (False, False, 15, 10)),
    "server shrinks its window unasked": (FULL, f"{P}; server_max_window_bits=10", (False, False, 10, 15)),
    "server window 8": (FULL, f"{P}; server_max_window_bits=8", (False, False, 8, 15)),
    "server resets unasked": (FULL, f"{P}; server_no_context_takeover", (True, False, 15, 15)),
    "client resets by its own hint": (DeflateSettings(False, True, 15, 15), P, (False, True, 15, 15)),
    "client keeps its own window": (DeflateSettings(False, False, 15, 11), P, (False, False, 15, 11)),
    "client window 8": (FULL, f"{P}; client_max_window_bits=8", None),
    "client window without a value": (FULL, f"{P}; client_max_window_bits", None),
    "server window unsaid, against the demand": (DeflateSettings(), P, (False, False, 15, 12)),
    "server window above the demand": (DeflateSettings(False, False, 10, 15), f"{P}; server_max_window_bits=11", None),
    "server takeover missing": (DeflateSettings(True, False, 15, 15), P, None),
    "unknown parameter": (FULL, f"{P}; x", None),
    "twice": (FULL, f"{P}, {P}", None),
    "another extension": (FULL, "x-example-frames", None),
    "nothing offered": (None, P, None),
}
MODES = [(bits, fresh) for bits in range(9, 16) for fresh in (False, True)]


@pytest.mark.parametrize(("settings", "expected"), OFFERS)
def test_a_client_offers_what_it_is_set_to(settings, expected):
    assert str(offer(settings)) == expected


def test_eight_bits_for_our_own_compressor_are_never_offered():
    with pytest.raises(ValueError, match="zlib"):
        offer(DeflateSettings(client_max_window_bits=8))
    for bits in (7, 16):
        with pytest.raises(ValueError, match="expected 8 to 15"):
            DeflateSettings(server_max_window_bits=bits)


@pytest.mark.parametrize(("offers", "settings", "answer", "params"), ANSWERS.values(), ids=ANSWERS)
def test_a_server_answers_as_the_rfc_says(offers, settings, answer, params):
    agreed = answer_offers(parse_extensions(offers), settings)
    if answer is None:
        assert agreed is None
    else:
        assert agreed is not None
        assert str(agreed[1]) == answer
        assert agreed[0] == DeflateParams(*params)


@pytest.mark.parametrize(("settings", "answer", "params"), TAKEN.values(), ids=TAKEN)
def test_a_client_takes_only_what_it_offered(settings, answer, params):
    if params is None:
        with pytest.raises(NegotiationError):
            accept_answer(parse_extensions(answer), settings)
    else:
        assert accept_answer(parse_extensions(answer), settings) == DeflateParams(*params)


def test_a_server_may_decline():
    assert accept_answer((), FULL) is None
    assert answer_offers((), FULL) is None


bits = st.integers(8, 15)
wishes = st.builds(DeflateSettings, st.booleans(), st.booleans(), bits, bits.map(lambda b: max(b, 9)))


@given(wishes, wishes)
def test_both_sides_agree_on_the_same(client, server):
    agreed = answer_offers((offer(client),), server)
    if agreed is None:
        assert 8 in (client.server_max_window_bits, server.server_max_window_bits)
        return
    assert accept_answer(parse_extensions(str(agreed[1])), client) == agreed[0]


@pytest.mark.parametrize(("bits", "fresh"), MODES)
def test_messages_survive_every_window_and_takeover(bits, fresh):
    deflater, inflater = Deflater(bits, fresh), Inflater(bits, fresh)
    random = bytes((i * i * 31 + i // 7) & 255 for i in range(40000))
    for message in (b"", b"hello", b"", random, b"hello", random[::-1], bytes(100000)):
        squeezed = deflater.compress(message)
        assert not squeezed.endswith(b"\x00\x00\xff\xff")
        assert inflater.inflate(squeezed, True, len(message)) == message


@pytest.mark.parametrize(("bits", "fresh"), [(15, False), (9, True)])
def test_fragments_survive(bits, fresh):
    deflater, inflater = Deflater(bits, fresh), Inflater(bits, fresh)
    for pieces in ([b"", b""], [b"ab", b"", b"cd"], [b"x" * 5000, b""], [b"", b"y"]):
        got = [
            inflater.inflate(deflater.compress(p, i == len(pieces) - 1), i == len(pieces) - 1, 10000)
            for i, p in enumerate(pieces)
        ]
        assert b"".join(got) == b"".join(pieces)


def test_an_empty_message_is_one_octet():
    # RFC 7692 section 7.2.3.6.
    assert Deflater(15, False).compress(b"") in (b"\x00", b"\x02\x00")
    assert Inflater(15, False).inflate(b"\x00", True, 0) == b""


EXAMPLES = {
    "7.2.3.1 one block": ["f248cdc9c90700"],
    "7.2.3.2 context kept": ["f248cdc9c90700", "f200110000"],
    "7.2.3.3 no compression": ["000500faff48656c6c6f00"],
    "7.2.3.4 bfinal": ["f348cdc9c9070000", "f348cdc9c9070000", "f248cdc9c90700", "f200110000"],
    "7.2.3.5 two blocks": ["f248050000" + "00ffff" + "cac9c90700"],
}


@pytest.mark.parametrize("payloads", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("room", [5, None])
def test_the_examples_of_the_rfc_inflate(payloads, room):
    inflater = Inflater(15, False)
    for payload in payloads:
        assert inflater.inflate(bytes.fromhex(payload), True, room) == b"Hello"


@pytest.mark.parametrize("room", [0, 1, 4, 1000, 65535])
def test_not_more_than_the_room_and_one_byte_is_inflated(room):
    squeezed = Deflater(15, False).compress(bytes(room))
    assert len(Inflater(15, False).inflate(squeezed, True, room)) == room
    bomb = Deflater(15, False).compress(bytes(room + 1))
    with pytest.raises(MessageTooBig):
        Inflater(15, False).inflate(bomb, True, room)


def test_a_bomb_with_final_blocks_is_stopped_too():
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(bytes(600)) + compressor.flush(zlib.Z_FINISH)
    with pytest.raises(MessageTooBig):
        Inflater(15, False).inflate(block * 50 + b"\x00", True, 1000)
    assert Inflater(15, False).inflate(block + b"\x00", True, 600) == bytes(600)


def final_block(data, window=b""):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=window)
    return compressor.compress(data) + compressor.flush(zlib.Z_FINISH)


@pytest.mark.parametrize("fresh", [False, True])
def test_final_blocks_are_counted_over_the_fragments_of_a_message(fresh):
    inflater = Inflater(15, fresh, max_final_blocks=3)
    for _ in range(2):
        assert inflater.inflate(final_block(b"a"), False, 10) == b"a"
        assert inflater.inflate(final_block(b"b") * 2 + b"\0", True, 10) == b"bb"
    with pytest.raises(TooManyBlocks):
        inflater.inflate(final_block(b"c") * 4, False, 10)


def test_what_stands_before_a_final_block_can_be_referred_to_behind_it():
    texts = [bytes(range(200)), bytes(range(200)) * 3, b"", bytes(range(100, 200)) * 30]
    payload, window = b"", b""
    for text in texts:
        payload += final_block(text, window)
        window += text
    noise = bytes(itertools.islice(itertools.cycle(range(251)), 5000))
    payload += final_block(noise, window) + b"\0"
    assert Inflater(15, False).inflate(payload, True, None) == window + noise


@given(st.binary(min_size=1, max_size=40), st.booleans())
def test_arbitrary_bytes_inflate_or_raise_what_is_documented(data, fin):
    with contextlib.suppress(DecodeError, MessageTooBig):
        assert len(Inflater(15, False).inflate(data, fin, 100)) <= 100


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from(MODES))
def test_any_messages_round_trip(messages, mode):
    deflater, inflater = Deflater(*mode), Inflater(*mode)
    assert [inflater.inflate(deflater.compress(m), True, None) for m in messages] == messages


def test_nothing_is_kept_without_takeover():
    deflater, inflater = Deflater(15, True), Inflater(15, True)
    first, second = (deflater.compress(b"the same text again") for _ in range(2))
    assert first == second
    assert [inflater.inflate(data, True, None) for data in (first, second, first)] == [b"the same text again"] * 3


def test_a_window_smaller_than_promised_is_used():
    noise = bytes(itertools.islice(itertools.cycle(range(251)), 2000))
    far = bytes(range(256)) + noise + bytes(range(256))
    small, large = Deflater(9, False).compress(far), Deflater(15, False).compress(far)
    assert Inflater(9, False).inflate(small, True, None) == Inflater(15, False).inflate(large, True, None) == far
