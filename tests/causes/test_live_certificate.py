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
from tests.peers import scripts
from tests.peers.certificates import DAY, Issuer, signed_with_sha1
from tests.peers.listener import listening

from wssure import TLSSettings
from wssure.tls.backends import backend as backend_of

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def issuer(ca) -> Issuer:
    return Issuer(ca)


CASES = [
    ("cert.expired", lambda make: make.issue(NAME, start=-30 * DAY, end=-DAY)),
    ("cert.not-yet-valid", lambda make: make.issue(NAME, start=DAY)),
    ("cert.self-signed", lambda make: make.issue(NAME, own=True)),
    ("cert.untrusted-root", lambda make: Issuer(trustme.CA()).issue(NAME)),
    ("cert.chain-incomplete", lambda make: make.issue(NAME, parent=make.below(), aia="http://ca.example.net/i.der")),
    ("cert.hostname", lambda make: make.issue("a.example.net")),
    ("cert.no-san", lambda make: make.issue()),
    ("cert.purpose", lambda make: make.issue(NAME, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)),
    ("cert.weak-key", lambda make: make.issue(NAME, rsa_bits=1024)),
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
