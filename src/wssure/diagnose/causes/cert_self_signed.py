"""The server's certificate is self-signed.

What happened:
    The server's own certificate has itself as issuer, and this client is not configured to trust it. Anyone can make
    such a certificate for any name.

Why:
    A test or embedded server with a generated certificate; a web server's placeholder (nginx "snakeoil", an appliance's
    factory certificate), presented because the real site is not configured for this name; or an attacker on the path.

Fix:
    * Pin it, with a value from its owner: `TLSSettings(pins=("sha256/...",))`. A pin is stricter than any CA.
    * Or get the certificate file from its owner and pass it as `ca=`; libwebsockets `info.client_ssl_ca_filepath`.
    * Or issue a certificate from a CA: a public one, or one of your own.
    * `LCCSCF_ALLOW_SELFSIGNED` accepts every self-signed certificate: it is not a fix.

References:
    * RFC 5280 section 3.2, RFC 7469 section 2.4
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import names_of


@cause("cert.self-signed", Fault.PEER, shows=("tls.client_hello", "tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag, or a single self-issued certificate without a known issuer."""
    if evidence.is_server:
        return None
    alone = len(evidence.certificates) == 1 and evidence.leaf.self_issued is True
    if "self-signed" not in evidence.flags and not (alone and "issuer-not-found" in evidence.flags):
        return None
    which = names_of(evidence.leaf)
    return Match(f"the certificate of {evidence.peer}{f' ({which})' if which else ''} is self-signed and not trusted")
