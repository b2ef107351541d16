"""The listener expects a PROXY protocol header before the TLS handshake.

What happened:
    Our ClientHello was dropped: the connection was closed, reset or left without an answer. An experiment sent the same
    hello behind the line `PROXY UNKNOWN` of the PROXY protocol, and it was answered.

Why:
    The listener is meant for a load balancer, which puts the address of the client before each connection, and you
    connected to it directly; or the load balancer on the path was not told to send the header.

Fix:
    * Connect to the load balancer instead of the listener behind it.
    * Load balancer: send the header (haproxy: `server ... send-proxy`; AWS: proxy protocol of the target group).
    * Listener: switch it off if nothing sends it (nginx: `listen 443 ssl;` without `proxy_protocol`; Traefik:
      `proxyProtocol.trustedIPs`).

References:
    * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt section 2.1 (UNKNOWN)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import flipped_result


@probe("send the line PROXY UNKNOWN before the hello (curl --haproxy-protocol https://NAME/)")
@cause("tls.proxy-header-missing", Fault.CALLER, shows=("tls.client_hello", "tls.eof", "os.error", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match an experiment that was answered once the header stood before the hello; one connection never shows this."""
    if not flipped_result(evidence, match.id):
        return None
    return Match(f"{evidence.peer} expects a PROXY protocol header before the hello", None, LIKELY)
