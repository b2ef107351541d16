"""Interpret the errors of the `ssl` module as alert numbers and flags. No other file reads its texts."""

import re
import ssl
from typing import Final

from wssure.wire.iana import ALERTS

# OpenSSL reports a received fatal alert N with the reason 1000 + N. Python gives only the name of the reason, or the
# lower-case text if its table has no name. Source: OpenSSL include/openssl/sslerr.h.
_ALERT: Final = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)")
_NUMBERS: Final = {name.upper(): number for number, name in ALERTS.items()} | {"USER_CANCELLED": 90}
# Our own side's reason for a failure, in the vocabulary of `tls.own_error` (docs/facts.md).
_OWN: Final = {
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "bad-record-mac",
    "DH_KEY_TOO_SMALL": "dh-key-too-small",
    "MALLOC_FAILURE": "out-of-memory",
    "NO_SHARED_CIPHER": "no-shared-cipher",
    "NO_SHARED_GROUPS": "no-common-group",
    "NO_SUITABLE_GROUPS": "no-common-group",
    "NO_SUITABLE_KEY_SHARE": "no-common-group",
    # OpenSSL from 3.2 on gives this reason alone for every record that it refuses.
    "RECORD_LAYER_FAILURE": "refused-record",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no-client-certificate",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "no-safe-renegotiation",
    "UNSUPPORTED_PROTOCOL": "unsupported-version",
    "WRONG_VERSION_NUMBER": "refused-record",
    "WRONG_SSL_VERSION": "unsupported-version",
}
# Reasons of load_cert_chain for a key that belongs to a different certificate.
KEY_MISMATCH: Final = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "UNKNOWN_KEY_TYPE"})
_PREFIX = re.compile(r"^\[[^\]]*\]\s*")
_SUFFIX = re.compile(r" ?\(_ssl\.c:\d{1,9}\)$")


def text_of(error: BaseException) -> str:
    """Return the error text of the library without Python's file and line."""
    text = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], str) else str(error)
    return _SUFFIX.sub("", text) or type(error).__name__


def alert_of(error: ssl.SSLError) -> int | None:
    """Return the number of the received fatal alert that an error reports; None if it reports none."""
    name = _ALERT.fullmatch(_reason(error))
    return _NUMBERS.get(name.group(1)) if name else None


def _reason(error: BaseException) -> str:
    """Return the name of OpenSSL's reason; of its text if Python's table has no name."""
    reason = getattr(error, "reason", None)
    return str(reason) if reason else _PREFIX.sub("", text_of(error)).upper().replace(" ", "_")


def is_end_of_file(error: BaseException) -> bool:
    """Return True if an error reports an EOF without close_notify."""
    # Python has a class for this error since 3.11.4; earlier versions give only OpenSSL's reason.
    return isinstance(error, ssl.SSLEOFError) or getattr(error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING"


def own_error(error: BaseException) -> str | None:
    """Return our own side's reason for a failure (a reason of `tls.own_error`); None for any other error."""
    return _OWN.get(_reason(error))
