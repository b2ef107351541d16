"""Certificates with exactly the property a test is about, and the chains they form, made for this run."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
DAY = datetime.timedelta(days=1)
PURPOSES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "other": x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"),  # RFC 5612: an enterprise number for documentation
}
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


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


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def general_name(text: str | x509.GeneralName) -> x509.GeneralName:
    """Return an address or a network as the IP address it is, any other text as a DNS name."""
    if isinstance(text, x509.GeneralName):
        return text
    for read in (ipaddress.ip_address, ipaddress.ip_network):
        try:
            return x509.IPAddress(read(text))
        except ValueError:
            continue
    return x509.DNSName(text)


def issue(
    issuer: Issued | None = None,
    *san: str | x509.GeneralName,
    name: str = "a.example",
    subject: x509.Name | None = None,
    is_ca: bool = False,
    basic: bool = True,
    path_length: int | None = None,
    key: Key | None = None,
    days: tuple[int, int] = (-1, 30),
    eku: tuple[str, ...] = (),
    usage: tuple[str, ...] = (),
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    san_critical: bool = False,
    pss: bool = False,
    ids: bool = False,
) -> Issued:
    """Return a certificate; without an issuer it signs itself.

    Args:
        issuer: The certificate that signs it.
        san: The names of its SAN; none means no SAN at all.
        name: Its common name.
        subject: Its whole subject, in place of a common name.
        is_ca: Whether it may sign others.
        basic: Whether it has basicConstraints.
        path_length: How many certificates may stand between it and the peer's own.
        key: Its key; a new one on P-256 if None.
        days: When it begins and ends, in days from now.
        eku: `server`, `client`, `any`, `other`; none means no such extension.
        usage: Bits of the key usage, such as `digital_signature`; none means no such extension.
        more: Further extensions, each with its criticality.
        san_critical: Whether its SAN is critical.
        pss: Whether an RSA key signs it with RSASSA-PSS.
        ids: Whether it has identifiers of its own key and its issuer's.
    """
    own = key or ec.generate_private_key(ec.SECP256R1())
    title = common_name(name) if subject is None else subject
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(issuer.certificate.subject if issuer else title)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
    )
    extensions = list(more)
    if basic:
        extensions.append((x509.BasicConstraints(ca=is_ca, path_length=path_length), True))
    if san:
        extensions.append((x509.SubjectAlternativeName([general_name(text) for text in san]), san_critical))
    if eku:
        extensions.append((x509.ExtendedKeyUsage([PURPOSES[text] for text in eku]), False))
    if usage:
        bits = dict.fromkeys(USAGES, False)
        extensions.append((x509.KeyUsage(**{**bits, **dict.fromkeys(usage, True)}), True))
    signing = issuer.key if issuer else own
    if ids:
        extensions.append((x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False))
        extensions.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    chosen = None if isinstance(signing, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()
    extra = {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), 32)} if pss else {}
    return Issued(builder.sign(signing, chosen, **extra), own)


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
