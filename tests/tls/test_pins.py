"""Pins are read in their two forms and match exactly what they name."""

from __future__ import annotations

import base64
import hashlib

import pytest
from tests.tls.certificates import der_of, issue, make_key, spki_of

from wssure.errors import UsageError
from wssure.tls.pins import Pins, parse_pins


def test_a_key_pin_survives_a_renewed_certificate_and_a_certificate_pin_does_not(ca) -> None:
    key = make_key()
    old, new = issue(ca, "a.example.net", key=key), issue(ca, "a.example.net", key=key)
    by_key = parse_pins(["sha256/" + base64.b64encode(hashlib.sha256(spki_of(old)).digest()).decode()])
    by_certificate = parse_pins(["sha256:" + hashlib.sha256(der_of(old)).hexdigest()])
    assert by_key.match(der_of(old))
    assert by_key.match(der_of(new))
    assert by_certificate.match(der_of(old))
    assert not by_certificate.match(der_of(new))
    other = der_of(issue(ca, "a.example.net"))
    assert not by_key.match(other)
    assert not by_certificate.match(other)
    both = Pins(by_key.keys, by_certificate.certificates)
    assert both.match(der_of(old))
    assert not both.match(None)
    assert not both.match(b"no certificate")


def test_the_fingerprint_openssl_prints_is_a_pin() -> None:
    digest = hashlib.sha256(b"x").digest()
    printed = "SHA256:" + ":".join(f"{byte:02X}" for byte in digest)
    assert parse_pins([printed]).certificates == {digest}
    assert bool(parse_pins([printed]))
    assert not parse_pins([])


@pytest.mark.parametrize(
    "pin",
    ["", "sha256", "sha256/", "sha256/abc", "sha256/" + "A" * 40, "sha1:" + "0" * 40, "sha256:" + "0" * 63, "md5/AAAA"],
)
def test_what_is_no_pin_is_a_usage_error(pin: str) -> None:
    with pytest.raises(UsageError, match="expected sha256/BASE64") as caught:
        parse_pins([pin])
    assert caught.value.failure.cause == "usage.pins"
    with pytest.raises(UsageError):
        parse_pins([None])
