"""Interpret Mbed TLS's numbers and flags. No other file of this backend reads them.

Only the numbers of live connections have names here. The package that reads pasted texts handles the forms of a number
in a log.
"""

from __future__ import annotations

from typing import Final

# MBEDTLS_X509_BADCERT_* and BADCRL_*: our flag, the defect in words, and our word for it if the flag does not say it all.
# Source: mbedtls/x509.h, 2.28 to 4.x.
FLAGS: Final = {
    0x01: ("expired", "the certificate has expired", None),
    0x02: ("revoked", "the certificate has been revoked", None),
    0x04: ("hostname", "the certificate is not for this name", None),
    0x08: ("issuer-not-found", "no trusted issuer was found", None),
    0x10: ("no-revocation-status", "the revocation list is not signed by a trusted CA", "list-signature"),
    0x20: ("no-revocation-status", "the revocation list has expired", "list-expired"),
    0x40: ("other", "the peer sent no certificate", "no-certificate"),
    0x80: ("other", "verification was skipped", "verification-skipped"),
    0x100: ("other", "refused for another reason", None),
    0x200: ("not-yet-valid", "the certificate is not valid yet", None),
    0x400: ("no-revocation-status", "the revocation list is from the future", "list-not-yet-valid"),
    0x800: ("purpose", "the key usage does not allow this", None),
    0x1000: ("purpose", "the extended key usage does not allow this", None),
    0x2000: ("purpose", "the nsCertType does not allow this", None),
    0x4000: ("weak-signature", "signed with a hash that is too weak", None),
    0x8000: ("weak-signature", "signed with a key type that is not allowed", None),
    0x10000: ("weak-key", "the key is too short", None),
    0x20000: ("no-revocation-status", "the revocation list is signed with a hash that is too weak", "list-signature"),
    0x40000: (
        "no-revocation-status",
        "the revocation list is signed with a key type that is not allowed",
        "list-signature",
    ),
    0x80000: ("no-revocation-status", "the revocation list's key is too short", "list-signature"),
}
# Results of our own verification, by the shim's WSM_ reason; 8 is that of `wssure.tls`, which has words of its own.
REASONS: Final = {
    1: ("self-signed", "the certificate is self-signed and not among the trust anchors", None),
    2: ("self-signed-in-chain", "the chain ends in a root that is not among the trust anchors", None),
    3: ("issuer-not-found", "the issuer's certificate was neither sent nor is it among the trust anchors", None),
    4: ("hostname", "the certificate is not for this name", None),
    5: ("ip-mismatch", "the certificate is not for this IP address", None),
    6: ("no-san", "the certificate has no subjectAltName", None),
    7: ("pin-mismatch", "the certificate matches no pin", None),
    8: ("name-constraints", "the certificate is outside the name constraints of a CA", None),
}
# The handshake ends before our verification if the library cannot read a certificate: MBEDTLS_ERR_X509_*, without the
# low-level part below 0x80, and unsupported key types. Source: mbedtls/x509.h, pk.h, asn1.h.
_UNREADABLE: Final = "the library cannot read a certificate that the peer sent, or has not compiled in what it needs: see its words in tls.library"
_CRITICAL: Final = "the library knows no critical extension of this kind (it has no name constraints and no policies)"
_INVALID_EXTENSIONS: Final = 0x2500
_FEATURE_UNAVAILABLE: Final = 0x2080
_UNEXPECTED_TAG: Final = 0x62
_X509_UNREADABLE: Final = frozenset(range(0x2100, 0x2700, 0x80)) | {0x2780}
_KEY_UNREADABLE: Final = frozenset({0x3A00, 0x3A80, 0x3B00, 0x3C80})
# Numbers with the same meaning in 2.28, 3.x and 4.x. Source: mbedtls/ssl.h, x509.h.
_NAMES: Final = {
    -0x2700: "X509_CERT_VERIFY_FAILED",
    -0x3000: "X509_FATAL_ERROR",
    -0x5D80: "SSL_VERIFICATION_WITHOUT_HOSTNAME",
    -0x6C00: "SSL_INTERNAL_ERROR",
    -0x7080: "SSL_FEATURE_UNAVAILABLE",
    -0x7100: "SSL_BAD_INPUT_DATA",
    -0x7180: "SSL_INVALID_MAC",
    -0x7200: "SSL_INVALID_RECORD",
    -0x7280: "SSL_CONN_EOF",
    -0x7480: "SSL_NO_CLIENT_CERTIFICATE",
    -0x7700: "SSL_UNEXPECTED_MESSAGE",
    -0x7780: "SSL_FATAL_ALERT_MESSAGE",
    -0x7880: "SSL_PEER_CLOSE_NOTIFY",
    -0x7F00: "SSL_ALLOC_FAILED",
}
_V3: Final = 0x03000000
_ILLEGAL_PARAMETER: Final = -0x6600
# https://github.com/Mbed-TLS/mbedtls/issues/10668; see WSM_REFUSES_PSS_IN_TLS12 in shim/compat.h.
_REFUSES_PSS: Final = frozenset({0x03060600, 0x04010000})
# Errors of a server that supports nothing offered in a hello: SSL_HANDSHAKE_FAILURE since 3.0, before it
# SSL_NO_CIPHER_CHOSEN and SSL_NO_USABLE_CIPHERSUITE. A client reports the first for other reasons, too.
_NOTHING_SHARED: Final = frozenset({-0x6E00})
_NOTHING_SHARED_2: Final = frozenset({-0x7380, -0x6980})
# Our own side's reason for a failure, in the vocabulary of `tls.own_error` (docs/facts.md).
_OWN: Final = {
    -0x5D80: "no-hostname",
    -0x6E80: "unsupported-version",
    -0x7180: "bad-record-mac",
    -0x7200: "refused-record",
    -0x7480: "no-client-certificate",
    -0x7680: "no-ca",
    -0x7700: "unexpected-message",
    -0x7F00: "out-of-memory",
    -0x008D: "out-of-memory",  # PSA_ERROR_INSUFFICIENT_MEMORY, since 4.0
}
_OWN_CAUSES: Final = {1: "dh-key-too-small", 2: "no-safe-renegotiation", 3: "record-too-large", 4: "no-common-group"}
# Numbers with a different meaning before 3.0.
_NAMES_2: Final = {
    -0x7300: "SSL_DECODE_ERROR",
    -0x6980: "SSL_NO_USABLE_CIPHERSUITE",
    -0x7380: "SSL_NO_CIPHER_CHOSEN",
    -0x7400: "SSL_NO_RNG",
    -0x7580: "SSL_CERTIFICATE_TOO_LARGE",
    -0x7600: "SSL_CERTIFICATE_REQUIRED",
    -0x7680: "SSL_CA_CHAIN_REQUIRED",
    -0x7980: "SSL_BAD_HS_SERVER_HELLO",
    -0x6E80: "SSL_BAD_HS_PROTOCOL_VERSION",
}
_NAMES_3: Final = {
    -0x6600: "SSL_ILLEGAL_PARAMETER",
    -0x6E00: "SSL_HANDSHAKE_FAILURE",
    -0x6E80: "SSL_BAD_PROTOCOL_VERSION",
    -0x7300: "SSL_DECODE_ERROR",
    -0x7500: "SSL_UNSUPPORTED_EXTENSION",
    -0x7580: "SSL_NO_APPLICATION_PROTOCOL",
    -0x7680: "SSL_CA_CHAIN_REQUIRED",
    -0x7A80: "SSL_BAD_CERTIFICATE",
}


