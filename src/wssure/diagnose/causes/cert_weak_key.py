"""A key in the chain is too short.

What happened:
    A certificate in the chain has a key below the security level: RSA below 2048 bits, or a small elliptic curve.

Why:
    An old device or command (RSA 1024), or an old private CA.

Fix:
    * Issue it again with RSA 2048 or more, or ECDSA P-256. If the CA itself is weak, make a new CA.

References:
    * SSL_CTX_set_security_level(3), level 2; NIST SP 800-131A
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import certificate_with


@cause("cert.weak-key", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "weak-key" not in evidence.flags:
        return None
    key = certificate_with(evidence, "weak-key").key
    return Match(
        f"a key in the certificate chain of {evidence.peer} is too short{f': {key}' if key else ''}, expected RSA 2048 or more"
    )
