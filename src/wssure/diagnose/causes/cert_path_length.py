"""The chain is longer than one of its CAs allows.

What happened:
    A CA certificate has basicConstraints with a path length, and more CA certificates stand below it than that number;
    or the whole chain is longer than the TLS library reads.

Why:
    A CA that may issue only server certificates (`pathlen:0`) issued another CA; or the chain was put together wrongly.

Fix:
    * Issue the server's certificate directly below the CA with the limit.
    * Or make the upper CA again without a limit, or with a larger one: `openssl req -x509 -CA ca.pem -CAkey ca.key
      -newkey rsa:2048 -nodes -keyout sub.key -out sub.pem -days 1825 -subj "/CN=My Sub CA"
      -addext basicConstraints=critical,CA:TRUE,pathlen:1 -addext keyUsage=critical,keyCertSign,cRLSign`

References:
    * RFC 5280 sections 4.2.1.9 and 6.1.4 (l), (m)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.chain import culprit
from wssure.diagnose.view import defect_with


@cause("cert.path-length", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "path-length" not in evidence.flags:
        return None
    if defect_with(evidence, "path-length").defect == "chain-too-long":
        return Match(f"the chain of {evidence.peer} has more certificates than the TLS library reads")
    who = culprit(evidence, "path-length")
    return Match(f"{who} allows fewer CA certificates below it than the chain of {evidence.peer} has (pathlen)")
