"""A certificate that is no CA signed another one.

What happened:
    A certificate of the chain was issued by a certificate that may not issue any: it has no basicConstraints with
    CA:TRUE, or a keyUsage without keyCertSign.

Why:
    A server's certificate was used to sign another; or the CA was made with a command that leaves these extensions
    out, which older clients accepted.

Fix:
    * Make the CA again, then the server's certificate below it, and give the new ca.pem to the clients. Its extensions
      are those that strict clients demand, too:
      `openssl req -x509 -newkey rsa:2048 -nodes
      -keyout ca.key -out ca.pem -days 3650 -subj "/CN=My CA"
      -addext keyUsage=critical,keyCertSign,cRLSign`
    * The server's certificate (OpenSSL 3.0 or later): `openssl req -x509 -CA ca.pem -CAkey ca.key -newkey rsa:2048
      -nodes -keyout server.key -out server.pem -days 90 -subj /CN=NAME -addext subjectAltName=DNS:NAME
      -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth`

References:
    * RFC 5280 sections 4.2.1.3, 4.2.1.9 and 6.1.4 (k), (n)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with
from wssure.fixes import fix

_PHRASES = {
    "no-ca-flag": "is not marked as a CA (basicConstraints CA:TRUE)",
    "no-basic-constraints": "has no basicConstraints",
    "no-cert-sign": "may not sign certificates (its keyUsage has no keyCertSign)",
}


@cause("cert.not-a-ca", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "not-a-ca" not in evidence.flags:
        return None
    phrase = _PHRASES.get(defect_with(evidence, "not-a-ca").defect or "", "may not issue certificates")
    return Match(f"{culprit(evidence, 'not-a-ca')} issued a certificate, and it {phrase}", fix(match.id))
