"""Turn the records of both directions and the engine's notes into `tls.*` facts, without duplicates.

An expensive fact is noted as a function and its arguments, and made only if facts are asked for.
"""

from typing import Final

from wssure.evidence import Note
from wssure.facts import AlertSeen, Direction, Fact, NotTlsSeen, VerifyDefect
from wssure.name import DnsName, IpName
from wssure.tls import facts
from wssure.tls.contract import PeerChain
from wssure.tls.defects import detailed
from wssure.tls.record_log import Ciphered, LogItem, RecordLog, ServerAnswer
from wssure.tls.verify import lacks_names
from wssure.wire.alert import Alert
from wssure.wire.decode import DecodeError
from wssure.wire.facts import client_hello
from wssure.wire.flight import decode_certificate_message
from wssure.wire.handshake import CERTIFICATE, CERTIFICATE_REQUEST, CLIENT_HELLO, SERVER_HELLO, HandshakeMessage
from wssure.wire.hello import RETRY_RANDOM, ClientHello
from wssure.wire.record import ALERT

# RFC 8446 section 4.2: the number of the pre_shared_key extension.
_PRE_SHARED_KEY: Final = 41
_TLS12: Final = b"\3\3"
# The defects that a trust anchor can have as well as a certificate that was sent.
_OF_ANY_CERTIFICATE: Final = frozenset({"expired", "not-yet-valid", "weak-key", "weak-signature"})
_NAME_FLAGS: Final = frozenset({"hostname", "ip-mismatch", "no-san"})


