"""OpenSSL's numbers: packed, unpacked, and put into the words of the vocabulary."""

from __future__ import annotations

import pytest

from wssure.diagnose import conclude
from wssure.evidence import Confidence, Stage
from wssure.facts import CertificateSeen, VerifyDefect
from wssure.tls.openssl_errors import is_end_of_file, is_pair_mismatch, reason_of, verify_defect

PACKED = [
    (0x0A000086, (20, 0x86)),  # SSL routines: certificate verify failed
    (0x0A000126, (20, 294)),  # SSL routines: unexpected eof while reading
    (0x05800074, (11, 116)),  # x509 routines: key values mismatch
    (0x80000002, (0, 0)),  # errno 2
    (0, (0, 0)),
]


@pytest.mark.parametrize(("code", "expected"), PACKED, ids=[f"{code:#x}" for code, _ in PACKED])
def test_a_packed_number_holds_library_and_reason(code: int, expected: tuple[int, int]) -> None:
    assert reason_of(code) == expected


def test_only_the_one_number_is_an_end_of_file() -> None:
    assert [code for code, _ in PACKED if is_end_of_file(code)] == [0x0A000126]


def test_only_a_wrong_pair_is_a_pair_mismatch() -> None:
    assert [code for code, _ in PACKED if is_pair_mismatch(code)] == [0x05800074]


FLAGS = {
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",
    25: "path-length",
    34: "critical-extension",
    47: "name-constraints",
    48: "name-constraints",
    62: "hostname",
    64: "ip-mismatch",
    -1: "other",
    4711: "other",
}


@pytest.mark.parametrize(("code", "flag"), FLAGS.items(), ids=map(str, FLAGS))
def test_a_verification_error_has_a_flag(code: int, flag: str) -> None:
    assert verify_defect(code)[0] == flag


# The last number of X509_V_ERR_* in OpenSSL 3.0, 3.6 and 4.0 is 94, 101 and 104; higher ones are of a later version.
@pytest.mark.parametrize("chain", ["seen", "unseen"])
def test_every_verification_error_has_a_cause_that_names_certificate_and_reason(chain: str) -> None:
    for code in range(1, 120):
        names_certificate_and_reason(code, chain)


def names_certificate_and_reason(code: int, chain: str) -> None:
    flag, defect = verify_defect(code)
    seen = (CertificateSeen(0, "CN=a", "CN=b", ("a.example",), has_san=True), CertificateSeen(1, "CN=b", "CN=root"))
    words = f"the words of code {code}"
    fact = (
        VerifyDefect(1, flag, code, words, defect, "CN=b") if chain == "seen" else VerifyDefect(None, flag, code, words)
    )
    failure = conclude(Stage.TLS, (*(seen if chain == "seen" else ()), fact))
    assert failure.cause.startswith("cert."), failure.summary
    assert failure.fix
    assert (
        failure.alternatives == () or failure.confidence is not Confidence.CERTAIN or failure.cause == "cert.hostname"
    )
    if flag in BY_CERTIFICATE and chain == "seen":
        assert 'the CA certificate "CN=b" (number 2 of 2 sent)' in failure.summary
    if flag == "other":
        assert words in failure.summary


BY_CERTIFICATE = frozenset(
    {
        "name-constraints",
        "critical-extension",
        "not-a-ca",
        "bad-signature",
        "malformed",
        "no-revocation-status",
        "strict",
        "other",
    }
)


def test_every_code_that_openssl_defines_has_a_word_of_ours_or_a_flag_that_says_it_all() -> None:
    assert [code for code in range(1, 105) if verify_defect(code) == ("other", None)] == []
