"""Make facts and `EngineInfo` from the observations of the shim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wssure.facts import AlertSeen, VerifyDefect
from wssure.tls import facts
from wssure.tls.defects import issuer_defect, sent_path
from wssure_mbedtls.errors import verify_defect as verify_defect_of

_LENGTH_BYTES: Final = 4
_POLICY: Final = 8


def alert(sent: int, level: int, number: int, encrypted: int, after_done: int) -> AlertSeen:
    """Return the fact of an alert; -1 in `number` and `encrypted` means unknown."""
    return facts.alert(
        "sent" if sent else "received",
        None if number < 0 else number,
        level=level,
        encrypted=None if encrypted < 0 else bool(encrypted),
        after_done=bool(after_done),
    )


def verify_defect(
    depth: int, flag: int, reason: int, policy: VerifyDefect | None, chain: Sequence[bytes], anchors: Sequence[bytes]
) -> VerifyDefect:
    """Return the fact of a defect.

    Args:
        depth: The depth of the certificate in its path; 0 is the peer's own.
        flag: One MBEDTLS_X509_BADCERT_ bit.
        reason: The shim's own reason; 0 if the bit is sufficient.
        policy: The defect that our own policy found in the path; None for none.
        chain: DER of the certificates that the peer sent.
        anchors: DER of the trust anchors.
    """
    if reason == _POLICY and policy is not None:
        return policy.replace(code=flag)
    name, text, word = verify_defect_of(flag, reason)
    path = sent_path(chain) if name == "issuer-not-found" else []
    # The library takes a certificate that may not sign for no issuer at all.
    issuer_problem = issuer_defect(path, depth, (*chain, *anchors)) if depth < len(path) else None
    if issuer_problem is not None:
        return VerifyDefect(issuer_problem[0], issuer_problem[1], flag, text, issuer_problem[2])
    return VerifyDefect(depth, name, flag, text, word)


def split_chain(data: bytes) -> tuple[bytes, ...]:
    """Split the shim's list of certificates: each has 4 bytes of length, big endian, then DER."""
    certificates = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        certificates.append(data[start:at])
    return tuple(certificates)


def iana_cipher(name: str) -> str:
    """Convert Mbed TLS's name of a cipher suite, with hyphens, to the IANA name."""
    if name.startswith("TLS1-3-"):
        name = "TLS-" + name.removeprefix("TLS1-3-")
    return name.replace("-", "_")


def write_keylog(path: str, lines: bytes) -> None:
    """Append complete lines to the existing key log file. A full disk does not end the connection."""
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(lines)
    except OSError:
        pass  # The key log is a debugging aid; the connection is more important.