class HandshakeLog:
    """Turns the records of both directions and the engine's notes into `tls.*` facts, without duplicates.

    Args:
        note: Takes the facts.

    Attributes:
        chain: The peer's certificates as DER, its own first; empty while unknown.
        retried: True once a HelloRetryRequest came (or went).
        answered: True once a ServerHello that is none came (or went).
        stage: The last step of the handshake that was seen, as in the `tls.eof` fact.
        expected: The name the peer must prove, for the `tls.name_check` fact; None if none is checked.
        done: Set by the TLS connection when the handshake succeeded.
        client: Set by a client's link: a ClientHello of its peer is a fact of its own.
        blames_anchor: True once a defect was found that may be that of the trust anchor.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        answer = ServerAnswer()
        self.sent = RecordLog(answer)
        self.received = RecordLog(answer)
        self.chain: tuple[bytes, ...] = ()
        self.retried = False
        self.answered = False
        self.stage = "nothing"
        self.expected: DnsName | IpName | None = None
        self.done = False
        self.client = False
        self.blames_anchor = False
        self._alerts: set[tuple[str, int | None]] = set()
        self._held: list[AlertSeen] = []
        self._hidden: set[Direction] = set()
        self._garbage_noted = False
        self._answer = answer
        self._wire_certificate: bytes | None = None
        self._certificate_seen = False

    # The engine's notes.

    def engine_note(self, seen: Fact | PeerChain) -> None:
        """Take a note of the engine; this is the `note` an engine gets."""
        if isinstance(seen, PeerChain):
            self.set_chain(seen.certificates)
        elif isinstance(seen, AlertSeen):
            self._engine_alert(seen)
        elif isinstance(seen, VerifyDefect):
            self._verify(seen)
        else:
            self._note(seen.at)

    def set_chain(self, chain: tuple[bytes, ...]) -> None:
        """Note the peer's certificates, once."""
        if chain and not self.chain:
            self.chain = tuple(chain)
            if self.stage != "done":
                self.stage = "certificate"
            for depth, der in enumerate(self.chain):
                self._note(facts.certificate, der, depth)

    def _verify(self, defect: VerifyDefect) -> None:
        """Note a defect; the detail that the library does not give is read from the certificates if facts are asked for.

        A wrong name and a certificate without names get different flags, and the names of the certificate are shown.
        """
        if not self.chain:
            self.catch_up()
        if defect.flag in _OF_ANY_CERTIFICATE and (defect.depth is None or defect.depth >= len(self.chain)):
            self.blames_anchor = True
        if defect.flag in _NAME_FLAGS and defect.depth in (0, None) and self.chain:
            if lacks_names(self.chain[0]):
                defect = defect.replace(flag="no-san")
            if self.expected is not None:
                self._note(facts.name_check, self.expected, self.chain[0])
        self._note(detailed, defect, self.chain)

    def _engine_alert(self, alert: AlertSeen) -> None:
        """Hold back an alert of the engine until the record log shows whether it was sent in the clear."""
        if alert.after_done:
            self._alert(alert.replace(encrypted=alert.encrypted is not False))
        else:
            self._held.append(alert)

    def _alert(self, alert: AlertSeen) -> None:
        key = (alert.direction, alert.number)
        if key not in self._alerts:
            self._alerts.add(key)
            self._note(alert.at)

    def release_alerts(self, failed: bool = False) -> None:
        """Note the alerts that only the engine saw. Called after the record log has read all bytes of the engine.

        Args:
            failed: The connection ends: an encrypted alert that could not be read is noted too, without its number.
        """
        if failed or self._held:
            self.catch_up()
        for alert in self._held:
            hidden = alert.encrypted
            if hidden is None and (alert.direction, alert.number) not in self._alerts:
                direction = self.sent if alert.direction == "sent" else self.received
                hidden = True if not direction.readable and not direction.garbage else None
            self._alert(alert.replace(encrypted=hidden))
        self._held.clear()
        if failed:
            for where in self._hidden:
                if not any(direction == where for direction, _ in self._alerts):
                    self._alert(facts.alert(where, None, encrypted=True, after_done=self.done))
            self._hidden.clear()

    # The record logs.

    def add_sent(self, data: memoryview) -> list[LogItem]:
        """Read the bytes that the engine is about to send."""
        seen = self.sent.feed(data)
        for item in seen:
            self._add(item, "sent")
        return seen

    def add_received(self, data: bytes | bytearray | memoryview) -> list[LogItem]:
        """Read bytes received from the peer."""
        seen = self.received.feed(data)
        for item in seen:
            self._add(item, "received")
        if self.received.garbage and not self._garbage_noted:
            self._garbage_noted = True
            self._note(NotTlsSeen.of, self.received.garbage)
        return seen

    def catch_up(self) -> None:
        """Read the records that the logs put off: after a failure they may explain it."""
        for item in self.sent.catch_up():
            self._add(item, "sent")
        for item in self.received.catch_up():
            self._add(item, "received")

    def add_client_hello(self, hello: ClientHello, direction: Direction, *, second: bool) -> None:
        """Note a ClientHello that the TLS connection decoded."""
        self._note(client_hello, hello, direction, second=second)
        if self.stage == "nothing":
            self.stage = "client_hello"

    def _add(self, item: LogItem, direction: Direction) -> None:
        if isinstance(item, Alert):
            self._alert(facts.alert(direction, item.number, level=item.level, encrypted=False, after_done=self.done))
        elif isinstance(item, Ciphered):
            if item.type == ALERT:
                self._hidden.add(direction)
        elif item.type == CLIENT_HELLO:
            if self.client and direction == "received":
                self._note(facts.peer_hello, item.raw)
        elif item.type == SERVER_HELLO:
            self._add_server_hello(item)
        elif item.type == CERTIFICATE:
            self._certificate_seen = True
            if direction == "received":
                self._add_certificate(item)
        elif item.type == CERTIFICATE_REQUEST and direction == "received":
            self._note(facts.certificate_request, item.raw)

    def _add_certificate(self, message: HandshakeMessage) -> None:
        try:
            chain = decode_certificate_message(message.raw)
        except DecodeError:
            chain = ()
        self._wire_certificate = chain[0] if chain else None
        self.set_chain(chain)

    # Read from the messages, independently of the engine.

    def resumed(self) -> bool:
        """Tell from the messages whether the server resumed a session; False if they cannot be read.

        Source: RFC 8446 section 4.2.11 (TLS 1.3: the ServerHello selects a pre-shared key); RFC 5246 section 7.3 (TLS
        1.2: an abbreviated handshake has no Certificate message).
        """
        self.catch_up()
        hello = self._answer.hello()
        if hello is None:
            return False
        if self._answer.tls13:
            return hello.extension(_PRE_SHARED_KEY) is not None
        # TLS 1.2 knows no HelloRetryRequest: after one, it is a downgrade in the middle of a handshake.
        return not (self._certificate_seen or self.retried or self.sent.damaged or self.received.damaged)

    def confused(self) -> bool:
        """Tell whether the legacy_version of the ServerHello is above TLS 1.2, or no ServerHello was seen.

        Source: RFC 8446 section 4.1.3: "the legacy_version field MUST be set to 0x0303".
        """
        message = self._answer.message
        # Its first two bytes, without the decoding that every connection would pay for.
        return message is None or message.body[:2] > _TLS12

    def sent_certificate(self) -> bytes | None:
        """Return the certificate (DER) that the peer sent in the clear, as in TLS 1.2; None if it cannot be read."""
        self.catch_up()
        return self._wire_certificate

    def _add_server_hello(self, message: HandshakeMessage) -> None:
        """Note a ServerHello; it is decoded only if facts are asked for."""
        # RFC 8446 section 4.1.3: a HelloRetryRequest is a ServerHello with this Random; it follows two bytes of
        # version.
        if message.body[2:34] == RETRY_RANDOM:
            self.retried = True
            # A second hello comes from either side; both must be seen at once.
            self.sent.lazy = self.received.lazy = False
        else:
            self.answered = True
            self.stage = "server_hello"
        self._note(facts.server_hello, message.raw)
