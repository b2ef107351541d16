"""The server has no WebSocket endpoint at this path.

What happened:
    The server answered the upgrade with 404 Not Found. TLS and HTTP work; the path does not exist.

Why:
    A wrong path (often "/" instead of "/ws", or a trailing slash); a missing prefix in a reverse proxy; or a server
    that selects the site by Host and received another host.

Fix:
    * Correct the path in the URL. libwebsockets: `i.path = "/ws";`, with its leading slash.
    * Reverse proxy: its `location` must match the path, and in nginx a path after `proxy_pass http://backend/` replaces
      it.

References:
    * RFC 9110 section 15.5.5
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause, probe
from wssure.diagnose.view import text_of


@probe("try the service's other paths: /, /ws, /socket")
@cause("http.404", Fault.CALLER, shows=("endpoint.url", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 404."""
    if evidence.status != 404:
        return None
    if evidence.is_server:
        return Match("the client requested an unknown path and was answered with 404", fault=Fault.PEER)
    rest = evidence.url.partition("://")[2]
    path = text_of("/" + rest.partition("/")[2]) if rest else "that path"
    others = (alternative("http.host-header", f'the server may have no site "{evidence.host}"'),)
    return Match(f"{evidence.peer} did not find {path} (404)", None, LIKELY, others)
