"""A certificate cannot be read.

What happened:
    The TLS library cannot read a certificate of the chain: a field or an extension breaks its format, or the key is of a
    kind that the library does not have.

Why:
    A certificate made by a faulty program or changed afterwards; or a good one with a key that this library lacks (Mbed
    TLS has no Ed25519).

Fix:
    * Let another program read it: `openssl x509 -in server.pem -noout -text`. If that fails, issue it again.
    * If it can be read there, use another backend (`backend="openssl"`), or issue it with an RSA or P-256 key.

References:
    * RFC 5280 section 4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with
from wssure.fixes import fix

_PHRASES = {
    "unreadable-date": "has a date that cannot be read",
    "broken-extension": "has an extension whose contents cannot be read",
    "broken-policy-extension": "has a policy extension whose contents cannot be read",
    "explicit-curve": "has an elliptic curve given by numbers instead of its name",
    "extension-twice": "has one extension twice",
    "unsupported-key": "has a key of a kind that this TLS library does not have",
}


@cause("cert.malformed", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "malformed" not in evidence.flags:
        return None
    word = defect_with(evidence, "malformed").defect or ""
    phrase = _PHRASES.get(word, "cannot be read by this TLS library")
    lacks = word in ("unsupported-key", "unreadable")
    return Match(f"{culprit(evidence, 'malformed')} {phrase}", fix("cert.unsupported" if lacks else match.id))
