"""The proxy refused to open a tunnel to this target.

What happened:
    The HTTP proxy answered our CONNECT with 403 (or 405). No connection to the target server was made; the refusal is
    the proxy's own.

Why:
    The proxy's policy forbids the host or the port: many proxies allow CONNECT only to 443, so wss on 8443 is refused.
    A 405 usually comes from a server that is not a proxy.

Fix:
    * Try the same host on port 443; ask the owner of the proxy to allow host and port.
    * Exclude this target from the proxy, if a direct route exists: `proxy=None`, `--proxy none`, or its name in
      NO_PROXY.

References:
    * RFC 9110 sections 9.3.6 and 15.5.4
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.proxy import proxy_answer
from wssure.fixes import fix


@probe("CONNECT to port 443 of the same host, and to another host")
@cause("proxy.forbidden", Fault.PATH, shows=("endpoint.proxy", "proxy.response"))
def match(evidence: Evidence) -> Match | None:
    """Match 403 or 405 from the proxy."""
    answer = proxy_answer(evidence)
    if answer.status not in (403, 405):
        return None
    port = evidence.port
    todo = fix("proxy.only-443", port=port) if port != "443" else None
    return Match(f"the proxy refused a tunnel to {evidence.address}:{port} ({answer.text})", todo)
