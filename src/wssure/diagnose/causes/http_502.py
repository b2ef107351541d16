"""The gateway could not reach the WebSocket server behind it.

What happened:
    The gateway answered the upgrade with 502 or 504. The reverse proxy or load balancer works, but its backend refused,
    closed, broke HTTP, or did not answer in time.

Why:
    The backend is down or restarting, listens on another address, expects TLS while the proxy sends plain HTTP (or the
    reverse), or needs SNI: nginx sends none to its upstream unless `proxy_ssl_server_name on;` is set.

Fix:
    * Read the gateway's error log: it has the reason.
    * nginx with a TLS upstream: `proxy_ssl_server_name on; proxy_ssl_name NAME;`.
    * Retry later; wssure marks this failure as transient.

References:
    * RFC 9110 sections 15.6.3 and 15.6.5
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("connect to the backend directly")
@cause("http.502", Fault.PEER, transient=True, shows=("http.response",))
def match(evidence: Evidence) -> Match | None:
    """Match status 502 or 504."""
    if evidence.is_server or evidence.status not in (502, 504):
        return None
    server = evidence.header("server")
    return Match(
        f"the gateway{f' ({server})' if server else ''} at {evidence.peer} could not reach its backend ({evidence.reason})"
    )
