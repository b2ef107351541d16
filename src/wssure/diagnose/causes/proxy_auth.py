"""The proxy requires credentials.

What happened:
    The HTTP proxy answered our CONNECT with 407 Proxy Authentication Required. No connection to the target server was
    made.

Why:
    The proxy requires a user and password (or NTLM, Negotiate) and received none, or wrong ones. Proxy credentials are
    separate: an Authorization header for the server is not used by the proxy.

Fix:
    * Put them into the proxy's URL, special characters percent-encoded: `proxy="http://USER:PASSWORD@proxy.example:3128"`,
      or the same in `--proxy` or `https_proxy`.
    * libwebsockets: `info.http_proxy_address = "USER:PASSWORD@proxy.example"; info.http_proxy_port = 3128;`
    * If the proxy offers only Negotiate or NTLM, run a local relay that supports it, or ask for an exception for the
      target.

References:
    * RFC 9110 sections 9.3.6 (CONNECT), 11.7 and 15.5.8 (407)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.proxy import proxy_answer
from wssure.facts import ProxyUsed
from wssure.fixes import fix


@probe("repeat the CONNECT with credentials")
@cause("proxy.auth", Fault.CALLER, shows=("endpoint.proxy", "proxy.response"))
def match(evidence: Evidence) -> Match | None:
    """Match 407 from the proxy."""
    answer = proxy_answer(evidence)
    if answer.status != 407:
        return None
    scheme = f" ({answer.header('proxy-authenticate')})" if answer.header("proxy-authenticate") else ""
    target = evidence.address or "the server"
    proxy = evidence.last(ProxyUsed)
    if proxy is not None and proxy.user:
        return Match(
            f"the proxy rejected our user and password{scheme}: no tunnel to {target}",
            fix("proxy.wrong-user"),
        )
    return Match(
        f"the proxy requires credentials{scheme} for a tunnel to {target}",
        fix(match.id, proxy=evidence.proxy),
    )
