"""Unseen endpoints whose certificate chain has one fault; all else in it is as a public CA would issue it."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.faulty_endpoints.endpoint import HERE, Material, showing
from tests.faulty_endpoints.unseen.entry import Unseen, unseen
from tests.peers.byname import by_name
from tests.peers.certificates import DAY, NAME
from tests.peers.listener import listening
from tests.peers.pki import Holder
from tests.peers.scripts import over_tls, status, upgrades

OPEN = upgrades()
# An extension of a private arc (RFC 5612) that no client knows.
PRIVATE = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")


def root(material: Material) -> Holder:
    return Holder(material.issuer.certificate, material.issuer.key)


def issue(common_name: str, issuer: Holder | None, *names: str, ca: bool = False, end=30 * DAY, also=()) -> Holder:
    """Issue a certificate with the extensions of RFC 5280 section 4.2.1.

    Args:
        common_name: Of the subject.
        issuer: None: signed by its own key.
        names: DNS names.
        ca: Whether it may sign others.
        end: Of its validity, from now.
        also: More extensions, each with whether it is critical.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.UTC)
    signing = issuer.key if issuer else key
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.KeyUsage(True, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if names:
        san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(san, critical=False)
    for extension, critical in also:
        builder = builder.add_extension(extension, critical)
    return Holder(builder.sign(signing, hashes.SHA256()), key)


def chain(leaf: Holder, *above: Holder) -> bytes:
    return leaf.pem + b"".join(one.pem for one in above) + leaf.key_pem


def expired_intermediate(material: Material) -> bytes:
    between = issue("Example R3", root(material), ca=True, end=-DAY)
    return chain(issue(NAME, between, NAME), between)


def expired_root(material: Material) -> bytes:
    """Sign by a root that this client trusts and that has expired."""
    old = issue("Example External Root", None, ca=True, end=-DAY)
    with material.ca_file.open("ab") as anchors:
        anchors.write(old.pem)
    return chain(issue(NAME, old, NAME))


def signed_by_a_leaf(material: Material) -> bytes:
    site = issue("www.example.net", root(material), "www.example.net")
    return chain(issue(NAME, site, NAME), site)


def outside_the_constraints(material: Material) -> bytes:
    only = x509.NameConstraints(permitted_subtrees=[x509.DNSName("corp.example")], excluded_subtrees=None)
    between = issue("Example Corp CA", root(material), ca=True, also=[(only, True)])
    return chain(issue(NAME, between, NAME), between)


def unknown_critical_extension(material: Material) -> bytes:
    private = x509.UnrecognizedExtension(PRIVATE, b"\x05\x00")
    return chain(issue(NAME, root(material), NAME, also=[(private, True)]))


def old_intermediate(material: Material) -> bytes:
    """Send the intermediate of the last certificate with a leaf that a newer intermediate signed."""
    old, new = (issue(name, root(material), ca=True) for name in ("Example R3", "Example R10"))
    return chain(issue(NAME, new, NAME), old)


def ingress(material: Material):
    """Serve one name, and show a self-signed default certificate to every other."""
    fake = issue("Kubernetes Ingress Controller Fake Certificate", None, "ingress.local")
    good = over_tls(material.context(material.issued("a.example.net")), OPEN)
    default = over_tls(material.context(chain(fake)), status(404, "Not Found", body=b"default backend - 404"))
    return listening(by_name({"a.example.net": good}, default))


def shows(name: str, source: str, truth: str, make, **more) -> Unseen:
    return unseen(name, source, truth, showing(make, OPEN), **more)


UNSEEN = (
    shows(
        "expired-intermediate",
        "https://github.com/nodejs/node/issues/33658, RFC 5280 section 6.1.3",
        "The intermediate certificate that the server sends has expired; the server's own certificate has not.",
        expired_intermediate,
    ),
    shows(
        "expired-root",
        "https://github.com/libressl/portable/issues/595",
        "The root certificate in this client's trust store has expired; the server's own certificate has not.",
        expired_root,
    ),
    shows(
        "leaf-as-issuer",
        "https://github.com/chromium/badssl.com/issues/544, RFC 5280 section 4.2.1.9",
        "The certificate was signed by a certificate that is not a CA's (basicConstraints has CA:FALSE).",
        signed_by_a_leaf,
    ),
    shows(
        "outside-name-constraints",
        "https://github.com/openssl/openssl/issues/13758, RFC 5280 section 4.2.1.10",
        "The issuing CA may sign only names below corp.example (name constraints), and the certificate is for another.",
        outside_the_constraints,
    ),
    shows(
        "address-as-dns-name",
        "RFC 9110 section 4.3.5, RFC 2818 section 3.1: an IP address needs an iPAddress entry",
        "The certificate has the IP address as a DNS name, not as an iPAddress, so it does not match the address in the URL.",
        lambda all_: chain(issue(HERE, root(all_), HERE)),
        host=str(ipaddress.ip_address(HERE)),
        address=None,
    ),
    shows(
        "unknown-critical-extension",
        "RFC 5280 section 4.2",
        "The certificate has a critical extension that the client does not know, so it must be rejected.",
        unknown_critical_extension,
    ),
    shows(
        "old-intermediate",
        "https://github.com/curl/curl/issues/2197, https://letsencrypt.org/certificates/ (R3 was followed by R10)",
        "The server sends the wrong intermediate: the one that signed its certificate is missing from the chain.",
        old_intermediate,
    ),
    unseen(
        "ingress-default-certificate",
        "https://kubernetes.github.io/ingress-nginx/user-guide/tls/#default-ssl-certificate",
        "The server has no certificate for the requested name and shows its self-signed default certificate instead.",
        ingress,
    ),
)
