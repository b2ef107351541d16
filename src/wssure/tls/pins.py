"""Parse and match pins: the only public keys or certificates that are accepted."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

from wssure.errors import UsageError, usage_error
from wssure.frozen import frozen
from wssure.text import printable
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import decode_certificate

_HEX = re.compile(r"[0-9a-f]{64}\Z")


@frozen
class Pins:
    """The accepted public keys and certificates of a peer.

    Args:
        keys: SHA-256 of a SubjectPublicKeyInfo.
        certificates: SHA-256 of a certificate.
    """

    keys: frozenset[bytes] = frozenset()
    certificates: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.keys or self.certificates)

    def match(self, der: bytes | None) -> bool:
        """Return True if a certificate (DER) matches a pin; None and undecodable certificates never match."""
        if der is None:
            return False
        if hashlib.sha256(der).digest() in self.certificates:
            return True
        if not self.keys:
            return False
        try:
            key = decode_certificate(der).spki
        except DecodeError:
            return False
        return hashlib.sha256(key).digest() in self.keys


def parse_pins(pins: Iterable[str]) -> Pins:
    """Parse pins.

    Args:
        pins: `sha256/BASE64` of a public key (RFC 7469 section 2.4) or `sha256:HEX` of a certificate, colons allowed.

    Raises:
        UsageError: A pin has neither form.
    """
    keys, certificates = set(), set()
    for pin in pins:
        kind, sign, value = _split(pin)
        if sign == "/":
            keys.add(_key_digest(pin, kind, value))
        else:
            certificates.add(_certificate_digest(pin, kind, value))
    return Pins(frozenset(keys), frozenset(certificates))


def _split(pin: str) -> tuple[str, str, str]:
    match = re.match(r"([^/:]*)([/:])(.*)\Z", pin, re.DOTALL) if isinstance(pin, str) else None
    if match is None:
        raise _pin_error(pin, "no sha256/ or sha256: in front")
    return match.group(1).lower(), match.group(2), match.group(3)


def _key_digest(pin: str, kind: str, value: str) -> bytes:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _pin_error(pin, "a broken base64 text") from None
    if kind != "sha256" or len(raw) != 32:
        raise _pin_error(pin, f"a digest of {len(raw)} bytes")
    return raw


def _certificate_digest(pin: str, kind: str, value: str) -> bytes:
    text = value.replace(":", "").lower()
    if kind != "sha256" or not _HEX.match(text):
        raise _pin_error(pin, "no 64 hex digits")
    return bytes.fromhex(text)


def _pin_error(pin: object, why: str) -> UsageError:
    return usage_error(
        "pins",
        f"pins got {printable(repr(pin))} with {why},"
        " expected sha256/BASE64 of a public key or sha256:HEX of a certificate",
        "take the pin from the operator of the server, for example the output of"
        " openssl x509 -in cert.pem -noout -fingerprint -sha256",
    )
