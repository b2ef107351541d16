"""Certificates with exactly the property a test is about, made for this run."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.tls.certificates import general_names

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
DAY = datetime.timedelta(days=1)
PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True)
class Issued:
    """A certificate and its key; what it signs names it as the issuer."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return key_pem(self.key)


def key_pem(key: Key, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def issue(
    issuer: Issued | None = None,
    *dns: str,
    name: str = "a.example",
    is_ca: bool = False,
    key: Key | None = None,
    days: tuple[int, int] = (-1, 30),
    eku: tuple[str, ...] = (),
    usage: tuple[str, ...] = (),
) -> Issued:
    """Return a certificate; without an issuer it signs itself.

    Args:
        issuer: Who signs it.
        dns: The names and IP addresses of its SAN; none means no SAN at all.
        name: Its common name.
        is_ca: Whether it may sign others.
        key: Its key; a new one on P-256 if None.
        days: When it begins and ends, in days from now.
        eku: `server`, `client`; none means no such extension.
        usage: Bits of the key usage, such as `digital_signature`; none means no such extension.
    """
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(dns)), False)
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage([PURPOSES[text] for text in eku]), False)
    if usage:
        bits = dict.fromkeys(
            [
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ],
            False,
        )
        builder = builder.add_extension(x509.KeyUsage(**{**bits, **dict.fromkeys(usage, True)}), True)
    signing = issuer.key if issuer else own
    chosen = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Issued(builder.sign(signing, chosen), own)


def with_sha1(issued: Issued, issuer: Issued) -> Issued:
    """Return the same certificate signed with SHA-1, which `cryptography` itself no longer does; the issuer's key is RSA."""
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    # sha256WithRSAEncryption and sha1WithRSAEncryption, equally long. Source: RFC 8017 appendix A.2.4.
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    body = issued.certificate.tbs_certificate_bytes
    weak = body.replace(sha256, sha1)
    signature = issuer.key.sign(weak, padding.PKCS1v15(), hashes.SHA1())
    der = issued.der.replace(body, weak).replace(sha256, sha1).replace(issued.certificate.signature, signature)
    return Issued(x509.load_der_x509_certificate(der), issued.key)