def name_of(number: int, version: int) -> str | None:
    """Return the library's name of an error number; None if it has no name here.

    Args:
        number: The negative number.
        version: The version number of the library, such as 0x03060600.
    """
    return _NAMES.get(number) or (_NAMES_3 if version >= _V3 else _NAMES_2).get(number)


def hexadecimal(number: int) -> str:
    """Format a number as Mbed TLS prints it: -0x7780."""
    return f"-0x{-number:04X}" if number < 0 else f"0x{number:04X}"


def describe(number: int, words: str, version: int) -> str:
    """Describe an error in one line: the library's text (or the name, if texts were compiled out) and the number.

    Args:
        number: The negative number.
        words: The error text of the library; may be empty.
        version: The library's version number.
    """
    words = words.removeprefix("SSL - ").removeprefix("X509 - ").strip()
    return f"{words or name_of(number, version) or 'no text'} ({hexadecimal(number)})"


def known_defect(number: int, version: int, tls12_client: bool) -> str:
    """Describe a known defect of the library, to append to its own text; empty for none.

    Args:
        number: The error number.
        version: The library's version number.
        tls12_client: True if a client had agreed on TLS 1.2.
    """
    if tls12_client and number == _ILLEGAL_PARAMETER and version in _REFUSES_PSS:
        return (
            ": this version refuses RSA-PSS signatures in TLS 1.2 although it offers them (fixed in 3.6.7);"
            ' use a later one, or write max_version="TLSv1.2", which offers none'
        )
    return ""


def own_error(number: int, version: int, cause: int, server: bool) -> str | None:
    """Return our own side's reason for a failure (a reason of `tls.own_error`); None if it is unknown.

    Args:
        number: The error number.
        version: The library's version number.
        cause: The shim's observation (WSM_OWN_); 0 for none.
        server: True on a server.
    """
    if cause:
        return _OWN_CAUSES.get(cause)
    if server and number in (_NOTHING_SHARED if version >= _V3 else _NOTHING_SHARED_2):
        return "no-shared-cipher"
    return _OWN.get(number)


def unreadable(number: int) -> tuple[str, str, str] | None:
    """Return (our flag, text, our word) for a certificate that the library cannot read; None for any other failure.

    Args:
        number: The error number of a handshake without an error of our verification.
    """
    high = -number & ~0x7F
    if high == _FEATURE_UNAVAILABLE or -number == _INVALID_EXTENSIONS + _UNEXPECTED_TAG:
        return "critical-extension", _CRITICAL, "unsupported-extension"
    if high in _KEY_UNREADABLE:
        return "malformed", _UNREADABLE, "unsupported-key"
    return ("malformed", _UNREADABLE, "unreadable") if high in _X509_UNREADABLE else None


def verify_defect(flag: int, reason: int) -> tuple[str, str, str | None]:
    """Return (our flag, text, our word for the defect) for one verification error of the shim.

    Args:
        flag: One MBEDTLS_X509_BADCERT_ bit.
        reason: The shim's own reason; 0 if the bit is sufficient.
    """
    if reason in REASONS:
        return REASONS[reason]
    return FLAGS.get(flag, ("other", f"refused with flag {flag:#x}", None))


# Errors of the key parser, without the low-level part below 0x80. Source: mbedtls/pk.h.
_KEY_TROUBLE: Final = {
    0x3D00: "it is no key in a form Mbed TLS knows",
    0x3C80: "its key type is not one Mbed TLS has (RSA and ECDSA are)",
    0x3C00: "it is encrypted",
    0x3A00: "its elliptic curve is not compiled into this Mbed TLS",
    0x3980: "its key type or size is not supported",
}


def key_trouble(number: int) -> str | None:
    """Describe the reason why a private key was refused; None for an unusual number."""
    return _KEY_TROUBLE.get(-number & 0x7F80)
