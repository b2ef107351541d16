"""The certificate was revoked.

What happened:
    The issuer revoked the certificate before its end of validity, according to a revocation list or an OCSP response.

Why:
    Its key leaked, its owner changed, or it was replaced.

Fix:
    * To see date and reason: `wssure check URL --fetch` queries the issuer's OCSP responder.
    * Server: get a new certificate, with a new key, and reload. There is nothing to fix on the client.

References:
    * RFC 5280 section 5, RFC 6960
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.chain import names_of, when_and_why
from wssure.facts import Revocation


@probe("ask the issuer's OCSP server (with --fetch)")
@cause("cert.revoked", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag, or an OCSP response with a verified signature."""
    asked = evidence.last(Revocation)
    answer = "" if asked is None else asked.status
    if evidence.is_server or ("revoked" not in evidence.flags and answer != "revoked"):
        return None
    which = names_of(evidence.leaf) or evidence.peer
    return Match(f"the certificate of {which} was revoked by its issuer{when_and_why(asked)}")
