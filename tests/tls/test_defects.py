"""Strict verification and the certificate at fault: the same verdict, defect and certificate on every backend."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tests.tls.certificate_cases import CASES, HOST, Case
from tests.tls.chains import Issued, issue
from tests.tls.conftest import NAMES
from tests.tls.test_certificate_matrix import OWN, contexts, differs, drive, link_of, named, peer

from wssure.diagnose import conclude
from wssure.evidence import Stage
from wssure.facts import VerifyDefect
from wssure.tls.connection import ServerTlsConnection
from wssure.tls.contract import Backend
from wssure.tls.defects import issuer_defect, path_defect, sent_path, with_anchors
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.sites import SiteTable

pytestmark = pytest.mark.every_backend

SIGNING = ("key_cert_sign", "crl_sign")
ROOT = issue(name="good root", is_ca=True, usage=SIGNING, ids=True)
OWN_KEY = ec.generate_private_key(ec.SECP256R1())


def identifiers(key: ec.EllipticCurvePrivateKey, signer: Issued, *, subject: bool = True, authority: bool = True):
    """Return key identifiers as extensions."""
    found: list[tuple[x509.ExtensionType, bool]] = []
    if subject:
        found.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
    if authority:
        signed_by = signer.certificate.public_key()
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by), False))
    return tuple(found)


def middle(**more) -> Issued:
    return issue(ROOT, name="middle", is_ca=True, usage=SIGNING, ids=True, **more)


def below(ca: Issued) -> tuple[Issued, ...]:
    return issue(ca, HOST, ids=True), ca


def ca_with(**more) -> tuple[Issued, ...]:
    return below(issue(ROOT, name="middle", key=OWN_KEY, **{"is_ca": True, "usage": SIGNING, **more}))


def leaf_with(*san, **more) -> tuple[Issued, ...]:
    return (issue(ROOT, *(san or (HOST,)), key=OWN_KEY, **more),)


LOOSE = ((x509.BasicConstraints(True, None), False), *identifiers(OWN_KEY, ROOT))
OLD_ROOT = issue(name="old root", is_ca=True)

# Our word for the defect, the depth of the certificate that has it, what the server sends, and the trust anchor.
STRICT: list[tuple[str, int, tuple[Issued, ...], Issued]] = [
    ("missing-authority-key-id", 0, leaf_with(more=identifiers(OWN_KEY, ROOT, authority=False)), ROOT),
    ("missing-authority-key-id", 1, ca_with(more=identifiers(OWN_KEY, ROOT, authority=False)), ROOT),
    ("missing-subject-key-id", 1, ca_with(more=identifiers(OWN_KEY, ROOT, subject=False)), ROOT),
    ("ca-constraints-not-critical", 1, ca_with(basic=False, more=LOOSE), ROOT),
    ("ca-without-key-usage", 1, ca_with(usage=(), ids=True), ROOT),
    ("ca-without-key-usage", 1, (issue(OLD_ROOT, HOST, ids=True),), OLD_ROOT),
    ("cert-sign-without-ca", 0, leaf_with(usage=("digital_signature", "key_cert_sign"), ids=True), ROOT),
    ("san-not-critical", 0, leaf_with(subject=x509.Name([]), ids=True), ROOT),
]
GOOD = {
    "directly": leaf_with(ids=True),
    "below an intermediate": below(middle()),
    "path length": below(middle(path_length=0)),
    "critical SAN and no subject": leaf_with(subject=x509.Name([]), san_critical=True, ids=True),
}


def ended(backend: Backend, version: str, chain: tuple[Issued, ...], anchor: Issued, **settings):
    case = Case("", chain, True, (anchor,))
    failure, recorder = link_of(case, backend, version, TLSSettings(ca=anchor.pem, **settings))
    return failure, recorder.facts()


@pytest.mark.parametrize(("defect", "depth", "chain", "anchor"), STRICT, ids=[f"{row[0]}-{row[1]}" for row in STRICT])
def test_strict_refuses_what_breaks_a_rule_and_names_the_certificate(
    backend, version, defect, depth, chain, anchor
) -> None:
    assert ended(backend, version, chain, anchor)[0] is None, "it is accepted without strict"
    failure, facts = ended(backend, version, chain, anchor, strict=True)
    assert failure is not None
    assert failure.verification
    found = [fact for fact in facts if isinstance(fact, VerifyDefect)]
    at_fault = (*chain, anchor)[depth].certificate.subject
    assert (found[0].flag, found[0].defect, found[0].depth) == ("strict", defect, depth)
    assert found[0].subject == at_fault.rfc4514_string()
    told = conclude(Stage.TLS, facts)
    assert told.cause == "cert.strict"
    assert str(found[0].text) in told.summary
    assert not told.alternatives


@pytest.mark.parametrize("chain", GOOD.values(), ids=list(GOOD))
def test_strict_accepts_what_keeps_the_rules(backend, version, chain) -> None:
    assert ended(backend, version, chain, ROOT, strict=True)[0] is None


# OpenSSL goes on above a certificate that is trusted itself if its issuer was sent too, and demands the form of both.
DIFFERS = {"path-trusted-itself"}
ACCEPTED = [
    name
    for name, case in CASES.items()
    if case.accepted and case.usable and "client" in case.sides and name not in DIFFERS
]


@pytest.mark.parametrize("kind", sorted({name.partition("-")[0] for name in ACCEPTED}))
def test_strict_has_the_same_verdict_on_every_backend(kind: str) -> None:
    for name in named(kind, ACCEPTED):
        has_the_same_strict_verdict(name)


def has_the_same_strict_verdict(name: str) -> None:
    case, verdicts = CASES[name], {}
    for backend, side, version in contexts(case):
        if side != "client":
            continue
        settings = TLSSettings(ca=b"".join(anchor.pem for anchor in case.anchors))
        if link_of(case, backend, version, settings)[0] is not None:
            continue  # A documented difference, without strict too.
        failure, recorder = link_of(case, backend, version, TLSSettings(ca=settings.ca, strict=True))
        found = [(fact.flag, fact.defect, fact.depth) for fact in recorder.facts() if isinstance(fact, VerifyDefect)]
        verdicts[backend.name, version] = "accepted" if failure is None else found[0]
    # The rules of our own, which a library without them gets, agree with the libraries that have them.
    found = sent_path(with_anchors([one.der for one in case.chain], [anchor.der for anchor in case.anchors]))
    own = path_defect([one.der for one in found], common_name=False, strict=True)
    verdicts["our own rules", ""] = "accepted" if own is None else (own.flag, own.defect, own.depth)
    assert len(set(verdicts.values())) == 1 or (len(verdicts) == 1 and differs(name)), (name, verdicts)
    assert all(verdict == "accepted" or verdict[0] == "strict" for verdict in verdicts.values())


def test_every_backend_is_asked() -> None:
    assert {backend.name for backend, _, _ in contexts(CASES[ACCEPTED[0]])} == set(NAMES)


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "strict"])
def test_a_strict_server_demands_the_same_of_a_client(backend: Backend, version: str, strict: bool) -> None:
    shown = leaf_with(more=identifiers(OWN_KEY, ROOT, authority=False))
    site = Site((HOST,), cert=OWN.pem, key=OWN.key_pem, client_ca=ROOT.pem)
    tls_connection = ServerTlsConnection(backend, TLSSettings(strict=strict), SiteTable([site], None, False))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = peer(version, False, False, shown).wrap_bio(incoming, outgoing, server_hostname=HOST)
    assert drive(tls_connection, other, incoming, outgoing)[0] == ("refused" if strict else "accepted")


# What a library that only says "no issuer" means, by the certificate that has the issuer's name and cannot have signed.
UNFIT = {
    "ca-flag-missing": ("not-a-ca", "no-ca-flag"),
    "ca-no-basic-constraints": ("not-a-ca", "no-basic-constraints"),
    "ca-usage-crl-sign-only": ("not-a-ca", "no-cert-sign"),
    "ca-root-usage-crl-sign-only": ("not-a-ca", "no-cert-sign"),
    "length-0-exceeded": ("path-length", "path-length-exceeded"),
    "signature-forged": ("bad-signature", "signature-mismatch"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_the_reason_for_a_missing_issuer_is_read_from_the_certificates(name: str) -> None:
    case = CASES[name]
    sent = [one.der for one in case.chain]
    issuers = [b"no certificate", *sent, *(anchor.der for anchor in case.anchors)]
    found = [issuer_defect(sent_path(sent), depth, issuers) for depth in range(len(sent))]
    assert UNFIT[name] in [defect[1:] for defect in found if defect is not None]
    assert issuer_defect(sent_path(sent), 0, [b"no certificate"]) is None
