"""What the common layer adds to every engine: the second name check, the first flight of a server, the facts."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tls.pair import bytewise, make_pair
from tests.tls.test_guard import GOOD, hello, message, record

from wssure.errors import UsageError
from wssure.evidence import Recorder
from wssure.facts import AlertSeen, CertificateSeen, NameCheck, TlsDone, VerifyDefect
from wssure.name import DnsName, NoSNI
from wssure.tls.connection import MAX_HANDSHAKE_BYTES, MAX_HELLO_BYTES, ServerTlsConnection
from wssure.tls.contract import WANT, Backend
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.sites import SiteTable
from wssure.wire.alert import encode_alert


class Careless:
    """A backend that checks no names: what a library with another idea of wildcards might do."""

    name = "careless"

    def __init__(self, real: Backend) -> None:
        self._real = real
        self.version = real.version
        self.capabilities = real.capabilities

    def effective(self, settings):
        return settings

    def client(self, settings, server_name, *, session=None, note=None):
        relaxed = replace(settings, verify="chain")
        if isinstance(server_name, NoSNI):
            server_name = NoSNI(server_name.reason)
        return self._real.client(relaxed, server_name, session=session, note=note)


@pytest.mark.parametrize("name", [DnsName("b.example.net"), NoSNI("a test", DnsName("b.example.net"))])
def test_a_name_the_library_let_pass_is_refused_by_our_own_check(
    backend: Backend, settings: TLSSettings, site: Site, name
) -> None:
    pair = make_pair(Careless(backend), backend, settings=settings, sites=[site], name=name).shake()
    assert pair.client.failure is not None
    assert pair.client.failure.verification
    assert pair.client.fact(VerifyDefect).flag == "hostname"
    assert pair.client.fact(NameCheck) == NameCheck(expected="b.example.net", presented=("a.example.net",))
    assert not pair.client.facts(TlsDone)
    if settings.max_version == "TLSv1.3":
        assert pair.server.alerts("received") == pair.client.alerts("sent") == [42]
    with pytest.raises(AssertionError):
        pair.client.tls_connection.info()


def test_the_server_makes_no_engine_before_the_hello_is_whole(
    backend: Backend, settings: TLSSettings, site: Site
) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    tls_connection = pair.server.tls_connection
    assert isinstance(tls_connection, ServerTlsConnection)
    pair.client.step()
    for piece in list(bytewise(pair.client.take()))[:-1]:
        tls_connection.feed(piece)
        assert tls_connection.handshake() == WANT
        assert tls_connection.engine is None
        assert tls_connection.site is None
        assert not tls_connection.outgoing()
        assert tls_connection.session() is None
    tls_connection.close_notify()
    with pytest.raises(AssertionError):
        tls_connection.write(b"x")
    tls_connection.consume(0)


def test_the_server_decodes_a_hello_that_is_split_over_records(backend: Backend, settings: TLSSettings, site: Site):
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    pair.client.step()
    whole = pair.client.take()[5:]
    for at in range(0, len(whole), 50):
        pair.server.tls_connection.feed(record(22, whole[at : at + 50]))
    pair.server.step()
    assert pair.server.tls_connection.client_hello.server_name == "a.example.net"
    pair.client.tls_connection.feed(pair.server.take())
    pair.shake().exchange()


BAD_HELLOS = [
    ("another-message", record(22, message(16, b"x" * 8)), 10),
    ("application-data", record(23, b"x" * 8), 10),
    ("undecodable", record(22, message(1, b"\3\3" + bytes(50))), 50),
    ("damaged-second-record", record(22, hello("a.example.net")[:9]) + b"GET / HTTP/1.1\r\n", 50),
    ("endless", record(22, b"\1\0\xff\xff" + bytes(16000)) * 3, 80),
    ("too-long-message", record(22, b"\1\xff\xff\xff" + bytes(100)), 50),
]


@pytest.mark.parametrize(("data", "alert"), [row[1:] for row in BAD_HELLOS], ids=[row[0] for row in BAD_HELLOS])
def test_a_bad_first_flight_is_refused_by_the_link_itself(site: Site, data: bytes, alert: int) -> None:
    recorder = Recorder(lambda: 0)
    tls_connection = ServerTlsConnection(None, TLSSettings(), SiteTable([site]), note=recorder.note)
    tls_connection.feed(data)
    with pytest.raises(Exception, match=r"."):
        tls_connection.handshake()
    assert bytes(tls_connection.outgoing()) == encode_alert(alert)
    assert tls_connection.engine is None
    assert [seen.number for seen in recorder.saw(AlertSeen)] == [alert]
    tls_connection.consume(3)
    assert bytes(tls_connection.outgoing()) == encode_alert(alert)[3:]
    tls_connection.consume(4)
    assert not tls_connection.outgoing()


def test_an_alert_in_place_of_a_hello_is_answered_with_nothing(site: Site) -> None:
    tls_connection = ServerTlsConnection(None, TLSSettings(), SiteTable([site]))
    tls_connection.feed(encode_alert(48))
    with pytest.raises(Exception, match="alert in place of a ClientHello"):
        tls_connection.handshake()
    assert not tls_connection.outgoing()


@pytest.mark.parametrize("size", [21, len(GOOD)], ids=["unfinished", "whole"])
def test_the_limit_on_a_hello_is_a_setting_and_depends_on_no_segments(site: Site, size: int) -> None:
    tls_connection = ServerTlsConnection(None, TLSSettings(), SiteTable([site]), max_hello_bytes=20)
    tls_connection.feed(GOOD[:size])
    with pytest.raises(Exception, match="longer than 20 bytes"):
        tls_connection.handshake()
    assert bytes(tls_connection.outgoing()) == encode_alert(80), "internal_error"
    assert MAX_HELLO_BYTES >= 2**14


def test_the_limit_on_an_unfinished_handshake_is_a_setting(site: Site) -> None:
    tls_connection = ServerTlsConnection(None, TLSSettings(), SiteTable([site]), max_handshake_bytes=20)
    tls_connection.feed(GOOD[:20])
    assert tls_connection.handshake() == WANT
    tls_connection.feed(GOOD[20:21])
    with pytest.raises(Exception, match="handshake is longer than 20 bytes"):
        tls_connection.handshake()
    assert bytes(tls_connection.outgoing()) == encode_alert(80), "internal_error"
    assert MAX_HANDSHAKE_BYTES >= MAX_HELLO_BYTES + 100 * 1024, "a chain of client certificates fits"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verify": "none"}, "verify=none"),
        ({"allow_expired": True}, "allow_expired"),
        ({"verify": "chain"}, None),
        ({}, None),
        ({"verify": "none", "pins": ("sha256:" + "0" * 64,)}, None),
    ],
)
def test_a_relaxation_that_is_not_safe_is_said_each_time(
    backend: Backend, ca_pem: bytes, site: Site, changes, words, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        make_pair(backend, backend, settings=TLSSettings(ca=ca_pem, **changes), sites=[site])
    said = [entry.getMessage() for entry in caplog.records if entry.levelno == logging.WARNING]
    assert [words in entry for entry in said] == [True, True] if words else not said


def test_a_bad_certificate_is_found_before_the_first_client(backend: Backend, site: Site) -> None:
    SiteTable([site]).check(backend, TLSSettings())
    with pytest.raises(UsageError):
        SiteTable([site, Site(("b.example.net",), b"nothing")]).check(backend, TLSSettings())


def test_a_certificate_that_went_bad_refuses_clients_and_stops_nothing(
    backend: Backend, settings: TLSSettings, site_pem, tmp_path: Path
) -> None:
    path = tmp_path / "site.pem"
    path.write_bytes(site_pem("a.example.net"))
    sites = [Site(("a.example.net",), path)]
    assert make_pair(backend, backend, settings=settings, sites=sites).shake().ok
    path.write_bytes(b"half a renewal")
    pair = make_pair(backend, backend, settings=settings, sites=sites).shake()
    assert "cannot be served" in pair.server.failure.text
    assert pair.client.alerts("received") == [80]
    path.write_bytes(site_pem("a.example.net", "b.example.net"))
    pair = make_pair(backend, backend, settings=settings, sites=sites).shake()
    assert pair.ok
    assert pair.client.facts(CertificateSeen)[0].dns_names == ("a.example.net", "b.example.net")
