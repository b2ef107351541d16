"""The certificate is not issued for server use.

What happened:
    The extended key usage of the certificate does not include serverAuth, or a CA certificate in the chain may not
    sign.

Why:
    A client, mail or code-signing certificate was installed on the server; or the template of a private CA has no
    serverAuth.

Fix:
    * Issue it again with `extendedKeyUsage = serverAuth` (add clientAuth only if it is also used as a client certificate).

References:
    * RFC 5280 section 4.2.1.12
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause


@cause("cert.purpose", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "purpose" not in evidence.flags:
        return None
    listed = ", ".join(evidence.leaf.eku)
    return Match(
        f"the certificate of {evidence.peer} is not issued for server use"
        + (f": its purposes are {listed}" if listed else "")
        + ", expected serverAuth"
    )
