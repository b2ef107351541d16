"""The contract every engine keeps, run for each client and server backend and each TLS version, in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tls.certificates import DAY, der_of, issue
from tests.tls.pair import Pair, bytewise, make_pair, whole

from wssure.facts import (
    AlertSeen,
    CertificateRequested,
    CertificateSeen,
    ClientHelloSeen,
    NameCheck,
    NotTlsSeen,
    ServerHelloSeen,
    SiteChosen,
    TlsDone,
    TlsEof,
    VerifyDefect,
)
from wssure.name import DnsName, IpName, NoSNI
from wssure.tls.contract import CLOSED, DONE, WANT, Backend, EngineFailed
from wssure.tls.settings import Site, TLSSettings

pytestmark = pytest.mark.matrix

CERTIFICATE_ALERTS = {42, 43, 45, 46, 48}
BIG = bytes(range(256)) * 400


def test_a_handshake_ends_at_both_ends(client: Backend, server: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site]).shake()
    assert pair.ok, (pair.client.failure, pair.server.failure)
    near, far = pair.client.tls_connection.info(), pair.server.tls_connection.info()
    assert near.version == far.version == settings.max_version
    assert near.alpn == far.alpn == "http/1.1"
    assert near.server_name == far.server_name == pair.hello.server_name == "a.example.net"
    assert not near.resumed
    assert near.peer_certificate == der_of(site.cert)
    assert near.peer_chain[0] == near.peer_certificate
    assert far.peer_certificate is None
    pair.exchange()


def test_a_handshake_notes_what_both_ends_saw(
    client: Backend, server: Backend, settings: TLSSettings, site: Site
) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site]).shake()
    sent, received = pair.client.fact(ClientHelloSeen), pair.server.fact(ClientHelloSeen)
    assert sent == received.replace(direction="sent")
    assert sent.server_name == "a.example.net"
    assert pair.client.fact(ServerHelloSeen) == pair.server.fact(ServerHelloSeen)
    assert pair.client.fact(ServerHelloSeen).version == settings.max_version
    certificates = pair.client.facts(CertificateSeen)
    assert [value.depth for value in certificates] == list(range(len(certificates)))
    assert certificates[0].dns_names == ("a.example.net",)
    assert pair.server.fact(SiteChosen) == SiteChosen(server_name="a.example.net", chosen="a.example.net", refused=None)
    assert pair.client.fact(TlsDone) == pair.server.fact(TlsDone).replace(
        cipher=pair.client.tls_connection.info().cipher
    )
    assert not pair.client.facts(AlertSeen)
    assert not pair.server.facts(AlertSeen)


def test_bytes_may_arrive_one_by_one(client: Backend, server: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site]).shake(bytewise)
    pair.exchange(bytewise)


def test_alpn_is_agreed_or_absent(client: Backend, server: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(client, server, settings=replace(settings, alpn=()), sites=[site]).shake()
    assert pair.client.tls_connection.info().alpn is None
    assert pair.hello.alpn == ()
    pair = make_pair(
        client,
        server,
        settings=replace(settings, alpn=("x", "y")),
        server_settings=TLSSettings(alpn=("y",)),
        sites=[site],
    ).shake()
    assert pair.client.tls_connection.info().alpn == pair.server.tls_connection.info().alpn == "y"
    assert pair.hello.alpn == ("x", "y")


@pytest.mark.parametrize("cut", [whole, bytewise], ids=["whole", "bytewise"])
def test_data_longer_than_a_record_passes_both_ways(
    client: Backend, server: Backend, settings: TLSSettings, site: Site, cut
) -> None:
    data = BIG if cut is whole else BIG[:20000]
    pair = make_pair(client, server, settings=settings, sites=[site]).shake()
    for near, far in ((pair.client, pair.server), (pair.server, pair.client)):
        near.write(data)
        got = bytearray()
        for piece in cut(near.take()):
            far.tls_connection.feed(piece)
            if cut is bytewise:
                got += far.read()
        assert bytes(got) + far.read() == data


def test_a_small_buffer_loses_nothing(backend: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site]).shake()
    pair.exchange()
    pair.client.write(BIG[:5000])
    pair.talk()
    assert pair.server.read(size=7) == BIG[:5000]


def test_reading_nothing_wants_more(backend: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site]).shake()
    assert pair.server.tls_connection.read_into(bytearray(16)) == WANT
    pair.exchange()
    assert pair.client.tls_connection.read_into(bytearray(16)) == WANT


def test_close_notify_is_a_clean_end(client: Backend, server: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site]).shake()
    pair.exchange()
    for near, far in ((pair.client, pair.server), (pair.server, pair.client)):
        near.write(b"last words")
        near.tls_connection.close_notify()
        near.tls_connection.close_notify()
        far.tls_connection.feed(near.take())
        assert far.read() == b"last words"
        assert far.state == CLOSED
        far.tls_connection.eof(clean=True)
        assert far.fact(TlsEof).clean
        assert far.tls_connection.read_into(bytearray(16)) == CLOSED


def test_close_notify_before_the_end_of_the_handshake_is_harmless(backend: Backend, settings: TLSSettings, site: Site):
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    pair.client.tls_connection.close_notify()
    pair.server.tls_connection.close_notify()
    assert not pair.client.take()
    assert pair.shake().ok


@pytest.mark.parametrize("reader", ["client", "server"])
def test_an_end_of_file_without_close_notify_is_truncation(
    client: Backend, server: Backend, settings: TLSSettings, site: Site, reader: str
) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site]).shake()
    pair.exchange()
    near, far = (pair.client, pair.server) if reader == "server" else (pair.server, pair.client)
    near.write(b"half")
    far.tls_connection.feed(near.take())
    far.tls_connection.eof()
    assert far.read() == b"half"
    assert far.failure is not None
    assert far.fact(TlsEof).after == "done"
    assert not far.fact(TlsEof).clean


def test_an_end_of_file_in_the_handshake_fails_it(backend: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    pair.client.step()
    pair.client.take()
    pair.client.tls_connection.eof()
    pair.client.step()
    assert pair.client.failure is not None
    assert not pair.client.take(), "an alert for nothing that came"
    assert pair.client.fact(TlsEof) == TlsEof(clean=False, after="client_hello", bytes_received=0)
    assert not pair.client.facts(CertificateSeen)
    assert not pair.client.facts(VerifyDefect)
    for count, after in ((0, "nothing"), (20, "nothing"), (None, "client_hello")):
        side = make_pair(backend, backend, settings=settings, sites=[site])
        side.client.step()
        side.server.tls_connection.feed(side.client.take()[:count])
        if count is None:
            side.server.step()
            side.server.take()
        side.server.tls_connection.eof()
        side.server.step()
        assert side.server.failure is not None
        assert not side.server.take()
        assert side.server.fact(TlsEof).after == (after if count is not None else "server_hello")


def test_what_is_no_tls_is_kept_for_the_explanation(backend: Backend, settings: TLSSettings, site: Site) -> None:
    answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    pair.client.step()
    pair.client.take()
    pair.client.tls_connection.feed(answer)
    pair.client.step()
    assert pair.client.failure is not None
    assert pair.client.fact(NotTlsSeen).hex == answer.hex()
    pair.server.tls_connection.feed(b"GET / HTTP/1.1\r\n")
    pair.server.step()
    assert pair.server.failure is not None
    assert pair.server.fact(NotTlsSeen).text.startswith("GET / HTTP/1.1")
    assert pair.server.tls_connection.first_bytes.startswith(b"GET /")
    assert not pair.server.take()


# Verification. One fault each; every backend finds it, says it by flag, and tells the peer by alert.

NAME = DnsName("a.example.net")
FAULTS = {
    "expired": ({"end": -DAY / 2}, NAME, {"expired"}),
    "not-yet-valid": ({"start": DAY}, NAME, {"not-yet-valid"}),
    "hostname": ({"names": ("b.example.net",)}, NAME, {"hostname"}),
    "no-san": ({"names": ()}, NAME, {"no-san"}),
    "ip-mismatch": ({"names": ("192.0.2.1",)}, IpName("192.0.2.2"), {"ip-mismatch"}),
    "ip-in-dns-name": ({"names": ("a.example.net",)}, IpName("192.0.2.2"), {"ip-mismatch"}),
    "self-signed": ({"ca": None}, NAME, {"self-signed"}),
    "untrusted-root": ({"ca": "other"}, NAME, {"issuer-not-found", "self-signed-in-chain"}),
    "purpose": ({"purpose": "client"}, NAME, {"purpose"}),
}


def faulty(fault: dict, ca, other_ca) -> bytes:
    from cryptography.x509.oid import ExtendedKeyUsageOID

    chosen = dict(fault)
    names = chosen.pop("names", ("a.example.net",))
    issuer = {"other": other_ca, None: None}.get(chosen.pop("ca", "tests"), ca)
    if chosen.pop("purpose", None):
        chosen["purpose"] = ExtendedKeyUsageOID.CLIENT_AUTH
    if "end" in chosen:
        chosen["start"] = -2 * DAY
    return issue(issuer, *names, **chosen)


@pytest.fixture(scope="module")
def other_ca():
    import trustme

    return trustme.CA()


@pytest.fixture(scope="module")
def bad_pems(ca, other_ca) -> dict[str, bytes]:
    """A certificate for each fault."""
    return {fault: faulty(FAULTS[fault][0], ca, other_ca) for fault in FAULTS}


def test_a_bad_certificate_is_refused_and_the_server_is_told(
    client: Backend, server: Backend, settings: TLSSettings, bad_pems: dict[str, bytes]
) -> None:
    for fault in FAULTS:
        refused_and_told(client, server, settings, bad_pems[fault], fault)


def refused_and_told(client: Backend, server: Backend, settings: TLSSettings, pem: bytes, fault: str) -> None:
    _, name, flags = FAULTS[fault]
    pair = make_pair(client, server, settings=settings, sites=[Site(("a.example.net",), pem)], name=name).shake()
    assert pair.client.failure is not None, fault
    assert pair.client.failure.verification
    found = {value.flag for value in pair.client.facts(VerifyDefect)}
    assert found & flags, (fault, found)
    if client.capabilities.chain_on_failure:
        assert pair.client.tls_connection.peer_chain[0] == der_of(pem)
        assert pair.client.facts(CertificateSeen)[0].depth == 0
        if fault in ("hostname", "no-san", "ip-mismatch", "ip-in-dns-name"):
            assert pair.client.fact(NameCheck).expected == str(name)
    (number,) = pair.client.alerts("sent")
    assert number in CERTIFICATE_ALERTS
    assert pair.server.failure is not None
    assert pair.server.alerts("received") == [number]
    assert not pair.client.facts(TlsDone)


RELAXED = {
    "full": {},
    "chain": {"verify": "chain"},
    "expired": {"allow_expired": True},
    "none": {"verify": "none"},
    "pin": {"pins": "own"},
    "chain+expired": {"verify": "chain", "allow_expired": True},
    "all": {"verify": "none", "allow_expired": True, "pins": "own"},
}
FORGIVEN = {
    "full": set(),
    "chain": {"hostname", "no-san", "ip-mismatch", "ip-in-dns-name"},
    "expired": {"expired", "not-yet-valid"},
    "none": set(FAULTS),
    "pin": set(FAULTS),
    "chain+expired": {"hostname", "no-san", "ip-mismatch", "ip-in-dns-name", "expired", "not-yet-valid"},
    "all": set(FAULTS),
}


def pin_of(pem: bytes) -> str:
    import hashlib

    return "sha256:" + hashlib.sha256(der_of(pem)).hexdigest()


@pytest.mark.parametrize("relaxation", RELAXED)
def test_a_relaxation_forgives_its_own_fault_only_and_never_touches_sni(
    client: Backend, settings: TLSSettings, bad_pems: dict[str, bytes], relaxation: str
) -> None:
    for fault, (_, name, _) in FAULTS.items():
        pem = bad_pems[fault]
        changes = dict(RELAXED[relaxation])
        if "pins" in changes:
            changes["pins"] = (pin_of(pem),)
        relaxed = replace(settings, **changes)
        pair = make_pair(client, client, settings=relaxed, sites=[Site(("a.example.net",), pem)], name=name).shake()
        assert pair.ok == (fault in FORGIVEN[relaxation]), (fault, pair.client.failure)
        assert pair.hello.server_name == (name.name if isinstance(name, DnsName) else None)


def test_a_backend_obeys_the_settings_it_gets(backend: Backend) -> None:
    settings = TLSSettings(verify="chain", allow_expired=True)
    assert backend.effective(settings) == settings


@pytest.mark.parametrize("verify", ["full", "chain", "none"])
def test_a_pin_that_does_not_match_refuses_whatever_else_is_set(
    client: Backend, server: Backend, settings: TLSSettings, site: Site, site_pem, verify: str
) -> None:
    other = pin_of(site_pem("other.example.net"))
    pair = make_pair(client, server, settings=replace(settings, verify=verify, pins=(other,)), sites=[site]).shake()
    assert pair.client.failure is not None
    assert pair.client.failure.verification
    assert [value.flag for value in pair.client.facts(VerifyDefect)] == ["pin-mismatch"]
    assert pair.server.alerts("received") == pair.client.alerts("sent") == [42]


def test_an_ip_host_is_checked_by_its_address_and_sends_no_sni(
    client: Backend, server: Backend, settings: TLSSettings, site_pem
) -> None:
    for text in ("192.0.2.7", "2001:db8::7"):
        site = Site(("a.example.net",), site_pem(text))
        pair = make_pair(client, server, settings=settings, sites=[site], name=IpName(text)).shake()
        assert pair.ok, pair.client.failure
        assert pair.hello.server_name is None
        assert pair.hello.extension(0) is None
        assert pair.server.tls_connection.info().server_name is None


def test_a_name_without_sni_is_still_checked(
    client: Backend, server: Backend, settings: TLSSettings, site: Site
) -> None:
    for name, good in (("a.example.net", True), ("b.example.net", False)):
        unnamed = NoSNI("a probe", DnsName(name))
        pair = make_pair(client, server, settings=settings, sites=[site], name=unnamed).shake()
        assert pair.ok == good
        assert pair.hello.server_name is None
        if not good:
            assert {value.flag for value in pair.client.facts(VerifyDefect)} == {"hostname"}
            assert pair.server.alerts("received") == [42]


# Client certificates.


def client_material(pem: bytes) -> dict[str, bytes]:
    return {"cert": pem, "key": pem}


def test_a_site_with_client_ca_is_entered_only_with_a_certificate_of_it(
    client: Backend, server: Backend, settings: TLSSettings, ca_pem: bytes, site_pem, other_ca
) -> None:
    guarded = Site(("a.example.net",), site_pem("a.example.net"), client_ca=ca_pem)
    pair = make_pair(
        client, server, settings=replace(settings, **client_material(site_pem("client.example.net"))), sites=[guarded]
    ).shake()
    pair.exchange()
    assert pair.server.tls_connection.info().peer_certificate == der_of(site_pem("client.example.net"))
    assert pair.server.facts(CertificateSeen)[0].dns_names == ("client.example.net",)
    for material, alerts in (({}, {116, 40}), (client_material(issue(other_ca, "c.example.net")), {48, 42})):
        pair = make_pair(client, server, settings=replace(settings, **material), sites=[guarded]).shake()
        assert pair.server.failure is not None
        late = pair.client.state == DONE
        if late:
            pair.client.read()
        assert pair.client.failure is not None
        assert late == (settings.max_version == "TLSv1.3")
        if client.capabilities.alert_received_encrypted or not late:
            (number,) = pair.client.alerts("received")
            assert number in alerts
            assert pair.client.fact(AlertSeen).after_done == late
        if settings.max_version == "TLSv1.2":
            assert pair.client.facts(CertificateRequested)
        assert not pair.client.facts(VerifyDefect)
        assert not pair.client.failure.verification


def test_one_site_demands_a_client_certificate_and_its_neighbour_does_not(
    client: Backend, server: Backend, settings: TLSSettings, ca_pem: bytes, site_pem
) -> None:
    sites = [
        Site(("open.example.net",), site_pem("open.example.net")),
        Site(("shut.example.net",), site_pem("shut.example.net"), client_ca=ca_pem),
    ]
    for name, entered in (("open.example.net", True), ("shut.example.net", False)):
        pair = make_pair(client, server, settings=settings, sites=sites, name=DnsName(name)).shake()
        assert pair.server.state == (DONE if entered else WANT)
        assert (pair.server.failure is None) == entered


# Sites, versions and refusals.


def test_each_site_shows_its_own_certificate(client: Backend, server: Backend, settings: TLSSettings, site_pem) -> None:
    names = ("a.example.net", "b.example.net", "c.example.org")
    sites = [Site((name,), site_pem(name)) for name in names]
    for name in names:
        pair = make_pair(client, server, settings=settings, sites=sites, name=DnsName(name)).shake()
        assert pair.ok
        assert pair.client.tls_connection.info().peer_certificate == der_of(site_pem(name))
        assert pair.server.tls_connection.site is sites[names.index(name)]


REFUSALS = [
    ("unknown", DnsName("x.example.net"), True, 112, 112),
    ("absent", NoSNI("a test"), True, 109, 112),
    ("unknown-close", DnsName("x.example.net"), "close", None, None),
    ("absent-close", NoSNI("a test"), "close", None, None),
]


@pytest.mark.parametrize(
    ("name", "strict", "alert13", "alert12"), [row[1:] for row in REFUSALS], ids=[r[0] for r in REFUSALS]
)
def test_strict_sni_refuses_with_the_alert_of_the_version(
    client: Backend, server: Backend, settings: TLSSettings, site: Site, name, strict, alert13, alert12
) -> None:
    pair = make_pair(client, server, settings=settings, sites=[site], name=name, strict_sni=strict).shake()
    expected = alert13 if settings.max_version == "TLSv1.3" else alert12
    assert pair.server.failure is not None
    assert pair.server.fact(SiteChosen).refused == ("no-name" if isinstance(name, NoSNI) else "unknown-name")
    if expected is None:
        assert not pair.server.sent
        assert pair.client.failure is None
        return
    assert pair.server.alerts("sent") == pair.client.alerts("received") == [expected]
    assert pair.client.failure is not None
    assert pair.client.fact(AlertSeen).encrypted is False


def test_versions_that_do_not_meet_end_in_alert_70(client: Backend, server: Backend, ca_pem: bytes, site: Site) -> None:
    if not (client.capabilities.tls13 and server.capabilities.tls13):
        pytest.skip("this library has no TLS 1.3")
    for here, there in (("TLSv1.2", "TLSv1.3"), ("TLSv1.3", "TLSv1.2")):
        near = TLSSettings(ca=ca_pem, min_version=here, max_version=here)
        far = TLSSettings(min_version=there, max_version=there)
        pair = make_pair(client, server, settings=near, server_settings=far, sites=[site]).shake()
        assert pair.client.failure is not None
        assert pair.server.failure is not None
        assert 70 in pair.client.alerts("received") + pair.server.alerts("received")
        assert not pair.client.facts(CertificateSeen)


# Sessions.


def resume(pair: Pair) -> object:
    """Return the session of a finished pair."""
    pair.exchange()
    session = pair.client.tls_connection.session()
    assert session is not None
    return session


def test_a_session_resumes_on_its_own_site_only(
    client: Backend, server: Backend, settings: TLSSettings, site_pem
) -> None:
    if not client.capabilities.sessions:
        pytest.skip("this library keeps no client sessions")
    sites = [Site((name,), site_pem(name)) for name in ("a.example.net", "b.example.net")]
    session = resume(make_pair(client, server, settings=settings, sites=sites).shake())
    again = make_pair(client, server, settings=settings, sites=sites, session=session).shake()
    assert again.client.tls_connection.info().resumed
    assert again.client.fact(TlsDone).resumed
    assert again.hello.server_name == "a.example.net"
    again.exchange()
    other = make_pair(
        client, server, settings=settings, sites=sites, session=resume(again), name=DnsName("b.example.net")
    ).shake()
    assert not other.client.tls_connection.info().resumed
    assert other.client.tls_connection.info().peer_certificate == der_of(site_pem("b.example.net"))


def test_a_session_of_another_library_is_ignored(backend: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site], session=object()).shake()
    assert pair.ok
    assert not pair.client.tls_connection.info().resumed


# Material.


def test_traffic_secrets_go_to_a_file_of_the_owner_only(
    backend: Backend, settings: TLSSettings, site: Site, tmp_path
) -> None:
    if not backend.capabilities.keylog:
        pytest.skip("this library writes no key log")
    path = tmp_path / "keys.log"
    pair = make_pair(backend, backend, settings=replace(settings, keylog=path), sites=[site]).shake()
    assert pair.ok
    assert path.stat().st_mode & 0o777 == 0o600
    assert pair.hello.random.hex() in path.read_text()


def test_a_key_of_another_certificate_is_a_usage_error(
    backend: Backend, settings: TLSSettings, site: Site, site_pem, ca
) -> None:
    from tests.tls.certificates import key_pem, make_key

    from wssure.errors import UsageError

    wrong = key_pem(make_key())
    with pytest.raises(UsageError, match="does not belong") as caught:
        backend.client(replace(settings, cert=site_pem("c.example.net"), key=wrong), NAME)
    assert caught.value.failure.cause == "usage.key"
    with pytest.raises(UsageError, match="does not belong"):
        backend.server(replace(site, key=wrong), TLSSettings())


BAD_MATERIAL = {
    "ca-no-pem": ({"ca": b"hello"}, "usage.ca"),
    "ca-empty": ({"ca": b""}, "usage.ca"),
    "ca-missing": ({"ca": "/nonexistent/ca.pem"}, "usage.ca"),
    "ca-is-a-key": ({"ca": "key"}, "usage.ca"),
    "cert-no-pem": ({"cert": b"hello"}, "usage.cert"),
    "cert-without-key": ({"cert": "certificate"}, "usage.key"),
    "key-no-pem": ({"cert": "certificate", "key": b"hello"}, "usage.key"),
    "key-encrypted": ({"cert": "certificate", "key": "encrypted"}, "usage.key"),
    "pin": ({"pins": ("sha256/short",)}, "usage.pins"),
}


@pytest.mark.parametrize("case", BAD_MATERIAL)
def test_bad_material_is_a_usage_error_that_says_which(backend: Backend, ca_pem: bytes, case: str) -> None:
    from cryptography.hazmat.primitives import serialization
    from tests.tls.certificates import key_pem, make_key

    from wssure.errors import UsageError

    changes, cause = BAD_MATERIAL[case]
    key = make_key()
    encrypted = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    made = {"key": key_pem(key), "encrypted": encrypted, "certificate": ca_pem}
    changes = {name: made.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    with pytest.raises(UsageError) as caught:
        backend.client(TLSSettings(**{"ca": ca_pem, **changes}), NAME)
    assert caught.value.failure.cause == cause


def test_a_failed_link_fails_again_the_same_way(backend: Backend, settings: TLSSettings, site: Site) -> None:
    pair = make_pair(backend, backend, settings=settings, sites=[site], name=DnsName("b.example.net")).shake()
    for side in (pair.client, pair.server):
        with pytest.raises(EngineFailed) as caught:
            side.tls_connection.handshake()
        assert caught.value is side.failure
