"""The certificate has the IP address as a DNS name.

What happened:
    The subjectAltName of the certificate has the address in an entry of the type DNS (`DNS:192.0.2.7`). Clients compare
    an IP address with entries of the type IP only, so the certificate is not valid for the address.

Why:
    The usual slip with certificates made for a device: `subjectAltName=DNS:192.0.2.7`.

Fix:
    * Issue the certificate again with the type IP: `openssl req -x509 -CA ca.pem -CAkey ca.key -newkey rsa:2048 -nodes
      -keyout server.key -out server.pem -days 90 -subj /CN=device -addext subjectAltName=IP:192.0.2.7
      -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth`
    * Or connect by name: give the device a DNS name, issue the certificate for it, and dial the address with `address=`.

References:
    * RFC 9525 section 6.4, RFC 5280 section 4.2.1.6 (iPAddress)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.fixes import fix


@cause("cert.ip-as-dns", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match a failed check of an IP address that the certificate has as a DNS name."""
    if evidence.is_server or not (evidence.host_is_ip and evidence.name_mismatch):
        return None
    if evidence.host not in evidence.leaf.dns_names:
        return None
    return Match(
        f"the certificate has the address as DNS:{evidence.host}, expected IP:{evidence.host} in its subjectAltName",
        fix(match.id, host=evidence.host),
    )
