"""The meaning of each TLS alert and its fix, for alerts without a cause of their own.

Source: RFC 8446 section 6, RFC 5246 section 7.2, RFC 6066 sections 5 and 8, RFC 4279, RFC 7507.
"""

from typing import Final

_CERTIFICATE: Final = "it does not accept the certificate that it was shown"
_BROKEN: Final = "a message of ours breaks TLS in its eyes, or was changed on the path"
# The statement of an alert about its receiver, and the id of the fix.
MEANINGS: Final[dict[int, tuple[str, str]]] = {
    20: ("a record of ours failed its integrity check", "alert.broken"),
    21: ("it could not decrypt a record of ours", "alert.broken"),
    22: ("a record of ours is longer than it accepts", "alert.broken"),
    30: ("it could not decompress a record of ours", "alert.broken"),
    40: ("it gives no reason; a parameter, a version or the name may not suit it", "tls.alert"),
    41: ("it expects a client certificate", "alert.certificate"),
    **dict.fromkeys((42, 43, 44, 45, 46, 48), (_CERTIFICATE, "alert.certificate")),
    47: (f"{_BROKEN} (a value that is not allowed)", "alert.broken"),
    49: ("its access policy does not allow this client", "alert.access"),
    50: (f"{_BROKEN} (a message that it cannot decode)", "alert.broken"),
    51: (f"{_BROKEN} (a signature or check value that does not match)", "alert.broken"),
    60: ("it refuses the key length by export rules", "tls.alert"),
    70: ("it supports none of the offered versions", "tls.alert"),
    71: ("it demands stronger parameters than were offered", "tls.alert"),
    80: ("it failed for a reason of its own", "tls.alert"),
    86: ("it supports a newer TLS version than this client was made to offer", "alert.fallback"),
    90: ("it gave up for a reason outside of TLS", "tls.alert"),
    100: ("it does not renegotiate", "tls.alert"),
    109: ("it requires an extension that was not sent", "tls.alert"),
    110: (f"{_BROKEN} (an extension that it did not ask for)", "alert.broken"),
    111: ("it could not get a certificate from its URL", "alert.certificate"),
    112: ("it has no site of that name", "tls.alert"),
    113: ("it does not accept the OCSP response that it was shown", "alert.certificate"),
    114: ("a certificate does not have its announced hash", "alert.certificate"),
    115: ("it does not know the pre-shared key", "alert.key"),
    116: ("it expects a client certificate", "alert.certificate"),
    117: ("it failed for a reason of its own", "tls.alert"),
    120: ("it supports none of the offered protocols", "tls.alert"),
    121: ("it requires Encrypted ClientHello", "tls.alert"),
}
# The alerts by which a TLS library says that a message of its peer breaks TLS.
BROKEN: Final = frozenset({21, 22, 30, 47, 50, 51, 109, 110})
# RFC 8446 section 6.1: these end a connection and refuse nothing.
CLOSURES: Final = frozenset({0, 90})
