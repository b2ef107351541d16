"""The server's key matches no pin.

What happened:
    `pins` lists the only accepted public keys or certificates, and the server presented a different one.

Why:
    The server's key was renewed but the pin was not; the connection reached a different server; or an attacker on the
    path presented another certificate, which pins are meant to detect.

Fix:
    * Ask the server's owner for the new pin, over a trusted channel. Never copy it from the refused connection.
    * Add the pin of the next key before the change: `pins` is a tuple.

References:
    * RFC 7469 section 2.4 (form of a pin), section 4.3 (backup pins)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("compare the key with the one seen from another network")
@cause("cert.pin-mismatch", Fault.UNKNOWN, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match a refusal by pins."""
    if evidence.is_server or "pin-mismatch" not in evidence.flags:
        return None
    return Match(f"the certificate of {evidence.peer} matches none of the pins")
