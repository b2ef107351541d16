"""Alerts: each is noted once, with number, direction and whether it was encrypted, also in a library that keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mbedtls.tests.pump import Notes, move, read_all, shake

from wssure.facts import AlertSeen, CertificateRequested, LibraryWords, OwnError, VerifyDefect
from wssure.name import DnsName
from wssure.tls.contract import CLOSED, WANT, EngineFailed, PeerChain
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import find_client_hello
from wssure.wire.hello_encode import encode_client_hello, records
from wssure_mbedtls.backend import MbedTLSBackend

NAME = DnsName("a.example")


@pytest.fixture
def settings(ca_pem: bytes, version: str) -> TLSSettings:
    return TLSSettings(ca=ca_pem, min_version=version, max_version=version)


def test_a_damaged_record_is_answered_with_an_alert_both_sides_see(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings
) -> None:
    mine, theirs = Notes(), Notes()
    client, server = backend.client(settings, NAME, note=mine), backend.server(site, settings, note=theirs)
    assert shake(client, server) == [None, None]
    server.write(b"x" * 100)
    data = bytearray(server.outgoing())
    server.consume(len(data))
    data[-1] ^= 1
    client.feed(data)
    with pytest.raises(EngineFailed) as caught:
        read_all(client)
    assert caught.value.number == -0x7180
    move(client, server)
    with pytest.raises(EngineFailed):
        read_all(server)
    for notes, direction in ((mine, "sent"), (theirs, "received")):
        [alert] = notes.of(AlertSeen)
        assert (alert.direction, alert.number, alert.name) == (direction, 20, "bad_record_mac")
        assert alert.encrypted
        assert alert.after_done


def test_the_alert_for_an_old_version_is_a_record_that_its_client_reads(backend: MbedTLSBackend, site: Site) -> None:
    client, server = backend.client(TLSSettings(verify="none"), NAME), backend.server(site, TLSSettings())
    client.handshake()
    hello = find_client_hello(bytes(client.outgoing()))
    kept = [(one.id, one.data) for one in hello.extensions if one.id not in {43, 51}]  # supported_versions, key_share
    server.feed(records(encode_client_hello(hello, legacy_version=0x0302, extensions=kept)))
    with pytest.raises(EngineFailed):
        server.handshake()
    # RFC 5246 section 7.2: alert, a version of SSL 3 or TLS, two bytes, fatal, protocol_version.
    assert bytes(server.outgoing())[:2] + bytes(server.outgoing())[3:] == bytes((21, 3, 0, 2, 2, 70))


def test_a_failed_engine_fails_again_the_same_way_and_sends_nothing_more(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings
) -> None:
    client, server = backend.client(settings, NAME), backend.server(site, settings)
    assert shake(client, server) == [None, None]
    client.feed(b"\x17\x03\x03\x00\x20" + bytes(32))
    numbers = []
    for _ in range(2):
        with pytest.raises(EngineFailed) as caught:
            client.read_into(bytearray(10))
        numbers.append(caught.value.number)
    with pytest.raises(EngineFailed):
        client.write(b"x")
    assert numbers == [-0x7180, -0x7180]
    sent = len(client.outgoing())
    client.close_notify()
    assert len(client.outgoing()) == sent


FIRST_BYTES = [
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="http"),
    pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="ssh"),
    pytest.param(b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", id="empty server hello"),
]


@pytest.mark.parametrize("data", FIRST_BYTES)
def test_what_is_no_tls_is_answered_with_one_alert(backend: MbedTLSBackend, settings: TLSSettings, data: bytes) -> None:
    notes = Notes()
    client = backend.client(settings, NAME, note=notes)
    assert client.handshake() == WANT
    client.consume(len(client.outgoing()))
    client.feed(data)
    with pytest.raises(EngineFailed):
        client.handshake()
    assert len(notes.of(AlertSeen)) == 1
    assert bytes(client.outgoing())[:5] == b"\x15\x03\x03\x00\x02"
    assert not notes.of(VerifyDefect)
    assert not notes.of(PeerChain)
    [library] = notes.of(LibraryWords)
    assert "certificate" not in library.text.lower(), "none arrived"


@pytest.mark.parametrize("number", [40, 48, 70, 112])
def test_a_plaintext_alert_in_place_of_an_answer_is_noted_with_its_number(
    backend: MbedTLSBackend, settings: TLSSettings, number: int
) -> None:
    notes = Notes()
    client = backend.client(settings, NAME, note=notes)
    client.handshake()
    client.consume(len(client.outgoing()))
    client.feed(bytes([0x15, 3, 3, 0, 2, 2, number]))
    with pytest.raises(EngineFailed) as caught:
        client.handshake()
    assert caught.value.number == -0x7780
    [alert] = notes.of(AlertSeen)
    assert (alert.direction, alert.number, alert.encrypted) == ("received", number, False)
    assert len(client.outgoing()) == 0, "an alert is not answered"


def test_a_plaintext_alert_among_encrypted_records_is_no_damage(
    backend: MbedTLSBackend, site: Site, settings: TLSSettings, version: str
) -> None:
    """OpenSSL's client refuses a TLS 1.3 certificate like this: its peer already encrypts."""
    if version != "TLSv1.3":
        pytest.skip("in TLS 1.2 nothing is encrypted yet")
    notes = Notes()
    client, server = backend.client(settings, NAME), backend.server(site, settings, note=notes)
    client.handshake()
    move(client, server)
    assert server.handshake() == WANT
    server.consume(len(server.outgoing()))
    server.feed(bytes([0x15, 3, 3, 0, 2, 2, 48]))
    with pytest.raises(EngineFailed) as caught:
        server.handshake()
    assert caught.value.number == -0x7780
    assert notes.alerts("received") == [48]
    assert not notes.alerts("sent"), "to a peer that gave up nothing more is said"
    assert len(server.outgoing()) == 0


