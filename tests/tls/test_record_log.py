"""The sniffer reads one direction in any pieces, until encryption, and never fails."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tls.test_guard import CCS, GOOD, hello, message, record, server_hello

from wssure.tls.record_log import Ciphered, RecordLog, ServerAnswer
from wssure.wire.alert import Alert
from wssure.wire.handshake import HandshakeMessage

ALERT = record(21, b"\2\x30")
APP = record(23, b"x" * 30)
# Another extension in the place of supported_versions: the legacy version, TLS 1.2, is the one chosen.
TLS12_HELLO = server_hello().replace(bytes.fromhex("0006002b00020304"), bytes.fromhex("00060017000200ff"))


def answered(tls13: bool | None) -> ServerAnswer:
    """Return what a server answered that chose TLS 1.3, TLS 1.2, or nothing yet."""
    answer = ServerAnswer()
    if tls13 is not None:
        (answer.message,) = RecordLog().feed(server_hello() if tls13 else TLS12_HELLO)
    return answer


def shape(seen) -> list[object]:
    return [
        item.type if isinstance(item, HandshakeMessage) else (item.number,) if isinstance(item, Alert) else -item.type
        for item in seen
    ]


# Handshake messages by type, alerts as (number,), the start of encryption as the negative record type.
STREAMS = [
    ("hello", GOOD, None, [1]),
    ("two-in-one-record", record(22, hello("a") + message(2, b"xx")), None, [1, 2]),
    ("alert", ALERT, None, [(48,)]),
    ("tls13", GOOD + CCS + APP + APP, True, [1, -23]),
    ("tls13-second-hello-after-ccs", GOOD + CCS + GOOD, True, [1, 1]),
    ("tls12-encrypted-after-ccs", GOOD + CCS + record(22, b"\xff" * 40), False, [1, -22]),
    ("tls12-encrypted-alert", GOOD + CCS + record(22, b"\xff" * 40) + record(21, b"\xff" * 26), False, [1, -22, -21]),
    ("tls12-in-one-flight", TLS12_HELLO + CCS + record(22, b"\x15\x03" * 20), None, [2, -22]),
    ("tls13-in-one-flight", server_hello() + CCS + APP, None, [2, -23]),
    ("plaintext-alert-after-encryption", APP + ALERT, True, [-23, (48,)]),
    ("nothing-readable-after-encryption", APP + GOOD, True, [-23]),
]


@pytest.mark.parametrize(("data", "tls13", "expected"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_a_stream_reads_the_same_in_any_pieces(data: bytes, tls13: bool | None, expected: list[object]) -> None:
    for size, lazy in itertools.product((len(data), 1, 7), (True, False)):
        record_log = RecordLog(answered(tls13))
        record_log.lazy = lazy
        seen = []
        for at in range(0, len(data), size):
            seen += record_log.feed(memoryview(data)[at : at + size])
        seen += record_log.catch_up()
        assert shape(seen) == expected
        assert record_log.count == len(data)
        assert not record_log.garbage
        assert not record_log.partial


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x05\x01\x00\x10"]
)
@pytest.mark.parametrize("size", [100, 1])
def test_what_is_no_tls_is_kept(data: bytes, size: int) -> None:
    record_log = RecordLog()
    for at in range(0, len(data), size):
        assert record_log.feed(data[at : at + size]) == []
    assert record_log.garbage
    assert data.startswith(record_log.garbage)
    assert not record_log.readable


def test_damage_after_a_good_record_is_no_other_protocol() -> None:
    record_log = RecordLog()
    assert shape(record_log.feed(GOOD + b"HTTP/1.1")) == [1]
    assert record_log.catch_up() == []
    assert not record_log.garbage
    assert not record_log.readable
    assert record_log.feed(GOOD) == []


def test_an_unfinished_message_is_partial() -> None:
    record_log = RecordLog()
    record_log.lazy = False
    record_log.feed(GOOD[:20])
    assert record_log.partial
    record_log.feed(GOOD[20:])
    assert not record_log.partial
    record_log.feed(record(22, hello("a")[:9]))
    assert record_log.partial


def test_after_the_first_message_only_an_alert_is_read_at_once() -> None:
    record_log = RecordLog()
    assert shape(record_log.feed(GOOD + record(22, message(11, b"x" * 9)))) == [1]
    assert record_log.feed(CCS) == []
    assert shape(record_log.feed(ALERT)) == [11, (48,)]
    assert record_log.feed(GOOD) == []
    assert shape(record_log.catch_up()) == [1]
    assert record_log.catch_up() == []


@given(st.lists(st.binary(max_size=60)), st.sampled_from([None, True, False]))
def test_no_bytes_make_it_fail(pieces: list[bytes], tls13: bool | None) -> None:
    record_log = RecordLog(answered(tls13))
    for piece in (*pieces, *(record(22, piece) for piece in pieces if piece)):
        for item in record_log.feed(piece):
            assert isinstance(item, (HandshakeMessage, Alert, Ciphered))
