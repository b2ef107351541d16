"""No ClientHello with another server_name than the endpoint's leaves the link, whatever an engine does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.tls.pair import make_pair

from wssure.evidence import Recorder
from wssure.facts import ClientHelloSeen, GuardStopped
from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import DONE, WANT, Backend, EngineFailed, EngineInfo
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.stdlib import StdlibBackend
from wssure.wire.hello import RETRY_RANDOM

NAME = DnsName("a.example.net")


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def record(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 3, 3)) + number(len(payload), 2) + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + number(len(body), 3) + body


def hello(*names: str | None, extra: bytes = b"") -> bytes:
    """Return a ClientHello message with one server_name extension for each name that is not None."""
    extensions = extra
    for name in names:
        if name is not None:
            entry = b"\0" + number(len(name), 2) + name.encode()
            listed = number(len(entry), 2) + entry if name else b""
            extensions += number(0, 2) + number(len(listed), 2) + listed
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + number(len(extensions), 2) + extensions
    return message(1, body)


def server_hello(random: bytes = bytes(32)) -> bytes:
    extensions = bytes.fromhex("002b00020304")
    body = b"\3\3" + random + b"\0" + b"\x13\1" + b"\0" + number(len(extensions), 2) + extensions
    return record(22, message(2, body))


RETRY = server_hello(RETRY_RANDOM)
CCS = record(20, b"\1")


class ScriptedEngine:
    """An engine that emits what it was told to, one flight per step, and then fails or waits."""

    def __init__(self, flights: Iterable[bytes], failure: str | None = None) -> None:
        self.flights = list(flights)
        self.failure = failure
        self.out = b""

    def feed(self, data) -> int:
        return len(data)

    def handshake(self) -> int:
        if self.flights:
            self.out += self.flights.pop(0)
        if self.failure is not None and not self.flights:
            raise EngineFailed(self.failure)
        return WANT

    def read_into(self, buffer) -> int:
        return WANT

    def write(self, data) -> int:
        self.out += bytes(data)
        return len(data)

    def outgoing(self) -> memoryview:
        return memoryview(self.out)

    def consume(self, count: int) -> None:
        self.out = self.out[count:]

    def close_notify(self) -> None:
        self.out += record(21, b"\1\0")

    def eof(self) -> None:
        pass

    def session(self) -> None:
        return None

    def info(self) -> EngineInfo:
        raise AssertionError("never done")


class ScriptedBackend:
    """A backend whose engines do what a broken library could."""

    name = "scripted"
    version = "0"
    capabilities = StdlibBackend.capabilities

    def __init__(self, *flights: bytes, failure: str | None = None) -> None:
        self.flights = flights
        self.failure = failure

    def client(self, settings, server_name, *, session=None, note=None) -> ScriptedEngine:
        return ScriptedEngine(self.flights, self.failure)

    def effective(self, settings):
        return settings

    def server(self, site, settings, *, note=None) -> ScriptedEngine:
        raise AssertionError("a client's test")


def client_of(backend: ScriptedBackend, name: ServerName = NAME) -> tuple[ClientTlsConnection, Recorder]:
    recorder = Recorder(time.monotonic_ns)
    return ClientTlsConnection(backend, TLSSettings(), name, note=recorder.note), recorder


def guard_facts(recorder: Recorder) -> list[GuardStopped]:
    return [fact for fact in recorder.facts() if isinstance(fact, GuardStopped)]


def drain(tls_connection: ClientTlsConnection) -> bytes:
    data = bytes(tls_connection.outgoing())
    tls_connection.consume(len(data))
    return data


GOOD = record(22, hello("a.example.net"))
LONG = hello("a.example.net", extra=number(21, 2) + number(400, 2) + bytes(400))
FIRST_WRONG = [
    ("absent", record(22, hello(None)), None, "ClientHello with no server_name"),
    ("empty", record(22, hello("")), "", 'with server_name ""'),
    ("another", record(22, hello("b.example.net")), "b.example.net", "ClientHello with server_name"),
    ("upper-case", record(22, hello("A.example.net")), "A.example.net", "with server_name"),
    ("trailing-dot", record(22, hello("a.example.net.")), "a.example.net.", "with server_name"),
    ("address", record(22, hello("192.0.2.7")), "192.0.2.7", "with server_name"),
    ("twice", record(22, hello("a.example.net", "b.example.net")), "a.example.net", "with server_name"),
    (
        "split",
        b"".join(record(22, hello("b.example.net")[at : at + 9]) for at in range(0, 80, 9)),
        "b.example.net",
        "with server_name",
    ),
    (
        "second-in-flight",
        GOOD + record(22, hello("b.example.net")),
        "b.example.net",
        "second ClientHello with server_name",
    ),
    ("cut-off", record(22, hello("a.example.net")[:30]), None, "a ClientHello that is cut off"),
    ("cut-off-record", GOOD[:40], None, "a ClientHello that is cut off"),
    ("none", b"", None, "waits for a server"),
    ("another-message", record(22, message(16, b"x")), None, "handshake message 16"),
    ("encrypted", record(23, b"x" * 40), None, "encrypted records before"),
    ("encrypted-after", GOOD + record(23, b"x" * 40), None, "encrypted records before"),
    ("no-tls", b"GET / HTTP/1.1\r\n\r\n", None, "no TLS handshake"),
    ("no-tls-after", GOOD + b"GET / HTTP/1.1\r\n\r\n", None, "no TLS handshake"),
    ("undecodable", record(22, message(1, b"\3\3" + bytes(50))), None, "cannot be read"),
    ("damaged-alert", record(21, b"\7\7"), None, ""),
]


@pytest.mark.parametrize(
    ("flight", "found", "words"), [row[1:] for row in FIRST_WRONG], ids=[row[0] for row in FIRST_WRONG]
)
def test_a_wrong_first_flight_never_leaves(flight: bytes, found: str | None, words: str) -> None:
    tls_connection, recorder = client_of(ScriptedBackend(flight))
    with pytest.raises(EngineFailed, match="stopped before a byte was sent"):
        tls_connection.handshake()
    assert not tls_connection.outgoing()
    (fact,) = guard_facts(recorder)
    assert fact.expected == "a.example.net"
    assert fact.found == found
    assert words in str(fact.problem)
    with pytest.raises(EngineFailed):
        tls_connection.handshake()
    tls_connection.close_notify()
    tls_connection.feed(b"anything")
    assert not tls_connection.outgoing()


@pytest.mark.parametrize("name", [IpName("192.0.2.7"), NoSNI("a test")], ids=["ip", "no-sni"])
def test_a_name_where_none_is_expected_never_leaves(name: ServerName) -> None:
    tls_connection, recorder = client_of(ScriptedBackend(record(22, hello("192.0.2.7"))), name)
    with pytest.raises(EngineFailed):
        tls_connection.handshake()
    assert not tls_connection.outgoing()
    assert guard_facts(recorder)[0].expected is None
    tls_connection, _ = client_of(ScriptedBackend(record(22, hello(None))), name)
    assert tls_connection.handshake() == WANT
    assert tls_connection.outgoing()


SECOND_WRONG = [
    ("absent", CCS + record(22, hello(None)), None),
    ("another", CCS + record(22, hello("b.example.net")), "b.example.net"),
    ("without-ccs", record(22, hello("b.example.net")), "b.example.net"),
    ("split", CCS + record(22, hello("b.example.net")[:20]) + record(22, hello("b.example.net")[20:]), "b.example.net"),
    ("none", b"", None),
    ("only-ccs", CCS, None),
    ("cut-off", CCS + record(22, hello("a.example.net")[:20]), None),
    ("encrypted", CCS + record(23, b"x" * 40), None),
]


@pytest.mark.parametrize(("flight", "found"), [row[1:] for row in SECOND_WRONG], ids=[row[0] for row in SECOND_WRONG])
def test_a_wrong_second_hello_never_leaves(flight: bytes, found: str | None) -> None:
    tls_connection, recorder = client_of(ScriptedBackend(GOOD, flight))
    assert tls_connection.handshake() == WANT
    assert drain(tls_connection) == GOOD
    tls_connection.feed(RETRY + CCS)
    with pytest.raises(EngineFailed):
        tls_connection.handshake()
    assert not tls_connection.outgoing()
    assert [fact.found for fact in guard_facts(recorder)] == [found]


def cuts(name: str) -> Iterable[bytes]:
    """Return a ClientHello for a name ended at every byte: in the middle of its record, and of its message."""
    whole = record(22, hello(name))
    yield from (whole[:at] for at in range(1, len(whole)))
    message_of = hello(name)
    yield from (record(22, message_of[:at]) for at in range(1, len(message_of)))
    yield from (record(22, message_of[:at]) + record(22, message_of[at:])[:-1] for at in range(1, len(message_of)))


@pytest.mark.parametrize("failure", [None, "gave up"], ids=["waits", "fails"])
@pytest.mark.parametrize("name", ["a.example.net", "b.example.net"])
@pytest.mark.parametrize(
    ("before", "retried", "with_it"),
    [
        ([], False, b""),
        ([], False, GOOD),
        ([], False, CCS),
        ([GOOD], False, b""),
        ([GOOD], True, b""),
        ([GOOD], True, CCS),
        ([GOOD], True, CCS + GOOD),
    ],
    ids=["first", "after a good one", "after a CCS", "later", "second", "second after a CCS", "third"],
)
def test_no_byte_of_an_unfinished_hello_leaves(
    before: list[bytes], retried: bool, with_it: bytes, name: str, failure: str | None
) -> None:
    for cut in cuts(name):
        tls_connection, recorder = client_of(ScriptedBackend(*before, with_it + cut, failure=failure))
        for flight in before:
            assert tls_connection.handshake() == WANT
            assert drain(tls_connection) == flight
        if retried:
            tls_connection.feed(RETRY + CCS)
        with pytest.raises(EngineFailed, match="stopped before a byte was sent"):
            tls_connection.handshake()
        assert not tls_connection.outgoing()
        assert len(guard_facts(recorder)) == 1
        with pytest.raises(EngineFailed, match="stopped before a byte was sent"):
            tls_connection.handshake()
        assert not tls_connection.outgoing()


@pytest.mark.parametrize(
    "data",
    [
        record(22, hello("b.example.net")),
        b"GET / HTTP/1.1\r\n\r\n",
        record(23, b"x" * 9),
        record(22, message(16, b"x")),
    ],
)
def test_an_engine_that_fails_is_guarded_as_one_that_waits(data: bytes) -> None:
    for flights in ([data], [GOOD, data]):
        tls_connection, recorder = client_of(ScriptedBackend(*flights, failure="gave up"))
        if len(flights) > 1:
            tls_connection.handshake()
            drain(tls_connection)
        with pytest.raises(EngineFailed, match="stopped before a byte was sent"):
            tls_connection.handshake()
        assert not tls_connection.outgoing()
        assert len(guard_facts(recorder)) == 1


GOOD_FLIGHTS = [
    ("whole", [GOOD]),
    ("split-over-records", [b"".join(record(22, LONG[at : at + 50]) for at in range(0, len(LONG), 50))]),
    ("second", [GOOD, CCS + GOOD]),
    ("second-split", [GOOD, CCS + record(22, LONG[:200]) + record(22, LONG[200:])]),
]


@pytest.mark.parametrize("flights", [row[1] for row in GOOD_FLIGHTS], ids=[row[0] for row in GOOD_FLIGHTS])
def test_a_right_flight_passes_unchanged(flights: list[bytes]) -> None:
    tls_connection, recorder = client_of(ScriptedBackend(*flights))
    for flight in flights:
        assert tls_connection.handshake() == WANT
        assert drain(tls_connection) == flight
        tls_connection.feed(RETRY)
    assert not guard_facts(recorder)
    assert [fact.second for fact in recorder.facts() if isinstance(fact, ClientHelloSeen)] == [
        False,
        True,
    ][: len(flights)]


def test_what_is_not_sent_at_once_is_looked_at_once() -> None:
    tls_connection, recorder = client_of(ScriptedBackend(GOOD, record(21, b"\2\x50"), failure="gave up"))
    assert tls_connection.handshake() == WANT
    assert bytes(tls_connection.outgoing()) == GOOD
    tls_connection.consume(7)
    with pytest.raises(EngineFailed, match="gave up"):
        tls_connection.handshake()
    assert drain(tls_connection) == GOOD[7:] + record(21, b"\2\x50")
    assert [fact.kind for fact in recorder.facts()] == ["settings.tls", "tls.client_hello", "tls.alert"]


def test_after_the_servers_hello_the_engine_is_free() -> None:
    flight = CCS + record(23, b"encrypted, and by chance like an alert \x15\x03")
    tls_connection, _ = client_of(ScriptedBackend(GOOD, flight))
    tls_connection.handshake()
    drain(tls_connection)
    tls_connection.feed(server_hello())
    assert tls_connection.handshake() == WANT
    assert drain(tls_connection) == flight


def test_an_engine_that_fails_at_once_may_say_why() -> None:
    alert = record(21, b"\2\x50")
    tls_connection, recorder = client_of(ScriptedBackend(alert, failure="no cipher"))
    with pytest.raises(EngineFailed, match="no cipher"):
        tls_connection.handshake()
    assert drain(tls_connection) == alert
    assert not guard_facts(recorder)


class Coupled:
    """A backend that sends SNI only where the name is verified, as libwebsockets on Mbed TLS does."""

    name = "coupled"

    def __init__(self, real: Backend) -> None:
        self._real = real
        self.version = real.version
        self.capabilities = real.capabilities

    def effective(self, settings):
        return settings

    def client(self, settings, server_name, *, session=None, note=None):
        if settings.verify != "full" or settings.pins or settings.allow_expired:
            server_name = NoSNI("verification is relaxed")
        return self._real.client(settings, server_name, session=session, note=note)

    def server(self, site, settings, *, note=None):
        return self._real.server(site, settings, note=note)


@pytest.mark.parametrize("verify", ["full", "chain", "none"])
def test_an_engine_that_ties_sni_to_verification_is_stopped(
    backend: Backend, settings: TLSSettings, site: Site, verify: str
) -> None:
    chosen = replace(settings, verify=verify)
    pair = make_pair(Coupled(backend), backend, settings=chosen, sites=[site]).shake()
    if verify == "full":
        assert pair.client.state == DONE
        return
    assert pair.client.failure is not None
    assert not pair.client.sent
    assert pair.client.fact(GuardStopped).expected == "a.example.net"
    assert pair.client.fact(GuardStopped).found is None
