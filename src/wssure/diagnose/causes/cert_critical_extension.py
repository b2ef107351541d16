"""A certificate has a critical extension that this client cannot process.

What happened:
    An extension that is marked critical must be understood, or the certificate must be refused (RFC 5280 section 4.2).
    The TLS library does not process one of them.

Why:
    * The extension is private or new: no library knows it.
    * The extension is standard, and this library lacks it: Mbed TLS processes no nameConstraints and no policies in a
      peer's certificate. Then the certificate can be good.

Fix:
    * A private extension: issue the certificate again without it, or not critical.
    * A standard one: use the OpenSSL backend (`backend="openssl"`, `--backend openssl`), or let the CA mark the extension
      as not critical.

References:
    * RFC 5280 section 4.2
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with, text_of
from wssure.fixes import fix


@cause("cert.critical-extension", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "critical-extension" not in evidence.flags:
        return None
    defect = defect_with(evidence, "critical-extension")
    who, which = culprit(evidence, "critical-extension"), text_of(defect.text)
    named = f": {which}" if defect.subject else ""
    if defect.defect == "unknown-extension":
        return Match(f"{who} has a critical extension that TLS libraries do not process{named}", fix(match.id))
    return Match(
        f"{who} has a critical extension that this TLS library does not process{named}",
        fix("cert.unsupported"),
        fault=Fault.CALLER,
    )
