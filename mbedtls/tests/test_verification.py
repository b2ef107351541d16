"""The one verification policy, as this backend keeps it: each defect by its flag, its depth and its alert.

The verdicts alone are held for all backends together, in tests/tls/test_certificate_matrix.py.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from mbedtls.tests.pump import Notes, shake
from tests.tls.chains import Issued, issue, with_sha1

from wssure.facts import VerifyDefect
from wssure.name import DnsName, ServerName
from wssure.tls.contract import EngineFailed, PeerChain
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

NAME = DnsName("a.example")
ROOT = issue(name="root", is_ca=True)
MIDDLE = issue(ROOT, name="middle", is_ca=True)
LEAF = issue(MIDDLE, "a.example")


def attempt(
    backend: MbedTLSBackend,
    chain: tuple[Issued, ...],
    settings: TLSSettings,
    name: ServerName = NAME,
) -> tuple[EngineFailed | None, Notes]:
    """Connect to a server that shows this chain; return what the client raised and noted."""
    notes = Notes()
    pem = b"".join(issued.pem for issued in chain)
    client = backend.client(settings, name, note=notes)
    server = backend.server(Site(("a.example",), cert=pem, key=chain[0].key_pem), TLSSettings())
    failure, _ = shake(client, server)
    return failure, notes


def trusting(*anchors: Issued) -> TLSSettings:
    return TLSSettings(ca=b"".join(anchor.pem for anchor in anchors))


@pytest.mark.parametrize("sent", [(LEAF, MIDDLE), (LEAF,)], ids=["whole", "cut"])
def test_the_chain_is_told_as_sent_also_after_a_failure(backend: MbedTLSBackend, sent: tuple[Issued, ...]) -> None:
    failure, notes = attempt(backend, sent, trusting(ROOT))
    assert (failure is None) == (MIDDLE in sent)
    assert notes.flags() == (set() if failure is None else {"issuer-not-found"})
    assert notes.of(PeerChain) == [PeerChain(tuple(issued.der for issued in sent))]


WEAK_RSA = rsa.generate_private_key(65537, 1024)
RSA_ROOT = issue(name="rsa root", is_ca=True, key=rsa.generate_private_key(65537, 2048))
STRONG_RSA = rsa.generate_private_key(65537, 2048)
FAULTS = {
    "expired": (issue(ROOT, "a.example", days=(-3, -1)), [(0, "expired")], 45),
    "not yet valid": (issue(ROOT, "a.example", days=(1, 3)), [(0, "not-yet-valid")], 42),
    "self-signed": (issue(None, "a.example"), [(0, "self-signed")], 48),
    "common name only": (issue(ROOT, name="a.example"), [(0, "no-san")], 42),
    "another name": (issue(ROOT, "b.example"), [(0, "hostname")], 42),
    "wildcard below": (issue(ROOT, "*.a.example"), [(0, "hostname")], 42),
    "wildcard over a top-level domain": (issue(ROOT, "*.example"), [(0, "hostname")], 42),
    "partial wildcard": (issue(ROOT, "a*.example"), [(0, "hostname")], 42),
    "for clients": (issue(ROOT, "a.example", eku=("client",)), [(0, "purpose")], 43),
    "key for signing certificates": (issue(ROOT, "a.example", usage=("key_cert_sign",)), [(0, "purpose")], 43),
    "short key": (issue(ROOT, "a.example", key=WEAK_RSA), [(0, "weak-key")], 42),
    "SHA-1": (with_sha1(issue(RSA_ROOT, "a.example"), RSA_ROOT), [(0, "weak-signature")], 42),
    "expired and another name": (issue(ROOT, "b.example", days=(-3, -1)), [(0, "expired"), (0, "hostname")], 45),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_defect_has_its_flag_depth_and_alert(backend: MbedTLSBackend, case: str) -> None:
    leaf, verdicts, alert = FAULTS[case]
    failure, notes = attempt(backend, (leaf,), trusting(ROOT, RSA_ROOT))
    assert failure is not None
    assert failure.verification
    assert [(value.depth, value.flag) for value in notes.of(VerifyDefect)] == verdicts
    assert notes.alerts("sent") == [alert]


ABOVE = {
    "expired intermediate": (issue(ROOT, name="m", is_ca=True, days=(-3, -1)), [(1, "expired")]),
    "intermediate for clients": (issue(ROOT, name="m", is_ca=True, eku=("client",)), [(1, "purpose")]),
    # The library puts the shortness of the signing key down to what it signed.
    "short key of an intermediate": (issue(ROOT, name="m", is_ca=True, key=WEAK_RSA), [(0, "weak-key")]),
    "untrusted root": (issue(None, name="m", is_ca=True), [(1, "self-signed-in-chain")]),
}


@pytest.mark.parametrize("case", ABOVE)
def test_a_defect_above_is_told_with_its_depth(backend: MbedTLSBackend, case: str) -> None:
    middle, verdicts = ABOVE[case]
    failure, notes = attempt(backend, (issue(middle, "a.example"), middle), trusting(ROOT))
    assert failure is not None
    assert [(value.depth, value.flag) for value in notes.of(VerifyDefect)] == verdicts
    assert len(notes.of(PeerChain)[0].certificates) == 2


def pins_of(issued: Issued) -> dict[str, str]:
    spki = issued.certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "key": "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode(),
        "certificate": "sha256:" + hashlib.sha256(issued.der).hexdigest(),
    }


@pytest.mark.parametrize("kind", ["key", "certificate"])
def test_a_pin_alone_decides_and_needs_no_authority(backend: MbedTLSBackend, kind: str) -> None:
    worst = issue(None, "b.example", days=(-3, -1), eku=("client",))
    pin = pins_of(worst)[kind]
    failure, _ = attempt(backend, (worst,), TLSSettings(pins=(pin,)))
    assert failure is None
    failure, notes = attempt(backend, (LEAF, MIDDLE), replace(trusting(ROOT), pins=(pin,), verify="none"))
    assert failure is not None
    assert notes.flags() == {"pin-mismatch"}
    # Of an intermediate it proves nothing about the peer.
    failure, _ = attempt(backend, (LEAF, MIDDLE), replace(trusting(ROOT), pins=(pins_of(MIDDLE)[kind],)))
    assert failure is not None


def test_skipping_the_dates_skips_nothing_else(backend: MbedTLSBackend) -> None:
    old = issue(ROOT, name="m", is_ca=True, days=(-3, -1))
    relaxed = replace(trusting(ROOT), allow_expired=True)
    assert attempt(backend, (issue(old, "a.example", days=(-3, -1)), old), relaxed)[0] is None
    failure, notes = attempt(backend, (issue(old, "b.example", days=(-3, -1)), old), relaxed)
    assert failure is not None
    assert notes.flags() == {"hostname"}


def test_without_verification_the_worst_certificate_passes_and_is_still_shown(
    backend: MbedTLSBackend, version: str
) -> None:
    worst = issue(None, name="x", days=(-3, -1), eku=("client",), usage=("key_cert_sign",))
    settings = TLSSettings(verify="none", min_version=version, max_version=version)
    failure, notes = attempt(backend, (worst,), settings)
    assert failure is None
    assert notes.of(PeerChain) == [PeerChain((worst.der,))]


def test_the_names_of_an_untrusted_path_are_not_read(backend: MbedTLSBackend) -> None:
    rule = x509.NameConstraints([x509.DNSName("b.example")], None)
    stranger = issue(name="stranger", is_ca=True, more=((rule, False),))
    leaf = issue(stranger, "a.example")
    failure, notes = attempt(backend, (leaf,), trusting(stranger))
    assert failure is not None
    assert notes.flags() == {"name-constraints"}
    failure, notes = attempt(backend, (leaf, stranger), trusting(ROOT))
    assert failure is not None
    assert "name-constraints" not in notes.flags()
