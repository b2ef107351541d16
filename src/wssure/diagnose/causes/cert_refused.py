"""Verification refused the certificate for a rare reason.

What happened:
    The TLS library refused a certificate of the chain and said why, and no other cause describes that reason: trust
    settings of a `TRUSTED CERTIFICATE`, a policy or Suite B that a context demands, a proxy certificate, a raw public key,
    a DANE record, a check of an application.

Why:
    The settings of an `ssl.SSLContext` or of OpenSSL's configuration file demand more than `TLSSettings` does; or the
    library met an error of its own.

Fix:
    * Read the reason in the message, and the code in the fact `tls.verify`.
    * Connect with `TLSSettings(ca="ca.pem")` instead of a context: if that works, the context demands more.

References:
    * RFC 5280 section 6.1; openssl-verification-options(1)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with, text_of


@cause("cert.refused", Fault.UNKNOWN, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the flag of every verification error that no other cause describes."""
    if evidence.is_server or "other" not in evidence.flags:
        return None
    defect = defect_with(evidence, "other")
    reason = text_of(defect.text) or (defect.defect or "no reason given").replace("-", " ")
    return Match(f"{culprit(evidence, 'other')} was refused: {reason}")
