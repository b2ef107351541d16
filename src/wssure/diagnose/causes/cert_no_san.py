"""The certificate has the server's name only in its common name.

What happened:
    The certificate has no subjectAltName extension. Current clients ignore the common name of the subject (RFC 9525),
    so the certificate is not valid for any name. Some libraries, such as Mbed TLS, still accept it.

Why:
    It was made with an old command: `openssl req -x509 -subj /CN=name` without `-addext`.

Fix:
    * Issue the certificate again with the name as subjectAltName: `openssl req -x509 -newkey rsa:2048 -nodes -keyout
      k.pem -out c.pem -subj /CN=NAME -addext subjectAltName=DNS:NAME` (an address: `IP:192.0.2.7`).

References:
    * RFC 9525 section 6.3, RFC 2818 section 3.1 (obsolete)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.fixes import fix


@cause("cert.no-san", Fault.PEER, shows=("tls.certificate", "tls.name_check"))
def match(evidence: Evidence) -> Match | None:
    """Match a failed name check against a certificate without subjectAltName."""
    if evidence.is_server or not evidence.name_mismatch:
        return None
    if "no-san" not in evidence.flags and evidence.leaf.has_san is not False:
        return None
    subject = evidence.leaf.subject or "its subject"
    kind = "IP" if evidence.host_is_ip else "DNS"
    return Match(
        f"the certificate has a name only in its common name ({subject}), and no subjectAltName",
        fix(match.id, kind=kind, name=evidence.host),
    )
