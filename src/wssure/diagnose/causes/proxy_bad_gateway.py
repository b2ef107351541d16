"""The proxy could not reach the server.

What happened:
    The HTTP proxy answered our CONNECT with 502, 503 or 504: it could not reach the target.

Why:
    squid gives details in its X-Squid-Error header: ERR_DNS_FAIL, ERR_CONNECT_FAIL with the system's error number.
    Otherwise: the name does not resolve on the proxy, the target refuses or ignores the proxy's connection, or the
    proxy is overloaded. The proxy resolves and connects, so name resolution and routes of this machine do not matter.

Fix:
    * Resolve the name on the proxy; a name of your own network may not exist there.
    * Try a direct connection: `wssure check URL --proxy none`. If it works, exclude this target from the proxy
      (NO_PROXY).

References:
    * RFC 9110 sections 9.3.6, 15.6.3, 15.6.4, 15.6.5; RFC 9209 (Proxy-Status)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.proxy import proxy_answer

_NOT_FORWARDED = ("ERR_CANNOT_FORWARD", "ERR_CONNECT_FAIL", "ERR_DNS_FAIL", "ERR_READ_TIMEOUT")


@probe("connect directly, without the proxy")
@cause("proxy.bad-gateway", Fault.PATH, transient=True, shows=("endpoint.proxy", "proxy.response"))
def match(evidence: Evidence) -> Match | None:
    """Match the answers of gateways that could not connect."""
    answer = proxy_answer(evidence)
    own_words = answer.header("x-squid-error") or answer.header("proxy-status")
    # squid reports some of these with status 500 and the error in a header.
    forwarding = answer.status == 500 and own_words.startswith(_NOT_FORWARDED)
    if answer.status not in (502, 503, 504) and not forwarding:
        return None
    reply = f"{answer.text}, {own_words}" if own_words else answer.text
    return Match(f"the proxy could not reach {evidence.address or 'the server'}:{evidence.port} ({reply})")
