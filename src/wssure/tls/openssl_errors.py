"""Interpret OpenSSL's error numbers, for both backends on it. No other file does, and no code reads its texts."""

from __future__ import annotations

from typing import Final

PIN_MISMATCH: Final = "the certificate matches no pin"

# A packed error number has the library in bits 23 to 30 and the reason below; bit 31 marks an errno instead.
# Source: OpenSSL 3.0 include/openssl/err.h.
_SYSTEM: Final = 1 << 31
_LIBRARY_SHIFT: Final = 23
_LIBRARY_MASK: Final = 0xFF
_REASON_MASK: Final = 0x7FFFFF
_LIB_X509: Final = 11
_LIB_SSL: Final = 20
# Source: OpenSSL 3.0 include/openssl/sslerr.h and x509err.h.
_UNEXPECTED_EOF: Final = (_LIB_SSL, 294)
_PAIR_MISMATCH: Final = frozenset(
    {
        (_LIB_X509, 115),  # KEY_TYPE_MISMATCH
        (_LIB_X509, 116),  # KEY_VALUES_MISMATCH
        (_LIB_X509, 117),  # UNKNOWN_KEY_TYPE
        (_LIB_SSL, 177),  # NO_CERTIFICATE_ASSIGNED: the key has a different type from the certificate's
        (_LIB_SSL, 190),  # NO_PRIVATE_KEY_ASSIGNED: the same for the certificate
    }
)
# Our own side's reason for a failure, in the vocabulary of `tls.own_error` (docs/facts.md). Source:
# include/openssl/sslerr.h.
_OWN: Final = {
    101: "no-common-group",  # NO_SUITABLE_KEY_SHARE
    193: "no-shared-cipher",
    199: "no-client-certificate",  # PEER_DID_NOT_RETURN_A_CERTIFICATE
    258: "unsupported-version",  # UNSUPPORTED_PROTOCOL
    266: "unsupported-version",  # WRONG_SSL_VERSION
    281: "bad-record-mac",  # DECRYPTION_FAILED_OR_BAD_RECORD_MAC
    295: "no-common-group",  # NO_SUITABLE_GROUPS
    338: "no-safe-renegotiation",  # UNSAFE_LEGACY_RENEGOTIATION_DISABLED
    394: "dh-key-too-small",
    410: "no-common-group",  # NO_SHARED_GROUPS
}
# X509_V_ERR_*. Source: OpenSSL 3.0 include/openssl/x509_vfy.h.
_FLAGS: Final = {
    2: "issuer-not-found",  # UNABLE_TO_GET_ISSUER_CERT
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: "self-signed-in-chain",
    20: "issuer-not-found",  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: "issuer-not-found",  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    23: "revoked",
    25: "path-length",
    26: "purpose",  # INVALID_PURPOSE
    34: "critical-extension",
    47: "name-constraints",  # PERMITTED_VIOLATION
    48: "name-constraints",  # EXCLUDED_VIOLATION
    49: "name-constraints",  # SUBTREE_MINMAX
    51: "name-constraints",  # UNSUPPORTED_CONSTRAINT_TYPE
    52: "name-constraints",  # UNSUPPORTED_CONSTRAINT_SYNTAX
    53: "name-constraints",  # UNSUPPORTED_NAME_SYNTAX
    62: "hostname",
    64: "ip-mismatch",
    66: "weak-key",  # EE_KEY_TOO_SMALL
    67: "weak-key",  # CA_KEY_TOO_SMALL
    68: "weak-signature",  # CA_MD_TOO_WEAK
    79: "purpose",  # INVALID_CA
    # Checked only with X509_STRICT, which Python's own contexts set from 3.13 on and ours never set.
    **dict.fromkeys(range(80, 95), "strict"),
}


def reason_of(code: int) -> tuple[int, int]:
    """Unpack library and reason from an error number; (0, 0) for an operating system error."""
    if code & _SYSTEM:
        return 0, 0
    return code >> _LIBRARY_SHIFT & _LIBRARY_MASK, code & _REASON_MASK


def is_end_of_file(code: int) -> bool:
    """Return True if an error reports an EOF without close_notify."""
    return reason_of(code) == _UNEXPECTED_EOF


def is_pair_mismatch(code: int) -> bool:
    """Return True if an error reports that a key belongs to a different certificate."""
    return reason_of(code) in _PAIR_MISMATCH


def own_error(code: int) -> str | None:
    """Return our own side's reason for a failure (a reason of `tls.own_error`); None for any other number."""
    library, reason = reason_of(code)
    return _OWN.get(reason) if library == _LIB_SSL else None


def verify_flag(code: int) -> str:
    """Return the flag in our vocabulary for the number of a verification error."""
    return _FLAGS.get(code, "other")
