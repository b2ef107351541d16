"""Endpoints whose certificate has one fault."""

from __future__ import annotations

import datetime

import trustme
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.faulty_endpoints.endpoint import Endpoint, Material, secured, showing
from tests.peers.certificates import DAY, NAME, Issuer, signed_with_sha1
from tests.peers.listener import listening
from tests.peers.scripts import over_tls, upgrades

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
OPEN = upgrades()
A_PIN = ("--pin", "sha256/" + "A" * 43 + "=")


def shows(name: str, cause: str, make, **more) -> Endpoint:
    return Endpoint(name, cause, showing(make, OPEN), **more)


def without_intermediate(material: Material) -> bytes:
    issuer = material.issuer
    return issuer.issue(NAME, parent=issuer.below(), aia="http://ca.example.net/i.der")


def of_a_private_ca(material: Material) -> bytes:
    authority = trustme.CA()
    return material.issued(ca=authority) + authority.cert_pem.bytes()


def weakly_signed(material: Material):
    """Show a certificate that the same CA key signed with SHA-1; that CA is RSA, so it has to be added to the trusted."""
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    with material.ca_file.open("ab") as anchors:
        anchors.write(authority.cert_pem.bytes())
    make = Issuer(authority)
    return listening(over_tls(material.context(signed_with_sha1(make.issue(NAME), make.key), weak=True), OPEN))


ENDPOINTS = (
    shows("expired", "cert.expired", lambda all_: all_.issuer.issue(NAME, start=-30 * DAY, end=-DAY)),
    shows("expired-long-ago", "cert.expired", lambda all_: all_.issuer.issue(NAME, start=-999 * DAY, end=-900 * DAY)),
    shows("from-the-future", "cert.not-yet-valid", lambda all_: all_.issuer.issue(NAME, start=datetime.timedelta(hours=2))),
    shows("signed-by-itself", "cert.self-signed", lambda all_: all_.issuer.issue(NAME, own=True)),
    shows("private-ca", "cert.untrusted-root", of_a_private_ca),
    shows("one-certificate-of-an-unknown-issuer", "cert.chain-incomplete", lambda all_: all_.issued(ca=trustme.CA())),
    shows("no-intermediate", "cert.chain-incomplete", without_intermediate),
    shows("other-name", "cert.hostname", lambda all_: all_.issued("a.example.net")),
    shows("wildcard-one-label-short", "cert.hostname", lambda all_: all_.issued("*.net")),
    shows("no-subject-alternative-name", "cert.no-san", lambda all_: all_.issuer.issue()),
    shows("for-clients", "cert.purpose", lambda all_: all_.issuer.issue(NAME, purpose=CLIENT)),
    shows("rsa-1024", "cert.weak-key", lambda all_: all_.issuer.issue(NAME, rsa_bits=1024)),
    Endpoint("sha1", "cert.weak-signature", weakly_signed),
    Endpoint("other-pin", "cert.pin-mismatch", secured(OPEN), flags=A_PIN),
    shows("inspected", "proxy.intercepts-tls", lambda all_: all_.issued(ca=trustme.CA(organization_name="Zscaler Inc."))),
)  # fmt: skip
