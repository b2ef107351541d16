"""Sessions: they stand in for a verified certificate, so they are good for exactly what they were made with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mbedtls.tests.pump import Notes, move, read_all, shake
from tests.tls.chains import Issued, issue

from wssure.facts import VerifyDefect
from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.tls.contract import Engine, PeerChain
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

NAME = DnsName("a.example")


def finish(client: Engine, server: Engine) -> object | None:
    """Run a handshake and one message each way; return the client's session."""
    assert shake(client, server) == [None, None]
    for one, other in ((server, client), (client, server)):
        one.write(b"message")
        move(one, other)
        assert read_all(other) == b"message"
    return client.session()


@pytest.fixture
def settings(ca_pem: bytes, version: str) -> TLSSettings:
    return TLSSettings(ca=ca_pem, min_version=version, max_version=version)


def test_a_session_resumes_and_gives_the_next_one(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    session: object | None = None
    for resumed in (False, True, True):
        notes = Notes()
        client = backend.client(settings, NAME, session=session, note=notes)
        server = backend.server(site, settings)
        session = finish(client, server)
        assert session is not None
        assert client.info().resumed == server.info().resumed == resumed
        assert server.info().server_name == "a.example", "SNI is sent in a resumed handshake, too"
        assert bool(notes.of(PeerChain)) == (not resumed)


def test_a_session_says_nothing_about_its_secrets(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    session = finish(backend.client(settings, NAME), backend.server(site, settings))
    assert "object at" in repr(session)
    with pytest.raises(TypeError):
        session.__reduce__()  # type: ignore[union-attr]


OTHERS = [
    pytest.param(NAME, {"verify": "none"}, id="less verification"),
    pytest.param(NAME, {"allow_expired": True}, id="other dates"),
    pytest.param(NAME, {"alpn": ("x",)}, id="other protocols"),
    pytest.param(DnsName("b.example"), {"verify": "none"}, id="other name"),
    pytest.param(NoSNI("a probe"), {}, id="no name"),
    pytest.param(IpName("192.0.2.7"), {}, id="address"),
]


@pytest.mark.parametrize(("name", "changes"), OTHERS)
def test_a_session_is_not_offered_under_other_settings_or_another_name(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings, name: ServerName, changes: dict[str, object]
) -> None:
    other = replace(settings, **changes)  # type: ignore[arg-type]
    anyone = replace(settings, alpn=("http/1.1", "x"))
    for here, there in ((settings, other), (other, settings)):
        first, second = (NAME, name) if here is settings else (name, NAME)
        session = finish(backend.client(here, first), backend.server(site, anyone))
        assert session is not None
        client, server = backend.client(there, second, session=session), backend.server(site, anyone)
        assert shake(client, server) == [None, None]
        assert not client.info().resumed


def test_a_ticket_of_one_site_opens_no_other(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    twin = replace(site, names=("b.example",))
    session = finish(backend.client(settings, NAME), backend.server(site, settings))
    client, server = backend.client(settings, NAME, session=session), backend.server(twin, settings)
    assert shake(client, server) == [None, None]
    assert not client.info().resumed
    assert not server.info().resumed


ROOT = issue(name="root", is_ca=True)
CLIENTS = {
    "none": None,
    "of another authority": issue(None, "client.example"),
    "expired": issue(ROOT, "client.example", days=(-3, -1)),
    "for servers": issue(ROOT, "client.example", eku=("server",)),
}
ALERTS = {"of another authority": 48, "expired": 45, "for servers": 43}


@pytest.mark.parametrize("case", CLIENTS)
def test_a_refused_client_is_told_why_and_gets_no_ticket(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings, version: str, case: str
) -> None:
    guarded = replace(site, client_ca=ROOT.pem)
    issued: Issued | None = CLIENTS[case]
    mine = replace(settings, cert=issued.pem, key=issued.key_pem) if issued else settings
    told, seen = Notes(), Notes()
    client, server = backend.client(mine, NAME, note=told), backend.server(guarded, settings, note=seen)
    _, refused = shake(client, server)
    assert refused is not None
    assert refused.verification == (issued is not None)
    assert bool(seen.of(VerifyDefect)) == bool(seen.of(PeerChain)) == (issued is not None)
    if version == "TLSv1.3":
        # RFC 8446 section 4.4.2: the client is done before it is refused, and hears of it with its first read.
        assert client.handshake() == 0
        with pytest.raises(Exception, match="alert"):
            read_all(client)
    lacking = 116 if version == "TLSv1.3" else 40
    assert told.alerts("received") == seen.alerts("sent") == [ALERTS.get(case, lacking)]
    assert client.session() is None


def test_a_client_with_a_certificate_resumes_without_showing_it_again(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings
) -> None:
    guarded = replace(site, client_ca=ROOT.pem)
    issued = issue(ROOT, "client.example", eku=("client",))
    mine = replace(settings, cert=issued.pem, key=issued.key_pem)
    session: object | None = None
    for resumed in (False, True):
        seen = Notes()
        client = backend.client(mine, NAME, session=session)
        server = backend.server(guarded, settings, note=seen)
        session = finish(client, server)
        assert server.info().resumed == client.info().resumed == resumed
        assert seen.of(PeerChain) == ([] if resumed else [PeerChain((issued.der,))])
