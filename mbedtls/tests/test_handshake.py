"""Client and server of this backend, joined in memory."""

from __future__ import annotations

import pytest
from mbedtls.tests.pump import Notes, move, read_all, shake

from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.tls.contract import CLOSED, WANT
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import find_client_hello
from wssure_mbedtls.backend import MbedTLSBackend

NAMES = [
    pytest.param(DnsName("a.example"), "a.example", id="dns"),
    pytest.param(DnsName("x.w.example"), "x.w.example", id="wildcard"),
    pytest.param(IpName("192.0.2.7"), None, id="ipv4"),
    pytest.param(IpName("2001:db8::7"), None, id="ipv6"),
    pytest.param(NoSNI("a probe"), None, id="no-sni"),
    pytest.param(NoSNI("a probe", DnsName("a.example")), None, id="no-sni-verified"),
]


@pytest.mark.parametrize(("name", "sni"), NAMES)
def test_a_trusted_peer_is_accepted_and_sni_is_what_the_name_implies(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str, name: ServerName, sni: str | None
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    client, server = backend.client(settings, name), backend.server(site, settings)
    assert client.handshake() == WANT
    assert find_client_hello(bytes(client.outgoing())).server_name == sni
    assert shake(client, server) == [None, None]
    info = client.info()
    assert (info.version, info.alpn, info.resumed, info.server_name) == (version, "http/1.1", False, sni)
    assert server.info().server_name == sni
    assert info.peer_certificate == info.peer_chain[0]


@pytest.mark.parametrize("size", [1, 16384, 16385, 100_000])
def test_plaintext_arrives_whole_both_ways(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str, size: int
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    client, server = backend.client(settings, DnsName("a.example")), backend.server(site, settings)
    assert shake(client, server) == [None, None]
    message = bytes(range(256)) * (size // 256 + 1)
    for one, other in ((client, server), (server, client)):
        assert one.write(message) == len(message)
        move(one, other)
        assert read_all(other) == message
        assert other.read_into(bytearray(1)) == WANT


def test_a_handshake_fed_byte_by_byte_is_the_same(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    client, server = backend.client(settings, DnsName("a.example")), backend.server(site, settings)
    assert shake(client, server, step=1) == [None, None]
    client.write(b"hello")
    move(client, server, step=1)
    assert read_all(server) == b"hello"


def test_close_notify_ends_reading_and_is_sent_once(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    heard, said = Notes(), Notes()
    client = backend.client(settings, DnsName("a.example"), note=heard)
    server = backend.server(site, settings, note=said)
    client.close_notify()
    assert len(client.outgoing()) == 0, "before the handshake there is nothing to close"
    assert shake(client, server) == [None, None]
    server.write(b"last words")
    server.close_notify()
    first = len(server.outgoing())
    server.close_notify()
    assert len(server.outgoing()) == first
    move(server, client)
    buffer = bytearray(100)
    assert client.read_into(buffer) == 10
    assert client.read_into(buffer) == CLOSED
    assert client.read_into(buffer) == CLOSED
    assert said.alerts("sent") == heard.alerts("received") == [0]


def test_the_peer_is_told_the_reason_of_a_refusal(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    seen, served = Notes(), Notes()
    client = backend.client(settings, DnsName("b.example"), note=seen)
    server = backend.server(site, settings, note=served)
    refused, told = shake(client, server)
    assert refused is not None
    assert refused.verification
    assert told is not None
    assert not told.verification
    assert seen.flags() == {"hostname"}
    assert seen.alerts("sent") == served.alerts("received") == [42]
