"""Interpret OpenSSL's error numbers, for both backends on it. No other file does, and no code reads its texts."""

from typing import Final

PIN_MISMATCH: Final = "the certificate matches no pin"  # for _openssl_engine.pxi

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
    267: "refused-record",  # WRONG_VERSION_NUMBER: no TLS record
    281: "bad-record-mac",  # DECRYPTION_FAILED_OR_BAD_RECORD_MAC
    295: "no-common-group",  # NO_SUITABLE_GROUPS
    313: "refused-record",  # RECORD_LAYER_FAILURE: from 3.2 on, and no more than that
    338: "no-safe-renegotiation",  # UNSAFE_LEGACY_RENEGOTIATION_DISABLED
    394: "dh-key-too-small",
    410: "no-common-group",  # NO_SHARED_GROUPS
}
# X509_V_ERR_*: our flag, and our word for the defect if the flag does not say it all. Source: include/openssl/x509_vfy.h of
# OpenSSL 3.0 to 3.6, and of 4.0 from 102 on. `strict` marks codes of X509_STRICT alone.
_DEFECTS: Final = {
    1: ("other", "unspecified"),
    2: ("issuer-not-found", None),  # UNABLE_TO_GET_ISSUER_CERT
    3: ("no-revocation-status", "no-list"),  # UNABLE_TO_GET_CRL
    4: ("bad-signature", "unreadable-signature"),  # UNABLE_TO_DECRYPT_CERT_SIGNATURE
    5: ("no-revocation-status", "list-signature"),  # UNABLE_TO_DECRYPT_CRL_SIGNATURE
    6: ("bad-signature", "unreadable-issuer-key"),  # UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY
    7: ("bad-signature", "signature-mismatch"),  # CERT_SIGNATURE_FAILURE
    8: ("no-revocation-status", "list-signature"),  # CRL_SIGNATURE_FAILURE
    9: ("not-yet-valid", None),
    10: ("expired", None),
    11: ("no-revocation-status", "list-not-yet-valid"),
    12: ("no-revocation-status", "list-expired"),
    13: ("malformed", "unreadable-date"),  # ERROR_IN_CERT_NOT_BEFORE_FIELD
    14: ("malformed", "unreadable-date"),  # ERROR_IN_CERT_NOT_AFTER_FIELD
    15: ("no-revocation-status", "list-unreadable"),
    16: ("no-revocation-status", "list-unreadable"),
    17: ("other", "out-of-memory"),
    18: ("self-signed", None),  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: ("self-signed-in-chain", None),
    20: ("issuer-not-found", None),  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: ("issuer-not-found", None),  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    22: ("path-length", "chain-too-long"),
    23: ("revoked", None),
    24: ("bad-signature", "no-issuer-key"),  # NO_ISSUER_PUBLIC_KEY
    25: ("path-length", "path-length-exceeded"),
    26: ("purpose", None),  # INVALID_PURPOSE
    27: ("other", "not-trusted-for-this-use"),  # CERT_UNTRUSTED: by the trust settings of a TRUSTED CERTIFICATE
    28: ("other", "rejected-by-trust-settings"),
    29: ("issuer-not-found", "issuer-mismatch"),  # SUBJECT_ISSUER_MISMATCH
    30: ("issuer-not-found", "key-id-mismatch"),  # AKID_SKID_MISMATCH
    31: ("issuer-not-found", "key-id-mismatch"),  # AKID_ISSUER_SERIAL_MISMATCH
    32: ("not-a-ca", "no-cert-sign"),  # KEYUSAGE_NO_CERTSIGN
    33: ("no-revocation-status", "list-issuer-not-found"),
    34: ("critical-extension", "unknown-extension"),
    35: ("no-revocation-status", "list-signer"),  # KEYUSAGE_NO_CRL_SIGN
    36: ("no-revocation-status", "list-critical-extension"),
    37: ("purpose", "marked-as-ca"),  # INVALID_NON_CA
    38: ("path-length", "proxy-path-length-exceeded"),
    39: ("purpose", "no-digital-signature"),
    40: ("other", "proxy-certificate"),
    41: ("malformed", "broken-extension"),
    42: ("malformed", "broken-policy-extension"),
    43: ("other", "no-policy"),  # NO_EXPLICIT_POLICY
    44: ("no-revocation-status", "list-scope"),
    45: ("critical-extension", "unsupported-extension"),  # UNSUPPORTED_EXTENSION_FEATURE
    46: ("other", "resource-not-delegated"),  # UNNESTED_RESOURCE, RFC 3779
    47: ("name-constraints", "not-permitted"),
    48: ("name-constraints", "excluded"),
    49: ("name-constraints", "minimum-or-maximum"),
    50: ("other", "refused-by-the-application"),
    51: ("name-constraints", "unsupported-constraint"),
    52: ("name-constraints", "unsupported-constraint"),
    53: ("name-constraints", "unsupported-name"),
    54: ("no-revocation-status", "list-path"),
    55: ("other", "path-loop"),
    **dict.fromkeys(range(56, 62), ("other", "suite-b")),
    62: ("hostname", None),
    63: ("other", "email-mismatch"),
    64: ("ip-mismatch", None),
    65: ("other", "dane-mismatch"),
    66: ("weak-key", None),  # EE_KEY_TOO_SMALL
    67: ("weak-key", None),  # CA_KEY_TOO_SMALL
    68: ("weak-signature", None),  # CA_MD_TOO_WEAK
    69: ("other", "invalid-call"),
    70: ("other", "trust-store-lookup"),
    71: ("other", "no-transparency-timestamp"),  # NO_VALID_SCTS
    72: ("other", "proxy-certificate"),
    73: ("no-revocation-status", "no-ocsp-answer"),
    74: ("no-revocation-status", "ocsp-answer-refused"),
    75: ("no-revocation-status", "unknown-to-ocsp-responder"),
    76: ("bad-signature", "unsupported-algorithm"),
    77: ("bad-signature", "algorithm-mismatch"),
    78: ("strict", "signature-algorithms-differ"),
    79: ("not-a-ca", "no-ca-flag"),  # INVALID_CA
    80: ("strict", "path-length-without-ca"),
    81: ("strict", "path-length-without-cert-sign"),
    82: ("strict", "cert-sign-without-ca"),
    83: ("strict", "empty-issuer"),
    84: ("strict", "empty-subject"),
    85: ("strict", "missing-authority-key-id"),
    86: ("strict", "missing-subject-key-id"),
    87: ("strict", "empty-san"),
    88: ("strict", "san-not-critical"),
    89: ("strict", "ca-constraints-not-critical"),
    90: ("strict", "authority-key-id-critical"),
    91: ("strict", "subject-key-id-critical"),
    92: ("strict", "ca-without-key-usage"),
    93: ("strict", "extensions-without-version-3"),
    94: ("malformed", "explicit-curve"),  # EC_KEY_EXPLICIT_PARAMS
    95: ("other", "raw-public-key"),  # RPK_UNTRUSTED
    96: ("no-revocation-status", "ocsp-answer-refused"),
    97: ("no-revocation-status", "ocsp-answer-refused"),
    98: ("no-revocation-status", "ocsp-answer-refused"),
    99: ("no-revocation-status", "ocsp-answer-refused"),
    100: ("no-revocation-status", "no-ocsp-answer"),
    101: ("no-revocation-status", "list-signature"),
    102: ("strict", "empty-authority-key-id"),
    103: ("strict", "authority-key-id-half"),
    104: ("malformed", "extension-twice"),
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


def verify_defect(code: int) -> tuple[str, str | None]:
    """Return (our flag, our word for the defect) for the number of a verification error."""
    return _DEFECTS.get(code, ("other", None))
