"""Nothing is at that path.

What happened:
    The upgrade was answered with 404 Not Found: TLS and HTTP work, and the server has no WebSocket endpoint at this path.

Why:
    A wrong path (often "/" where "/ws" is right, or a trailing slash); a reverse proxy whose prefix is missing; or a server that
    picks its site by Host and got another host.

Fix:
    * Correct the path in the URL. libwebsockets: `i.path = "/ws";`, with its leading slash.
    * Reverse proxy: its `location` must cover the path, and in nginx a path behind `proxy_pass http://backend/` replaces it.

References:
    * RFC 9110 section 15.5.5
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match, rival
from wssure.diagnose.view import text_of
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match status 404."""
    if evidence.status != 404:
        return None
    if evidence.is_server:
        return Match("the client asked for a path that is not here; it was answered 404", fault=Fault.PEER)
    rest = evidence.url.partition("://")[2]
    path = text_of("/" + rest.partition("/")[2]) if rest else "that path"
    others = (rival("http.host-header", f'the server may know no site "{evidence.host}"'),)
    return Match(f"{evidence.peer} has nothing at {path} (404)", "correct the path of the URL", LIKELY, others)


CAUSE = Cause(
    id="http.404",
    stage=Stage.UPGRADE,
    fault=Fault.CALLER,
    match=match,
    page=__doc__,
    fix="correct the path of the URL",
    probe="try the service's other paths: /, /ws, /socket",
    shows=("endpoint.url", "http.request", "http.response"),
)
