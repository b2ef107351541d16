"""What OpenSSL's numbers mean, for both backends on it. No other file reads them, and nothing reads OpenSSL's texts."""

from __future__ import annotations

from typing import Final

__all__ = ["PIN_MISMATCH", "is_end_of_file", "is_pair_mismatch", "own_error", "reason_of", "verify_flag"]

PIN_MISMATCH: Final = "the certificate matches no pin"

# A packed error number holds the library in bits 23 to 30 and the reason below; bit 31 marks an errno instead.
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
        (_LIB_SSL, 177),  # NO_CERTIFICATE_ASSIGNED: the key is of another kind than the certificate's
        (_LIB_SSL, 190),  # NO_PRIVATE_KEY_ASSIGNED: the same, seen from the certificate
    }
)
# Why our own side gave up, in the words of `tls.own_error` (docs/facts.md). Source: include/openssl/sslerr.h.
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
    # Checked with X509_STRICT only, which Python's own contexts set from 3.13 on and ours never do.
    **dict.fromkeys(range(80, 95), "strict"),
}


def reason_of(code: int) -> tuple[int, int]:
    """Return the library and the reason packed into an error number; (0, 0) for an operating system's error."""
    if code & _SYSTEM:
        return 0, 0
    return code >> _LIBRARY_SHIFT & _LIBRARY_MASK, code & _REASON_MASK


def is_end_of_file(code: int) -> bool:
    """Tell whether an error says that the peer's bytes ended without close_notify."""
    return reason_of(code) == _UNEXPECTED_EOF


def is_pair_mismatch(code: int) -> bool:
    """Tell whether an error says that a key belongs to another certificate."""
    return reason_of(code) in _PAIR_MISMATCH


def own_error(code: int) -> str | None:
    """Return why our own side gave up, as a reason of `tls.own_error`; None where the number names no such reason."""
    library, reason = reason_of(code)
    return _OWN.get(reason) if library == _LIB_SSL else None


def verify_flag(code: int) -> str:
    """Return the flag of the vocabulary for a verification error's number."""
    return _FLAGS.get(code, "other")
