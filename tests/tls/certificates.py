"""Certificates with exactly one fault each, made for this run."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def make_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def issue(
    ca: trustme.CA | None,
    *names: str,
    common_name: str = "a.example.net",
    start: datetime.timedelta = -DAY,
    end: datetime.timedelta = 30 * DAY,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return chain and key in one PEM; without a CA the certificate signs itself, without names it has no SAN."""
    own = key or make_key()
    now = datetime.datetime.now(datetime.UTC)
    if ca is None:
        issuer, signing = _name(common_name), own
    else:
        issuer = x509.load_pem_x509_certificate(ca.cert_pem.bytes()).subject
        signing = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    certificate = builder.sign(signing, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM) + key_pem(own)


def certificate_of(pem: bytes) -> x509.Certificate:
    """Return the first certificate of a PEM."""
    return x509.load_pem_x509_certificate(pem)


def der_of(pem: bytes) -> bytes:
    return certificate_of(pem).public_bytes(serialization.Encoding.DER)


def spki_of(pem: bytes) -> bytes:
    return (
        certificate_of(pem)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
