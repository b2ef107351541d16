"""Certificates with one fault each, made for this run, shown to a verifying client on every backend."""

from __future__ import annotations

import datetime
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.causes.conftest import NAME
from tests.causes.live import explained, works
from tests.faulty_endpoints.unseen import certificate as unseen
from tests.peers import scripts
from tests.peers.certificates import DAY, Issuer, signed_with_sha1
from tests.peers.listener import listening
from tests.tls.chains import Issued, issue

from wssure import TLSSettings
from wssure.tls.backends import backend as backend_of

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def issuer(ca) -> Issuer:
    return Issuer(ca)


LIMITED = (x509.NameConstraints([x509.DNSName("other.example")], None), False)
UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.2"), b"\x05\x00"), True)


def root(make: Issuer) -> Issued:
    """Return the CA that the client trusts."""
    return Issued(make.certificate, make.key)


def pem(*chain: Issued) -> bytes:
    """Return a chain and the key of its first certificate."""
    return b"".join(one.pem for one in chain) + chain[0].key_pem


def below(*chain: Issued) -> bytes:
    return pem(issue(chain[0], NAME), *chain)


def too_long(make: Issuer) -> bytes:
    zero = issue(root(make), name="zero", is_ca=True, path_length=0)
    return below(issue(zero, name="sub", is_ca=True), zero)


def stranger(name: str) -> bytes:
    """Return a certificate of another CA, and that CA."""
    authority = trustme.CA()
    return Issuer(authority).issue(name) + authority.cert_pem.bytes()


CASES = [
    ("cert.expired", lambda make: make.issue(NAME, start=-30 * DAY, end=-DAY)),
    ("cert.not-yet-valid", lambda make: make.issue(NAME, start=DAY)),
    ("cert.self-signed", lambda make: make.issue(NAME, own=True)),
    ("cert.untrusted-root", lambda make: stranger(NAME)),
    ("cert.chain-incomplete", lambda make: make.issue(NAME, parent=make.below(), aia="http://ca.example.net/i.der")),
    ("cert.hostname", lambda make: make.issue("a.example.net")),
    ("cert.no-san", lambda make: make.issue()),
    ("cert.purpose", lambda make: make.issue(NAME, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)),
    ("cert.weak-key", lambda make: make.issue(NAME, rsa_bits=1024)),
    ("cert.not-a-ca", lambda make: below(issue(root(make), name="middle"))),
    ("cert.path-length", lambda make: too_long(make)),
    ("cert.name-constraints", lambda make: below(issue(root(make), name="middle", is_ca=True, more=(LIMITED,)))),
    ("cert.critical-extension", lambda make: pem(issue(root(make), NAME, more=(UNKNOWN,)))),
    ("cert.bad-signature", lambda make: pem(issue(Issued(make.certificate, issue().key), NAME))),
]


