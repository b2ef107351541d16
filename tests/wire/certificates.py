"""Certificates of every shape, made with the cryptography package, for the tests of the X.509 decoder."""

from __future__ import annotations

import datetime
import ipaddress
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

PURPOSES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "codeSigning": ExtendedKeyUsageOID.CODE_SIGNING,
    "anyExtendedKeyUsage": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "1.2.3.4.5": x509.ObjectIdentifier("1.2.3.4.5"),
}
ATTRIBUTES = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
OVERRIDES = {oid: name for name, oid in ATTRIBUTES.items()}
BEGIN = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
END = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)

KEYS: dict[str, Any] = {
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "DSA 2048": lambda: dsa.generate_private_key(2048),
    "EC P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EC P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EC secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "EC brainpoolP256r1": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}


@cache
def private_key(name: str) -> Any:
    """Return the key of that kind, made once."""
    return KEYS[name]()


def name_of(*pairs: tuple[str, str]) -> x509.Name:
    """Return a distinguished name of (short name, text), least specific first."""
    return x509.Name([x509.NameAttribute(ATTRIBUTES[kind], text) for kind, text in pairs])


def make(
    subject: x509.Name,
    issuer: x509.Name | None = None,
    *,
    key: str = "EC P-256",
    hash_: hashes.HashAlgorithm | None = hashes.SHA256(),
    begin: datetime.datetime = BEGIN,
    end: datetime.datetime = END,
    serial: int = 1,
    extensions: tuple[x509.ExtensionType, ...] = (),
    pss: bool = False,
) -> x509.Certificate:
    """Return a certificate signed by its own key, whatever issuer it names."""
    private = private_key(key)
    builder = x509.CertificateBuilder(
        issuer or subject, subject, private.public_key(), serial, begin, end, list[x509.Extension[x509.ExtensionType]]()
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if key.startswith("Ed") else hash_
    extra = {"rsa_padding": padding.PSS(padding.MGF1(hash_), 32)} if pss and hash_ else {}
    return builder.sign(private, algorithm, **extra)


def san(*names: str) -> x509.SubjectAlternativeName:
    """Return a subjectAltName of DNS names and addresses."""
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(found)


def aia(*, issuers: tuple[str, ...] = (), ocsp: tuple[str, ...] = ()) -> x509.AuthorityInformationAccess:
    """Return an authorityInfoAccess with those addresses."""
    kinds = AuthorityInformationAccessOID
    rows = [(kinds.CA_ISSUERS, url) for url in issuers] + [(kinds.OCSP, url) for url in ocsp]
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(kind, x509.UniformResourceIdentifier(url)) for kind, url in rows]
    )
