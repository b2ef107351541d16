"""OpenSSL's numbers: packed, unpacked, and put into the words of the vocabulary."""

from __future__ import annotations

import pytest

from wssure.tls.openssl_errors import is_end_of_file, is_pair_mismatch, reason_of, verify_flag

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


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        (10, "expired"),
        (9, "not-yet-valid"),
        (18, "self-signed"),
        (62, "hostname"),
        (64, "ip-mismatch"),
        (25, "path-length"),
        (34, "critical-extension"),
        (47, "name-constraints"),
        (48, "name-constraints"),
        (-1, "other"),
        (4711, "other"),
    ],
    ids=str,
)
def test_a_verification_error_has_a_flag(code: int, flag: str) -> None:
    assert verify_flag(code) == flag
