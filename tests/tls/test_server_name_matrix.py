"""The server name that leaves is the endpoint's, whatever the form of the host, library, version, check or session."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tls.pair import make_pair

from wssure.endpoint import Endpoint
from wssure.facts import ClientHelloSeen, TlsDone
from wssure.tls.contract import Backend
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.stdlib import StdlibBackend
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import CLIENT_HELLO, HandshakeReader
from wssure.wire.hello import ClientHello, decode_client_hello
from wssure.wire.record import HANDSHAKE, RecordReader

pytestmark = pytest.mark.matrix

# Host as written in the URL, the SNI it implies, the name in the certificate.
LONG = ".".join(["a" * 63] * 3 + ["b" * 61])
HOSTS = [
    ("a.example.net", "a.example.net", "a.example.net"),
    ("A.Example.NET", "a.example.net", "a.example.net"),
    ("a.example.net.", "a.example.net", "a.example.net"),
    ("my_service.example.net", "my_service.example.net", "my_service.example.net"),
    ("r3---sn-abc.example.com", "r3---sn-abc.example.com", "r3---sn-abc.example.com"),
    ("localhost", "localhost", "localhost"),
    ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    (LONG, LONG, LONG),
    ("192.0.2.7", None, "192.0.2.7"),
    ("[2001:DB8::7]", None, "2001:db8::7"),
]
RELAXATIONS = [
    ("verified", {}),
    ("chain", {"verify": "chain"}),
    ("expired", {"allow_expired": True}),
    ("none", {"verify": "none"}),
    ("all", {"verify": "none", "allow_expired": True}),
]


def hellos(sent: bytes) -> list[ClientHello]:
    """Return every ClientHello in what a client sent, up to the first record that cannot be read."""
    found = []
    reader = HandshakeReader()
    for record in RecordReader().feed(sent):
        if record.type != HANDSHAKE:
            continue
        try:
            messages = reader.feed(record.payload, record.payload_offset)
        except DecodeError:
            break  # Encrypted: TLS 1.2 after its change_cipher_spec.
        found += [decode_client_hello(message.raw) for message in messages if message.type == CLIENT_HELLO]
    return found


@pytest.fixture
def picky(tmp_path: Path, version: str) -> StdlibBackend:
    """A server with no group but P-384, which no client guesses: TLS 1.3 asks for a second ClientHello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ecdh_curve("secp384r1")
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if version == "TLSv1.3" else ssl.TLSVersion.TLSv1_2
    return StdlibBackend.for_context(context)


@pytest.mark.parametrize(("changes"), [row[1] for row in RELAXATIONS], ids=[row[0] for row in RELAXATIONS])
def test_the_server_name_sent_is_the_endpoints(
    client: Backend, settings: TLSSettings, exact_pem, changes: dict[str, object]
) -> None:
    for host, sni, name in HOSTS:
        sends_the_endpoints_name(client, replace(settings, **changes), exact_pem(name), host, sni)


def sends_the_endpoints_name(client: Backend, chosen: TLSSettings, pem: bytes, host: str, sni: str | None) -> None:
    server_name = Endpoint.parse(f"wss://{host}/", address="127.0.0.1").server_name
    sites = [Site(("*.invalid",), pem)]
    fresh = make_pair(client, client, settings=chosen, sites=sites, name=server_name).shake()
    fresh.exchange()
    session = fresh.client.tls_connection.session()
    again = make_pair(client, client, settings=chosen, sites=sites, name=server_name, session=session).shake()
    again.exchange()
    assert again.client.tls_connection.info().resumed == (session is not None)
    for pair in (fresh, again):
        (hello,) = hellos(bytes(pair.client.sent))
        assert hello.server_name == sni
        assert hello.extension_ids.count(0) == (sni is not None)
        assert pair.client.tls_connection.info().server_name == pair.server.tls_connection.info().server_name == sni
        assert pair.client.fact(TlsDone).server_name == sni


@pytest.mark.parametrize("verify", ["full", "none"])
def test_the_second_hello_carries_the_same_server_name(
    client: Backend, picky: StdlibBackend, settings: TLSSettings, exact_pem, tmp_path: Path, verify: str
) -> None:
    path = tmp_path / "site.pem"
    assert picky._caller_context is not None
    for host, sni, name in HOSTS:
        path.write_bytes(exact_pem(name))
        picky._caller_context.load_cert_chain(path)
        sends_the_same_name_again(client, picky, replace(settings, verify=verify), host, sni)


def sends_the_same_name_again(
    client: Backend, picky: StdlibBackend, chosen: TLSSettings, host: str, sni: str | None
) -> None:
    server_name = Endpoint.parse(f"wss://{host}/").server_name
    sites = [Site((), b"")]
    session = None
    for resumed in (False, True):
        pair = make_pair(client, picky, settings=chosen, sites=sites, name=server_name, session=session).shake()
        pair.exchange()
        session = pair.client.tls_connection.session()
        expected = 2 if chosen.max_version == "TLSv1.3" else 1
        sent = hellos(bytes(pair.client.sent))
        assert [hello.server_name for hello in sent] == [sni] * expected
        assert [value.second for value in pair.client.facts(ClientHelloSeen)] == [False, True][:expected]
        assert [value.second for value in pair.server.facts(ClientHelloSeen)] == [False, True][:expected]
        assert pair.client.tls_connection.info().resumed == resumed