@pytest.mark.parametrize(("cause", "make"), CASES, ids=[case[0] for case in CASES])
def test_each_fault_of_a_certificate_is_named(backend, issuer, serving, ca_pem, cause, make):
    with listening(scripts.over_tls(serving(make(issuer), weak=True), scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    expected = {cause}
    if not backend_of(backend).capabilities.chain_on_failure:
        # What the certificate holds is not seen then: the general cause of the same flag is said instead.
        expected |= {"cert.no-san": {"cert.hostname"}, "cert.chain-incomplete": {"cert.untrusted-root"}}.get(
            cause, set()
        )
    assert failure.cause in expected
    assert failure.stage == "tls"
    assert not failure.transient


def test_an_expired_trust_anchor_is_named_with_its_date(backend, serving):
    old = unseen.issue("Example External Root", None, ca=True, end=-DAY)
    with listening(scripts.over_tls(serving(unseen.chain(unseen.issue(NAME, old, NAME))), scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=old.pem))
    assert failure.cause == "cert.expired"
    if backend_of(backend).capabilities.chain_on_failure:
        ended = old.certificate.not_valid_after_utc.isoformat()
        assert f"Example External Root expired on {ended}" in failure.summary
        assert "trust store" in failure.fix


def test_a_signature_with_sha1(backend, serving):
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    make = Issuer(authority)
    weak = signed_with_sha1(make.issue(NAME), make.key)
    with listening(scripts.over_tls(serving(weak, weak=True), scripts.upgrades())) as port:
        settings = TLSSettings(ca=authority.cert_pem.bytes())
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=settings)
    assert failure.cause == "cert.weak-signature"


def test_a_revoked_certificate(ca, serving, tmp_path):
    """Only a context of the user's own looks at revocation lists: they come with it, or from nowhere."""
    make = Issuer(ca)
    pem = make.issue(NAME)
    now = datetime.datetime.now(datetime.UTC)
    entry = x509.RevokedCertificateBuilder().serial_number(x509.load_pem_x509_certificate(pem).serial_number)
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(make.certificate.subject)
        .last_update(now - DAY)
        .next_update(now + DAY)
        .add_revoked_certificate(entry.revocation_date(now - DAY).build())
        .sign(make.key, hashes.SHA256())
    )
    path = tmp_path / "anchors.pem"
    path.write_bytes(ca.cert_pem.bytes() + revoked.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(cafile=str(path))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    with listening(scripts.over_tls(serving(pem), scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, tls=context)
    assert failure.cause == "cert.revoked"


def test_a_context_that_is_strict_says_so_and_settings_are_not(backend, ca_pem, issuer, serving):
    """Python's own contexts are strict from 3.13 on; what TLSSettings verify is the same on every version and backend."""
    context = ssl.create_default_context(cadata=ca_pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with listening(scripts.over_tls(serving(issuer.issue(NAME, key_id=False)), scripts.upgrades())) as port:
        url = f"wss://{NAME}:{port}/"
        failure = explained(url, address=HERE, tls=context)
        assert works(url, address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert failure.cause == "cert.strict"
    assert "Missing Authority Key Identifier" in failure.summary


def test_an_address_written_as_a_dns_name(backend, ca, ca_pem, serving):
    shown = pem(issue(root(Issuer(ca)), x509.DNSName(HERE)))
    with listening(scripts.over_tls(serving(shown), scripts.upgrades())) as port:
        failure = explained(f"wss://{HERE}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
    if backend_of(backend).capabilities.chain_on_failure:
        assert failure.cause == "cert.ip-as-dns"
        assert f"subjectAltName=IP:{HERE}" in failure.fix


@pytest.mark.parametrize(
    ("flags", "cause", "word"),
    [
        (ssl.VERIFY_CRL_CHECK_LEAF, "cert.no-revocation-status", "no revocation list"),
        (0x80 | 0x100, "cert.refused", "policy"),
    ],
    ids=["crl", "policy"],
)
def test_a_context_that_demands_more_says_what(ca_pem, issuer, serving, flags, cause, word):
    """0x80 and 0x100 are X509_V_FLAG_POLICY_CHECK and X509_V_FLAG_EXPLICIT_POLICY, which have no names in `ssl`."""
    context = ssl.create_default_context(cadata=ca_pem.decode())
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | flags)
    with listening(scripts.over_tls(serving(issuer.issue(NAME)), scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, tls=context)
    assert failure.cause == cause
    assert word in failure.summary


def test_one_certificate_of_an_unknown_issuer_has_both_readings_with_the_count(backend, ca_pem, serving):
    """A missing intermediate is the commoner reading; the summary says that one certificate came."""
    with listening(scripts.over_tls(serving(Issuer(trustme.CA()).issue(NAME)), scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    if not backend_of(backend).capabilities.chain_on_failure:
        return
    assert (failure.cause, failure.confidence) == ("cert.chain-incomplete", "likely")
    assert "1 certificate was sent" in failure.summary
    assert failure.alternatives[0].cause == "cert.untrusted-root"
    assert "1 certificate was sent" in failure.alternatives[0].why
    assert "fullchain.pem" in failure.fix
    assert "if" in failure.fix.splitlines()[1], "an unknown CA is trusted only by a user that knows it"


def test_strict_settings_refuse_on_every_backend_what_a_strict_context_refuses(backend, ca_pem, issuer, serving):
    with listening(scripts.over_tls(serving(issuer.issue(NAME, key_id=False)), scripts.upgrades())) as port:
        url, settings = f"wss://{NAME}:{port}/", TLSSettings(ca=ca_pem, strict=True)
        failure = explained(url, address=HERE, backend=backend, tls=settings)
    assert failure.cause == "cert.strict"
    assert "authorityKeyIdentifier=keyid" in failure.fix


def test_an_empty_trust_store_and_its_fix(backend, serving, ca_pem, tmp_path, monkeypatch):
    empty, own = tmp_path / "empty.pem", tmp_path / "ca.pem"
    empty.write_bytes(b"")
    own.write_bytes(ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with listening(scripts.over_tls(serving(), scripts.upgrades())) as port:
        url = f"wss://{NAME}:{port}/"
        failure = explained(url, address=HERE, backend=backend)
        assert failure.cause == "cert.no-trust-store"
        assert str(empty) in failure.summary
        assert works(url, address=HERE, backend=backend, tls=TLSSettings(ca=own))


def test_a_pin_that_does_not_match(backend, serving, ca_pem):
    pins = ("sha256/" + "A" * 43 + "=",)
    with listening(scripts.over_tls(serving(), scripts.upgrades())) as port:
        failure = explained(
            f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem, pins=pins)
        )
    assert failure.cause == "cert.pin-mismatch"
