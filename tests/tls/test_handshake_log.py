"""Each alert becomes one fact, whoever saw it, and says whether it went under keys."""

from __future__ import annotations

from typing import Any

import pytest
from tests.tls.test_guard import CCS, message, record, server_hello
from tests.tls.test_record_log import TLS12_HELLO

from wssure.evidence import Recorder
from wssure.facts import AlertSeen, CertificateSeen, Direction, LibraryWords
from wssure.tls import facts
from wssure.tls.contract import PeerChain
from wssure.tls.handshake_log import HandshakeLog

APP = record(23, b"x" * 40)
PLAIN = record(21, b"\2\x30")
TLS12_ALERT = CCS + record(22, b"\xff" * 40) + record(21, b"\xff" * 26)


class Eyes:
    """An observer and what it noted."""

    def __init__(self) -> None:
        self.recorder = Recorder(lambda: 0)
        self.handshake_log = HandshakeLog(self.recorder.note)

    def alerts(self) -> list[tuple[str, int | None, bool | None]]:
        return [(alert.direction, alert.number, alert.encrypted) for alert in self.recorder.saw(AlertSeen)]

    def engine_alert(self, direction: Direction, number: int, **more: Any) -> None:
        self.handshake_log.engine_note(facts.alert(direction, number, encrypted=None, **more))


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


def test_an_alert_in_the_clear_is_noted_once(eyes: Eyes) -> None:
    eyes.handshake_log.add_received(server_hello() + PLAIN)
    eyes.engine_alert("received", 48)
    eyes.handshake_log.release_alerts(failed=True)
    assert eyes.alerts() == [("received", 48, False)]


def test_an_alert_we_send_is_noted_once_though_the_engine_tells_it_first(eyes: Eyes) -> None:
    eyes.engine_alert("sent", 48)
    assert not eyes.alerts()
    eyes.handshake_log.add_sent(memoryview(PLAIN))
    eyes.handshake_log.release_alerts(failed=True)
    assert eyes.alerts() == [("sent", 48, False)]


def test_an_alert_only_the_engine_could_read_went_under_keys(eyes: Eyes) -> None:
    eyes.handshake_log.add_received(server_hello() + APP)
    eyes.engine_alert("received", 42)
    eyes.handshake_log.release_alerts(failed=True)
    assert eyes.alerts() == [("received", 42, True)]


def test_an_alert_after_the_end_went_under_keys(eyes: Eyes) -> None:
    eyes.engine_alert("received", 116, after_done=True)
    assert eyes.alerts() == [("received", 116, True)]


def test_an_alert_nobody_could_read_is_noted_without_its_number_when_all_is_over(eyes: Eyes) -> None:
    eyes.handshake_log.add_received(TLS12_HELLO + TLS12_ALERT)
    eyes.handshake_log.release_alerts()
    assert not eyes.alerts()
    eyes.handshake_log.release_alerts(failed=True)
    assert eyes.alerts() == [("received", None, True)]


def test_an_encrypted_alert_the_engine_read_is_not_noted_again(eyes: Eyes) -> None:
    eyes.handshake_log.add_received(TLS12_HELLO + TLS12_ALERT)
    eyes.engine_alert("received", 40)
    eyes.handshake_log.release_alerts(failed=True)
    assert eyes.alerts() == [("received", 40, True)]


def test_other_notes_of_an_engine_pass_unchanged(eyes: Eyes) -> None:
    note = LibraryWords("x", 7, "words")
    eyes.handshake_log.engine_note(note)
    assert eyes.recorder.facts() == (note,)


def test_the_chain_is_noted_once_and_lazily(eyes: Eyes) -> None:
    eyes.handshake_log.engine_note(PeerChain((b"a", b"b")))
    eyes.handshake_log.engine_note(PeerChain((b"c",)))
    eyes.handshake_log.set_chain((b"d",))
    assert [fact.depth for fact in eyes.recorder.saw(CertificateSeen)] == [0, 1]
    assert eyes.handshake_log.stage == "certificate"


@pytest.mark.parametrize("damage", [b"", b"\0\0\5\0\0\3ab", b"\0\0\5\0\0\2abx"], ids=["empty", "cut", "trailing"])
def test_a_certificate_message_that_cannot_be_read_shows_no_chain(eyes: Eyes, damage: bytes) -> None:
    eyes.handshake_log.add_received(server_hello() + record(22, message(11, damage)))
    assert eyes.handshake_log.sent_certificate() is None
    assert eyes.handshake_log.chain == ()
