"""The certificate fails strict verification.

What happened:
    The client verifies with OpenSSL's flag X509_STRICT, or with `TLSSettings(strict=True)`. A certificate of the chain
    breaks one of the formal rules of RFC 5280: an authority or subject key identifier is missing, a CA certificate has no
    key usage, basic constraints are not critical.

Why:
    `ssl.create_default_context()` sets the flag since Python 3.13. Certificates of private CAs that earlier versions
    accepted fail with it.

Fix:
    * Issue the certificate again with the extension named. A CA that passes: `openssl req -x509 -newkey rsa:2048 -nodes
      -keyout ca.key -out ca.pem -days 3650 -subj "/CN=My CA" -addext keyUsage=critical,keyCertSign,cRLSign`
    * A server's certificate that passes (OpenSSL 3.0 or later): `openssl req -x509 -CA ca.pem -CAkey ca.key -newkey
      rsa:2048 -nodes -keyout server.key -out server.pem -days 90 -subj /CN=NAME -addext subjectAltName=DNS:NAME
      -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth`
    * To check both: `openssl verify -x509_strict -CAfile ca.pem server.pem`
    * Until then, leave the flag out: `context.verify_flags &= ~ssl.VERIFY_X509_STRICT`, or give the CA as
      `TLSSettings(ca="ca.pem")`, which verifies chain, dates and name without it on every backend.

References:
    * RFC 5280 section 4.2.1
    * https://docs.python.org/3/whatsnew/3.13.html#ssl
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with, text_of
from wssure.fixes import fix

# The extension to write into the certificate, by our word for the defect, in OpenSSL's notation.
_WRITE = {
    "missing-authority-key-id": "authorityKeyIdentifier=keyid",
    "missing-subject-key-id": "subjectKeyIdentifier=hash",
    "ca-constraints-not-critical": "basicConstraints=critical,CA:TRUE",
    "ca-without-key-usage": "keyUsage=critical,keyCertSign,cRLSign",
    "path-length-without-cert-sign": "keyUsage=critical,keyCertSign,cRLSign",
    "path-length-without-ca": "basicConstraints=critical,CA:FALSE",
    "cert-sign-without-ca": "keyUsage=critical,digitalSignature",
    "san-not-critical": "subjectAltName=critical,DNS:NAME",
    "empty-san": "subjectAltName=DNS:NAME",
    "empty-subject": "-subj /CN=NAME",
    "authority-key-id-critical": "authorityKeyIdentifier=keyid",
    "subject-key-id-critical": "subjectKeyIdentifier=hash",
}


@cause("cert.strict", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "strict" not in evidence.flags:
        return None
    defect = defect_with(evidence, "strict")
    rule = text_of(defect.text)
    return Match(
        f"{culprit(evidence, 'strict')} failed strict verification (X509_STRICT)" + (f": {rule}" if rule else ""),
        fix(match.id, write=_WRITE.get(defect.defect or "", "")),
    )
