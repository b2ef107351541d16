"""The server answered with a page instead of switching to WebSocket.

What happened:
    The server answered the upgrade with a 2xx status, like an ordinary GET. TLS works; at this path the server did not
    treat the request as a WebSocket upgrade.

Why:
    The path is a web page, and the WebSocket endpoint has another path (/ws, /socket, /socket.io/?transport=websocket);
    or a reverse proxy removed the Upgrade and Connection headers on the way to a backend that supports them.

Fix:
    * Correct the path in the URL.
    * nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`
      Apache: `ProxyPass /ws ws://backend/ws` (mod_proxy_wstunnel) or `upgrade=websocket`.
    * libwebsockets: `i.path = "/ws";`, with its leading slash.

References:
    * RFC 6455 section 4.2.2, RFC 9110 section 7.8
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe


@probe("try the service's other paths")
@cause("http.200-not-upgrade", Fault.CALLER, shows=("endpoint.url", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a 2xx answer to the upgrade."""
    if evidence.is_server or evidence.status is None or not 200 <= evidence.status < 300:
        return None
    return Match(
        f"{evidence.peer} answered the upgrade with {evidence.reason} (an ordinary page), expected 101 Switching Protocols",
        confidence=LIKELY,
    )