def test_an_end_of_file_is_told_from_a_close(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    for clean in (True, False):
        client, server = backend.client(settings, NAME), backend.server(site, settings)
        assert shake(client, server) == [None, None]
        server.write(b"last")
        if clean:
            server.close_notify()
        move(server, client)
        client.eof()
        buffer = bytearray(10)
        assert client.read_into(buffer) == 4
        if clean:
            assert client.read_into(buffer) == CLOSED
        else:
            with pytest.raises(EngineFailed) as caught:
                client.read_into(buffer)
            assert caught.value.number == -0x7280


def test_small_messages_are_not_taken_for_alerts(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    notes = Notes()
    client, server = backend.client(settings, NAME), backend.server(site, settings, note=notes)
    assert shake(client, server) == [None, None]
    for size in range(1, 40):
        client.write(bytes(size))
        move(client, server)
        assert read_all(server) == bytes(size)
    assert not notes.of(AlertSeen)


def test_a_request_for_a_certificate_is_noted_where_only_the_engine_sees_it(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, settings: TLSSettings, version: str
) -> None:
    for asked in (True, False):
        notes = Notes()
        client = backend.client(settings, NAME, note=notes)
        server = backend.server(replace(site, client_ca=ca_pem) if asked else site, settings)
        shake(client, server)
        assert bool(notes.of(CertificateRequested)) == (asked and version == "TLSv1.3")


def test_a_record_larger_than_any_is_named(backend: MbedTLSBackend, settings: TLSSettings) -> None:
    notes = Notes()
    client = backend.client(settings, NAME, note=notes)
    client.handshake()
    client.consume(len(client.outgoing()))
    client.feed(b"\x16\x03\x03\xff\xff" + bytes(100))
    with pytest.raises(EngineFailed):
        client.handshake()
    assert notes.of(OwnError) == [OwnError("record-too-large")]
    assert notes.alerts("sent") == [22]


def test_our_own_reasons_are_told_in_common_words(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, settings: TLSSettings
) -> None:
    guarded = replace(site, client_ca=ca_pem)
    notes = Notes()
    shake(backend.client(settings, NAME), backend.server(guarded, settings, note=notes))
    assert notes.of(OwnError) == [OwnError("no-client-certificate")]
    notes = Notes()
    shake(backend.client(settings, DnsName("b.example"), note=notes), backend.server(site, settings))
    assert notes.flags() == {"hostname"}
    assert not notes.of(OwnError), "a refused certificate is a verdict, not a failure of ours"


def retry_with(group: int, session_id: bytes) -> bytes:
    """Return a HelloRetryRequest that asks for a group. Source: RFC 8446 section 4.1.4."""
    random = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
    extensions = b"\x00\x2b\x00\x02\x03\x04" + b"\x00\x33\x00\x02" + group.to_bytes(2, "big")
    body = b"\x03\x03" + random + bytes([len(session_id)]) + session_id + b"\x13\x01\x00"
    body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


@pytest.mark.parametrize("group", [0x001B, 0x9999, 0x001D])
def test_a_retry_with_a_group_we_did_not_offer_is_refused(backend: MbedTLSBackend, ca_pem: bytes, group: int) -> None:
    if not backend.capabilities.tls13:
        pytest.skip(f"{backend.version} has no TLS 1.3")
    notes = Notes()
    client = backend.client(TLSSettings(ca=ca_pem), NAME, note=notes)
    client.handshake()
    hello = find_client_hello(bytes(client.outgoing()))
    assert 0x001B not in hello.groups
    client.consume(len(client.outgoing()))
    client.feed(retry_with(group, hello.session_id))
    with pytest.raises(EngineFailed):
        client.handshake()
    assert notes.alerts("sent") == [47]


def test_a_second_hello_carries_the_name_again(backend: MbedTLSBackend, ca_pem: bytes) -> None:
    if not backend.capabilities.tls13:
        pytest.skip(f"{backend.version} has no TLS 1.3")
    client = backend.client(TLSSettings(ca=ca_pem), NAME)
    client.handshake()
    session_id = find_client_hello(bytes(client.outgoing())).session_id
    client.consume(len(client.outgoing()))
    client.feed(retry_with(0x0018, session_id))
    assert client.handshake() == WANT
    sent = bytes(client.outgoing())
    hello = find_client_hello(sent[6:] if sent[0] == 0x14 else sent)
    assert hello.server_name == "a.example"


def test_a_client_without_a_common_group_is_told_from_one_without_a_common_cipher(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes
) -> None:
    settings = TLSSettings(ca=ca_pem, max_version="TLSv1.2")
    client = backend.client(settings, NAME)
    client.handshake()
    flight = bytes(client.outgoing())
    hello = find_client_hello(flight)
    groups = next(extension for extension in hello.extensions if extension.id == 10).data
    alien = groups[:2] + b"\x00\x1b" * ((len(groups) - 2) // 2)
    notes = Notes()
    server = backend.server(site, settings, note=notes)
    server.feed(
        flight.replace(
            b"\x00\x0a" + len(groups).to_bytes(2, "big") + groups, b"\x00\x0a" + len(groups).to_bytes(2, "big") + alien
        )
    )
    with pytest.raises(EngineFailed):
        server.handshake()
    assert notes.of(OwnError) == [OwnError("no-common-group")]
