"""The signature of a certificate does not fit the key of its issuer.

What happened:
    A certificate names an issuer that this client knows or that was sent. The signature was made with another key than
    that issuer's, or it cannot be checked.

Why:
    The CA was made again under the same name, so a certificate of the old CA meets the new one (the usual reason with
    private CAs); an intermediate in the server's file is the wrong one of that name; or the certificate was changed.

Fix:
    * Compare the keys: the certificate's "Authority Key Identifier" and the CA's "Subject Key Identifier" must be equal:
      `openssl x509 -in server.pem -noout -ext authorityKeyIdentifier` and `openssl x509 -in ca.pem -noout -ext
      subjectKeyIdentifier`. `openssl verify -CAfile ca.pem server.pem` shows whether they fit.
    * Issue the server's certificate again with the present CA, or get the CA's present certificate from its owner.

References:
    * RFC 5280 sections 4.1.1.3 and 6.1.3 (a)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with

_PHRASES = {
    "unreadable-issuer-key": "the key of its issuer cannot be read",
    "no-issuer-key": "the key of its issuer is absent",
    "unreadable-signature": "its signature cannot be read",
    "unsupported-algorithm": "its signature algorithm is not supported",
    "algorithm-mismatch": "its signature algorithm does not fit the issuer's key",
}


@cause("cert.bad-signature", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "bad-signature" not in evidence.flags:
        return None
    phrase = _PHRASES.get(
        defect_with(evidence, "bad-signature").defect or "",
        "it was signed with another key than that of the CA with its issuer's name",
    )
    return Match(f"{culprit(evidence, 'bad-signature')} was refused: {phrase}")
