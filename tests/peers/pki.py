"""Certificates that say where their issuer's and their revocation are published, and the answers of such a publisher."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

__all__ = ["DAY", "Holder", "answer", "holder"]

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any = field(repr=False)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def holder(
    name: str,
    issuer: Holder | None = None,
    *,
    ca=False,
    host="",
    aia="",
    ask="",
    purpose=None,
    start=-DAY,
    end=30 * DAY,
    key=None,
):
    """Issue a certificate, for a key of its own unless one is given; by itself where there is no issuer."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
    where = [(AuthorityInformationAccessOID.CA_ISSUERS, aia), (AuthorityInformationAccessOID.OCSP, ask)]
    pointers = [x509.AccessDescription(how, x509.UniformResourceIdentifier(url)) for how, url in where if url]
    if pointers:
        builder = builder.add_extension(x509.AuthorityInformationAccess(pointers), False)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def answer(
    about: Holder,
    issuer: Holder,
    status=ocsp.OCSPCertStatus.GOOD,
    *,
    signer: Holder | None = None,
    called: Holder | None = None,
    this=-DAY / 24,
    until=DAY,
    by_key=False,
) -> bytes:
    """Return an OCSP answer.

    Args:
        about: Whose certificate.
        issuer: Its issuer, as the answer says.
        status: What it says.
        signer: Who signs; the issuer unless given, and its certificate goes along.
        called: Who it says the responder is; the signer unless given.
        this: When it was made, from now.
        until: When there will be a new one, from now; None leaves it out.
        by_key: Whether the responder is called by its key instead of its name.
    """
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    by = signer or issuer
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=about.certificate,
            issuer=issuer.certificate,
            algorithm=hashes.SHA1(),
            cert_status=status,
            this_update=now + this,
            next_update=None if until is None else now + until,
            revocation_time=datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC) if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(encoding, (called or by).certificate)
    )
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING
