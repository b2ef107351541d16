"""Fuzz target: the names of a certificate and the name constraints above it."""

from __future__ import annotations

from wssure.facts import VerifyDefect
from wssure.tls.constraints import constraint_defect
from wssure.tls.defects import detailed


def _der(tag: int, contents: bytes) -> bytes:
    return bytes([tag, 0x82]) + len(contents).to_bytes(2, "big") + contents


def _certificate(extension: bytes, value: bytes) -> bytes:
    """Make a certificate with a correct structure and one extension (the last byte of 2.5.29.x) with any contents."""
    identifier = _der(0x06, b"\x55\x1d" + extension)
    extensions = _der(0xA3, _der(0x30, _der(0x30, identifier + _der(0x04, value))))
    times = _der(0x30, _der(0x17, b"200101000000Z") * 2)
    key = _der(0x30, _der(0x30, _der(0x06, b"\x2a\x03")) + _der(0x03, b"\0"))
    # serialNumber, signature, issuer, validity, subject, key.
    body = _der(0x02, b"\x01") + _der(0x30, b"") + _der(0x30, b"") + times + _der(0x30, b"") + key + extensions
    return _der(0x30, _der(0x30, body) + _der(0x30, _der(0x06, b"\x2a\x03")) + _der(0x03, b"\0"))


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """No input causes an exception, and a reason is safe to print."""
    at = data[0] if data else 0
    path = [_certificate(b"\x11", data[1 : 1 + at]), _certificate(b"\x1e", data[1 + at :])]
    found = constraint_defect(path, common_name=True)
    assert found is None or (found[0] in (0, 1) and found[1].isprintable())
    detailed(VerifyDefect(None, "name-constraints"), path)


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
