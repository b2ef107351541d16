"""No engine is believed alone: every way round the proof that the peer was verified ends in a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.tls.certificates import der_of, issue
from tests.tls.pair import Pair, make_pair
from tests.tls.test_guard import CCS, GOOD, ScriptedBackend, ScriptedEngine, message, record

from wssure.facts import PeerNotProven, TlsDone
from wssure.name import DnsName
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import DONE, WANT, Backend, EngineFailed, EngineInfo, Verified, silent
from wssure.tls.handshake_log import HandshakeLog
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import RETRY_RANDOM

Lie = Callable[[EngineInfo], EngineInfo]


class Liar:
    """A real engine whose `info()` tells something else."""

    def __init__(self, engine: Any, lie: Lie) -> None:
        self._engine = engine
        self._lie = lie

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def info(self) -> EngineInfo:
        return self._lie(self._engine.info())


class Hostile:
    """A backend whose engines do everything right and then lie about it; it keeps what it was offered."""

    name = "hostile"
    version = "7.1"

    def __init__(self, real: Backend, lie: Lie) -> None:
        self._real = real
        self._lie = lie
        self.capabilities = real.capabilities
        self.offered: object | None = None

    def effective(self, settings):
        return settings

    def client(self, settings, server_name, *, session=None, note=None):
        self.offered = session
        return Liar(self._real.client(settings, server_name, session=session, note=note), self._lie)

    def server(self, site, settings, *, note=None):
        return Liar(self._real.server(site, settings, note=note), self._lie)


OTHER = der_of(issue(None, "a.example.net"))
HIDDEN = {"peer_certificate": None, "peer_chain": ()}
# What an engine claims of a full handshake, of either role.
LIES: dict[str, Lie] = {
    "no proof": lambda info: replace(info, verified=None),
    "no proof and no chain": lambda info: replace(info, verified=None, **HIDDEN),
    "no chain": lambda info: replace(info, **HIDDEN),
    "verification is off": lambda info: replace(info, verified=Verified("nothing", info.peer_certificate)),
    "pins nobody gave": lambda info: replace(info, verified=Verified("pins", info.peer_certificate)),
    "a proof of no certificate": lambda info: replace(info, verified=Verified("chain")),
    "a proof of no certificate, no chain": lambda info: replace(info, verified=Verified("chain"), **HIDDEN),
    "the proof of another connection": lambda info: replace(info, verified=Verified("chain", OTHER)),
    "the chain of another connection": lambda info: replace(info, peer_certificate=OTHER, peer_chain=(OTHER,)),
    "resumed": lambda info: replace(info, resumed=True),
    "resumed, without a chain": lambda info: replace(info, resumed=True, **HIDDEN),
    "resumed, by its own proof": lambda info: replace(info, resumed=True, verified=Verified("session")),
    "resumed, without a chain, by its own proof": lambda info: replace(
        info, resumed=True, verified=Verified("session"), **HIDDEN
    ),
    "a session's proof without resumption": lambda info: replace(info, verified=Verified("session")),
}
# What TLS 1.3 hides from us is seen in TLS 1.2: the certificate itself.
EVERYTHING_OF_ANOTHER: Lie = lambda info: replace(  # noqa: E731  (beside the table)
    info, peer_certificate=OTHER, peer_chain=(OTHER,), verified=Verified("chain", OTHER)
)


def refused(pair: Pair, side: str) -> str:
    """Return why one end refused the other; nothing of the refused connection may look done."""
    end = getattr(pair, side)
    assert end.failure is not None
    assert end.failure.verification
    assert not end.facts(TlsDone)
    assert end.tls_connection.session() is None
    with pytest.raises(AssertionError):
        end.tls_connection.info()
    return end.failure.text


def test_a_client_demands_the_proof_of_this_very_server(backend: Backend, settings: TLSSettings, site: Site) -> None:
    for claim, lie in LIES.items():
        pair = make_pair(Hostile(backend, lie), backend, settings=settings, sites=[site]).shake()
        text = refused(pair, "client")
        assert "backend hostile (7.1) did not verify the peer" in text, claim
        assert pair.client.fact(PeerNotProven).backend == "hostile (7.1)"
        assert pair.client.fact(PeerNotProven).problem in text


def test_a_server_demands_the_proof_of_this_very_client(
    backend: Backend, settings: TLSSettings, ca_pem: bytes, site_pem
) -> None:
    guarded = Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)
    known = replace(settings, cert=site_pem("client.example.net"))
    for claim, lie in LIES.items():
        pair = make_pair(backend, Hostile(backend, lie), settings=known, sites=[guarded]).shake()
        assert "did not verify the peer" in refused(pair, "server"), claim


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_certificate_sent_in_the_clear_is_compared_with_the_proof(
    backend: Backend, ca_pem: bytes, site_pem, side: str
) -> None:
    settings = TLSSettings(ca=ca_pem, max_version="TLSv1.2", cert=site_pem("client.example.net"))
    guarded = Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)
    hostile = Hostile(backend, EVERYTHING_OF_ANOTHER)
    ends = {"client": (hostile, backend), "server": (backend, hostile)}[side]
    pair = make_pair(*ends, settings=settings, sites=[guarded]).shake()
    assert "another certificate than the peer sent" in refused(pair, side)


def framed_anew(info: EngineInfo) -> EngineInfo:
    """Write the frame around the certificate with a longer length than it needs: no part of what was signed."""
    der = info.peer_certificate
    assert der is not None
    assert der[:2] == b"\x30\x82"
    anew = b"\x30\x83\0" + der[2:]
    return replace(info, peer_certificate=anew, peer_chain=(anew,), verified=Verified("chain", anew))


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_certificate_may_be_framed_otherwise_than_it_was_sent(
    backend: Backend, ca_pem: bytes, site_pem, side: str
) -> None:
    # OpenSSL keeps the signed part as it came and writes the frame around it anew.
    settings = TLSSettings(ca=ca_pem, max_version="TLSv1.2", cert=site_pem("client.example.net"))
    guarded = Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)
    other = Hostile(backend, framed_anew)
    ends = {"client": (other, backend), "server": (backend, other)}[side]
    make_pair(*ends, settings=settings, sites=[guarded]).shake().exchange()


def session_of(pair: Pair) -> object:
    """Return the session that a finished connection gave."""
    pair.exchange()
    session = pair.client.tls_connection.session()
    assert session is not None
    return session


@pytest.mark.parametrize("hidden", [False, True], ids=["with its chain", "without a chain"])
def test_a_full_handshake_is_not_called_resumed_although_a_session_was_offered(
    backend: Backend, settings: TLSSettings, site: Site, site_pem, hidden: bool
) -> None:
    session = session_of(make_pair(backend, backend, settings=settings, sites=[site]).shake())
    hostile = Hostile(
        backend,
        lambda info: replace(
            info, resumed=True, verified=Verified("session", session=hostile.offered), **(HIDDEN if hidden else {})
        ),
    )
    stranger = Site(("a.example.net",), site_pem("a.example.net", "b.example.net"))  # it cannot open the ticket
    pair = make_pair(hostile, backend, settings=settings, sites=[stranger], session=session).shake()
    assert hostile.offered is not None
    assert "the server's messages show a full handshake" in refused(pair, "client")


# What an engine claims of a handshake that did resume the offered session.
RESUMED_LIES: dict[str, Lie] = {
    "no proof": lambda info: replace(info, verified=None),
    "not resumed": lambda info: replace(info, resumed=False),
    "the proof of another session": lambda info: replace(info, verified=Verified("session", session=object())),
    "a chain it did not verify now": lambda info: replace(info, verified=Verified("chain", info.peer_certificate)),
    "verification is off": lambda info: replace(info, verified=Verified("nothing")),
    "another chain": lambda info: replace(info, peer_certificate=OTHER, peer_chain=(OTHER,)),
}


@pytest.mark.parametrize("claim", RESUMED_LIES)
def test_a_resumed_session_needs_its_own_proof(backend: Backend, settings: TLSSettings, site: Site, claim: str) -> None:
    session = session_of(make_pair(backend, backend, settings=settings, sites=[site]).shake())
    hostile = Hostile(backend, RESUMED_LIES[claim])
    pair = make_pair(hostile, backend, settings=settings, sites=[site], session=session).shake()
    assert "did not verify the peer" in refused(pair, "client")


@pytest.mark.parametrize(
    ("lie", "good"),
    [
        (lambda info: info, True),
        (lambda info: replace(info, verified=None), False),
        (lambda info: replace(info, resumed=False), False),
        (lambda info: replace(info, verified=Verified("nothing")), False),
    ],
    ids=["the truth", "no proof", "not resumed", "verification is off"],
)
def test_a_server_demands_the_proof_of_a_resumed_client_too(
    backend: Backend, settings: TLSSettings, ca_pem: bytes, site_pem, lie: Lie, good: bool
) -> None:
    guarded = Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)
    known = replace(settings, cert=site_pem("client.example.net"))
    session = session_of(make_pair(backend, backend, settings=known, sites=[guarded]).shake())
    pair = make_pair(backend, Hostile(backend, lie), settings=known, sites=[guarded], session=session).shake()
    if good:
        assert pair.server.tls_connection.info().resumed
    else:
        assert "did not verify the peer" in refused(pair, "server")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"verify": "none"}, "a.example.net"),
        ({"verify": "chain"}, "a.example.net"),
        ({"allow_expired": True}, "a.example.net"),
        ({}, "b.example.net"),
    ],
)
def test_a_session_is_offered_only_under_the_terms_it_was_made_under(
    backend: Backend, settings: TLSSettings, site_pem, change: dict[str, Any], name: str
) -> None:
    both = [Site(("a.example.net", "b.example.net"), site_pem("a.example.net", "b.example.net"))]
    made = make_pair(backend, backend, settings=replace(settings, **change), sites=both, name=DnsName(name)).shake()
    session = session_of(made)
    hostile = Hostile(backend, lambda info: info)
    assert make_pair(hostile, backend, settings=settings, sites=both, session=session).shake().ok
    assert hostile.offered is None


def test_each_kind_of_verification_proves_itself(
    client: Backend, server: Backend, settings: TLSSettings, ca_pem: bytes, site_pem
) -> None:
    sites = [Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)]
    known = replace(settings, cert=site_pem("client.example.net"))
    pin = "sha256:" + hashlib.sha256(der_of(site_pem("a.example.net"))).hexdigest()
    for change, by in (({}, "chain"), ({"pins": (pin,)}, "pins"), ({"verify": "none"}, "nothing")):
        session = None
        for _ in range(2):
            pair = make_pair(client, server, settings=replace(known, **change), sites=sites, session=session).shake()
            session = session_of(pair)
            near, far = pair.client.tls_connection.info(), pair.server.tls_connection.info()
            assert (near.verified.by, near.verified.certificate) == (by, der_of(site_pem("a.example.net")))
            assert far.verified.by == ("session" if far.resumed else "chain")
            assert near.resumed == far.resumed


def test_a_client_that_verifies_nothing_needs_no_proof(backend: Backend, settings: TLSSettings, site: Site) -> None:
    hostile = Hostile(backend, LIES["no proof"])
    assert make_pair(hostile, hostile, settings=replace(settings, verify="none"), sites=[site]).shake().ok


class Gullible(ScriptedEngine):
    """An engine that takes any ServerHello for a finished handshake with a verified peer."""

    def handshake(self) -> int:
        return DONE if not self.flights else super().handshake()

    def info(self) -> EngineInfo:
        return EngineInfo("TLSv1.3", "", None, False, OTHER, (OTHER,), None, verified=Verified("chain", OTHER))


class GullibleBackend(ScriptedBackend):
    def client(self, settings, server_name, *, session=None, note=None):
        return Gullible(self.flights)


@pytest.mark.parametrize(
    ("legacy", "extensions", "good"),
    [
        ("0303", "002b00020304", True),
        ("0304", "", False),
        ("0304", "002b00020304", False),
        ("0304", "00290002000000", False),
        ("7f1c", "", False),
    ],
)
def test_a_server_hello_of_a_version_that_is_none_ends_the_handshake(legacy: str, extensions: str, good: bool) -> None:
    tls_connection = ClientTlsConnection(GullibleBackend(GOOD), TLSSettings(verify="chain"), DnsName("a.example.net"))
    assert tls_connection.handshake() == WANT
    tls_connection.consume(len(tls_connection.outgoing()))
    data = bytes.fromhex(extensions)
    body = bytes.fromhex(legacy) + bytes(32) + b"\0" + b"\x13\1" + b"\0" + len(data).to_bytes(2, "big") + data
    tls_connection.feed(record(22, message(2, body)))
    if good:
        assert tls_connection.handshake() == DONE
        return
    with pytest.raises(EngineFailed, match="did not verify the peer"):
        tls_connection.handshake()


def hello_of_server(extensions: str, random: bytes = bytes(32)) -> bytes:
    data = bytes.fromhex(extensions)
    body = b"\3\3" + random + b"\0" + b"\x13\1" + b"\0" + len(data).to_bytes(2, "big") + data
    return record(22, message(2, body))


TLS13, PSK = "002b00020304", "002900020000"
RETRY = hello_of_server(TLS13, RETRY_RANDOM)
CERTIFICATE = record(22, message(11, bytes(3)))
SERVER_FLIGHTS = [
    ("1.3, a key was selected", hello_of_server(TLS13 + PSK), True),
    ("1.3, none was selected", hello_of_server(TLS13), False),
    ("1.3, a key was selected after a retry", RETRY + hello_of_server(TLS13 + PSK), True),
    ("1.3, none was selected after a retry", RETRY + hello_of_server(TLS13), False),
    ("a retry alone", RETRY, False),
    ("1.2, no certificate", hello_of_server("") + CCS, True),
    ("1.2, a certificate", hello_of_server("") + CERTIFICATE, False),
    (
        "1.2, a certificate over two records",
        hello_of_server("") + record(22, b"\x0b\0\0") + record(22, b"\3" + bytes(3)),
        False,
    ),
    ("1.2 after a retry", RETRY + hello_of_server("") + CCS, False),
    ("1.2, damaged", hello_of_server("") + b"GET / HTTP/1.1\r\n\r\n", False),
    ("1.2, a key was selected and a certificate came", hello_of_server(PSK) + CERTIFICATE, False),
    ("no hello", CERTIFICATE, False),
    ("a hello that cannot be read", record(22, message(2, b"\3\3")), False),
]


@pytest.mark.parametrize("direction", ["received", "sent"])
@pytest.mark.parametrize(
    ("flight", "resumed"), [row[1:] for row in SERVER_FLIGHTS], ids=[row[0] for row in SERVER_FLIGHTS]
)
def test_whether_a_session_was_resumed_is_read_from_the_servers_messages(
    flight: bytes, resumed: bool, direction: str
) -> None:
    handshake_log = HandshakeLog(silent)
    if direction == "received":
        handshake_log.add_received(flight)
    else:
        handshake_log.add_sent(memoryview(flight))
    assert handshake_log.resumed() is resumed
