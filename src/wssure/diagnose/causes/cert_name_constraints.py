"""A CA issued a certificate for a name that it may not issue for.

What happened:
    A CA of the chain is limited to some names (the extension nameConstraints), and a certificate below it has a name
    that these limits do not permit, or exclude.

Why:
    A private or company CA is limited to its own domain, and the certificate has a further name: another domain, an IP
    address, an email address. One such name is enough to refuse the whole certificate.

Fix:
    * Issue the certificate again with permitted names only.
    * Or have the CA issued again with limits that contain the name: `openssl req -x509 -CA ca.pem -CAkey ca.key -newkey
      rsa:2048 -nodes -keyout sub.key -out sub.pem -days 1825 -subj "/CN=My Sub CA" -addext
      basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
      -addext "nameConstraints=critical,permitted;DNS:NAME"`

References:
    * RFC 5280 section 4.2.1.10
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with, text_of


@cause("cert.name-constraints", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "name-constraints" not in evidence.flags:
        return None
    rule = text_of(defect_with(evidence, "name-constraints").text, 300)
    return Match(f"{culprit(evidence, 'name-constraints')} has a name outside the limits of its CA: {rule}")
