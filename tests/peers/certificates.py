"""Certificates with one fault each, and servers that show them. Made for each run; none is ever kept."""

from __future__ import annotations

import base64
import datetime
import ssl
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

NAME = "b.example.net"
DAY = datetime.timedelta(days=1)


class Issuer:
    """Signs certificates that trustme would refuse to make."""

    def __init__(self, ca: trustme.CA) -> None:
        self.certificate = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
        self.key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)

    def issue(
        self,
        *names: str,
        rsa_bits=None,
        start=-DAY,
        end=30 * DAY,
        purpose=None,
        own=False,
        aia="",
        parent=None,
        key_id=True,
    ):
        key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0] if names else NAME)])
        signing, issuer = parent or (self.key, self.certificate.subject)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if own else issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + end)
        )
        if key_id:
            public = (key if own else signing).public_key()
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        if aia:
            where = x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(aia)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([where]), False)
        signed = builder.sign(key if own else signing, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def below(self):
        """Return key and name of an intermediate that is never sent."""
        key = ec.generate_private_key(ec.SECP256R1())
        return key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Intermediate")])


def signed_with_sha1(pem: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """Return a PEM of certificate and key with the certificate signed again by `key`, with SHA-1."""
    # RFC 8017 appendix C: sha256WithRSAEncryption is pkcs-1 11, sha1WithRSAEncryption is pkcs-1 5.
    better, worse = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    certificate = x509.load_pem_x509_certificate(pem)
    body = certificate.tbs_certificate_bytes.replace(better, worse)
    whole = certificate.public_bytes(serialization.Encoding.DER).replace(better, worse)
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA1())
    assert len(signature) == len(certificate.signature)
    resigned = ssl.DER_cert_to_PEM_cert(whole[: -len(signature)] + signature).encode()
    return resigned + pem[pem.index(b"-----BEGIN PRIVATE KEY") :]


# RFC 2409 section 6.2: the second Oakley group, 1024 bits, generator 2.
SMALL_PRIME = bytes.fromhex(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
)


def dh_parameters(prime: bytes) -> str:
    """Return PKCS #3 section 9 parameters as PEM: SEQUENCE of prime and the generator 2."""
    inside = b"\x02\x81" + bytes((len(prime) + 1, 0)) + prime + b"\x02\x01\x02"
    text = base64.encodebytes(b"\x30\x81" + bytes((len(inside),)) + inside).decode()
    return f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n"


def server_context(path: Path, *, weak: bool = False) -> ssl.SSLContext:
    """Return a server that shows the chain and uses the key in one PEM file; `weak` allows what is too weak for today."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(path)
    return context
