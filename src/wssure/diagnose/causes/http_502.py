"""The gateway could not reach the WebSocket server behind it.

What happened:
    The gateway answered the upgrade with 502 or 504, or with one of 520 to 527 and 530, which a CDN uses for the reason. The reverse proxy or load balancer works, but its backend refused,
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

# Not registered with IANA; https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/.
_CDN = {
    520: "the backend gave an answer that is no HTTP, or none",
    521: "the backend refused the connection",
    522: "the backend did not answer the connection request",
    523: "the backend's address cannot be reached",
    524: "the backend did not answer the request in time",
    525: "the TLS handshake with the backend failed",
    526: "the backend's certificate is not valid",
    527: "the connection between gateway and backend broke",
    530: "the backend's name cannot be resolved",
}


@probe("connect to the backend directly")
@cause("http.502", Fault.PEER, transient=True, shows=("http.response",))
def match(evidence: Evidence) -> Match | None:
    """Match status 502 or 504, or one that a CDN uses in their place."""
    status = evidence.status
    if evidence.is_server or (status not in (502, 504) and status not in _CDN):
        return None
    server = evidence.header("server")
    why = _CDN.get(status, "")
    return Match(
        f"the gateway{f' ({server})' if server else ''} at {evidence.peer} could not reach its backend ({evidence.reason})"
        + (f": {why}" if why else "")
    )
