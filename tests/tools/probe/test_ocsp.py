"""An OCSP answer counts only where the certificate's issuer stands behind it, and where it is of now."""

from __future__ import annotations

import datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests.peers.pki import DAY, OCSP_SIGNING, answer, holder

from wssure.tools.probe.issuers import load
from wssure.tools.probe.ocsp import read_answer

ROOT = holder("Root", ca=True)
LEAF = holder("leaf", ROOT, host="b.example.net")
OTHER = holder("other", ROOT, host="c.example.net")
DELEGATE = holder("Responder", ROOT, purpose=OCSP_SIGNING)
OUTDATED = holder("Responder of then", ROOT, purpose=OCSP_SIGNING, start=-9 * DAY, end=-2 * DAY)
UNNAMED = holder("Server", ROOT)
STRANGER = holder("Root", ca=True)  # the same name, another key
STRANGERS_DELEGATE = holder("Responder", STRANGER, purpose=OCSP_SIGNING)
REVOKED, UNKNOWN = ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
UNAVAILABLE = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)


def read(body: bytes) -> dict:
    return read_answer(body, load(LEAF.der), load(ROOT.der), datetime.datetime.now(datetime.UTC))


PROVED = {
    "signed by the issuer": (answer(LEAF, ROOT), "good"),
    "signed by the issuer, called by its key": (answer(LEAF, ROOT, by_key=True), "good"),
    "signed by whom the issuer named": (answer(LEAF, ROOT, signer=DELEGATE), "good"),
    "without a next one, of now": (answer(LEAF, ROOT, until=None), "good"),
    "revoked": (answer(LEAF, ROOT, REVOKED), "revoked"),
    "unknown": (answer(LEAF, ROOT, UNKNOWN), "unknown"),
}


@pytest.mark.parametrize(("body", "status"), PROVED.values(), ids=PROVED)
def test_an_answer_of_the_issuer_counts(body, status):
    value = read(body)
    assert (value.status, value.problem) == (status, None)


def test_a_revocation_tells_when_and_why():
    value = read(answer(LEAF, ROOT, REVOKED))
    assert value.revoked_at.startswith("2026-03-04")
    assert value.reason == "keyCompromise"


UNPROVED = {
    "about another certificate": (answer(OTHER, ROOT, REVOKED), "about another certificate"),
    "about another issuer's": (answer(LEAF, STRANGER, REVOKED), "about another certificate"),
    "signed by one of the same name": (answer(LEAF, ROOT, REVOKED, signer=STRANGER), "does not verify"),
    "signed by whom nobody named": (answer(LEAF, ROOT, REVOKED, signer=UNNAMED), "signed by nobody"),
    "signed by whom a stranger named": (answer(LEAF, ROOT, REVOKED, signer=STRANGERS_DELEGATE), "signed by nobody"),
    "signed by whom the issuer named once": (answer(LEAF, ROOT, REVOKED, signer=OUTDATED), "signed by nobody"),
    "outdated": (answer(LEAF, ROOT, REVOKED, this=-9 * DAY, until=-DAY), "outdated"),
    "old, without a next one": (answer(LEAF, ROOT, REVOKED, this=-3 * DAY, until=None), "old"),
    "of the future": (answer(LEAF, ROOT, REVOKED, this=DAY, until=2 * DAY), "of the future"),
    "an error": (UNAVAILABLE.public_bytes(Encoding.DER), "try_later"),
    "no answer at all": (b"<html>", "cannot be read"),
    "nothing": (b"", "cannot be read"),
}


@pytest.mark.parametrize(("body", "problem"), UNPROVED.values(), ids=UNPROVED)
def test_any_other_answer_proves_nothing(body, problem):
    value = read(body)
    assert value.status is None
    assert problem in value.problem


def test_no_single_changed_byte_keeps_an_answer_good():
    body = answer(LEAF, ROOT, REVOKED)
    for at in range(len(body)):
        value = read(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
        assert value.status is None or value == read(body), at
