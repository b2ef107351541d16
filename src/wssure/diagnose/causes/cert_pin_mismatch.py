"""The server's key is none of the pinned ones.

What happened:
    `pins` names the only public keys or certificates to accept, and the server showed another.

Why:
    The server's key was renewed and the pin not; the connection reaches another server; or somebody in the path shows a
    certificate of their own, which is what pins are for.

Fix:
    * Ask the server's owner for the new pin, over a way you trust. Never copy it from the refused connection.
    * Pin the next key too before the change: pins is a tuple.

References:
    * RFC 7469 section 2.4 (form of a pin), section 4.3 (backup pins)
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match a refusal by pins."""
    if evidence.is_server or "pin-mismatch" not in evidence.flags:
        return None
    return Match(f"the certificate of {evidence.peer} matches none of the pins")


CAUSE = Cause(
    id="cert.pin-mismatch",
    stage=Stage.TLS,
    fault=Fault.UNKNOWN,
    match=match,
    page=__doc__,
    fix="ask the server's owner for its new pin, over a way you trust",
    probe="compare the key with the one seen from another network",
    shows=("tls.certificate", "tls.verify"),
)
