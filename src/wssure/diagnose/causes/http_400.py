"""The server rejected the request as malformed.

What happened:
    The server answered the upgrade with 400 Bad Request.

Why:
    A reverse proxy forwarded the request without its Upgrade headers; a header is malformed or too large (cookies); a
    framework needs more, for instance a Socket.IO query; or the server does not accept the Host header.

Fix:
    * Read the body shown: it usually names the missing part.
    * nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`
    * Repeat without your own headers; then add them one by one.

References:
    * RFC 6455 section 4.2.1, RFC 9110 section 15.5.1
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe


@probe("repeat with the fewest headers")
@cause("http.400", Fault.UNKNOWN, shows=("endpoint.url", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 400."""
    if evidence.status != 400:
        return None
    who = (
        "the client's request was malformed"
        if evidence.is_server
        else f"{evidence.peer} rejected our upgrade request as malformed"
    )
    body = f": {evidence.body.strip()[:80]}" if evidence.body.strip() else ""
    return Match(f"{who} ({evidence.reason}){body}", None, LIKELY, fault=Fault.PEER if evidence.is_server else None)
