"""A certificate in the chain is signed with a broken hash.

What happened:
    A certificate in the chain is signed with SHA-1 or MD5, which current libraries refuse.

Why:
    An old private CA or device.

Fix:
    * Have the certificate signed again with SHA-256. The signature of a self-signed root is not checked; every other
      one is.

References:
    * RFC 9155, SSL_CTX_set_security_level(3)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import certificate_with


@cause("cert.weak-signature", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "weak-signature" not in evidence.flags:
        return None
    name = certificate_with(evidence, "weak-signature").signature
    return Match(
        f"a certificate in the chain of {evidence.peer} has a weak signature{f': {name}' if name else ''}, expected SHA-256 or better"
    )
