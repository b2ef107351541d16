"""The client must check for revocation and cannot.

What happened:
    The client's settings demand a revocation list or an OCSP answer for the certificate. None was there, or the one that
    was there is out of date, unreadable or not signed by the issuer. Whether the certificate is revoked is not known.

Why:
    `ssl.VERIFY_CRL_CHECK_LEAF` or `VERIFY_CRL_CHECK_CHAIN` is set in a context, and the list was not loaded or not
    renewed. `TLSSettings` never demands a list.

Fix:
    * Load the present list of each CA beside the CA: `context.load_verify_locations(cafile="crl.pem")`, and renew it
      before the date shown by `openssl crl -in crl.pem -noout -nextupdate`.
    * Or leave the flag out: `context.verify_flags &= ~ssl.VERIFY_CRL_CHECK_CHAIN`.

References:
    * RFC 5280 sections 5 and 6.3, RFC 6960
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with, text_of

_PHRASES = {
    "no-list": "no revocation list of its CA is loaded",
    "list-expired": "the revocation list of its CA is out of date",
    "list-not-yet-valid": "the revocation list of its CA is not valid yet",
    "no-ocsp-answer": "no OCSP answer came",
    "unknown-to-ocsp-responder": "the OCSP responder does not know it",
}


@cause("cert.no-revocation-status", Fault.CALLER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    flag = "no-revocation-status"
    if evidence.is_server or flag not in evidence.flags:
        return None
    defect = defect_with(evidence, flag)
    phrase = _PHRASES.get(defect.defect or "") or text_of(defect.text)
    return Match(f"whether {culprit(evidence, flag)} is revoked cannot be checked: {phrase}")
