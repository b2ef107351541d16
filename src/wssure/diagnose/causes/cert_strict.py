"""The certificate fails OpenSSL's strict verification.

What happened:
    The client verifies with OpenSSL's flag X509_STRICT, and a certificate of the chain breaks one of the formal rules
    of RFC 5280: an authority or subject key identifier is missing, a CA certificate has no key usage, basic constraints
    are not critical.

Why:
    `ssl.create_default_context()` sets the flag since Python 3.13. Certificates of private CAs that earlier versions
    accepted fail with it.

Fix:
    * Issue the certificate again with the extension named by the library; for "Missing Authority Key Identifier" add
      `authorityKeyIdentifier = keyid` to the CA's template.
    * Until then, leave the flag out: `context.verify_flags &= ~ssl.VERIFY_X509_STRICT`, or give the CA as
      `TLSSettings(ca="ca.pem")`, which verifies chain, dates and name without it on every backend.

References:
    * RFC 5280 section 4.2.1
    * https://docs.python.org/3/whatsnew/3.13.html#ssl
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import text_of
from wssure.facts import VerifyDefect


@cause("cert.strict", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "strict" not in evidence.flags:
        return None
    defect = evidence.last(VerifyDefect)
    rule = text_of(defect.text) if defect is not None else ""
    return Match(
        f"a certificate of {evidence.peer} failed strict verification (X509_STRICT)" + (f": {rule}" if rule else ""),
    )
