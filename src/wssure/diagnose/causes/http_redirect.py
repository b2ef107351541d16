"""The server redirects to another URL.

What happened:
    The server answered the upgrade with a 3xx status and a Location. wssure does not follow redirects: a host that you
    did not name would receive the request and its credentials.

Why:
    The service moved; a name without www redirects to the name with it; plain ws is redirected to https; or a login is
    required first (the Location is a login page).

Fix:
    * If the Location is the intended service, connect to it: https becomes wss, http becomes ws.
    * If it is a login page, add the missing credentials: `additional_headers={"Authorization": ...}` or a cookie.

References:
    * RFC 6455 section 4.1, RFC 9110 section 15.4
"""

from urllib.parse import urljoin, urlsplit

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.fixes import fix


@probe("connect to the Location")
@cause("http.redirect", Fault.CALLER, shows=("endpoint.url", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a 3xx answer to the upgrade."""
    if evidence.is_server or evidence.status is None or not 300 <= evidence.status < 400:
        return None
    target = _websocket_url(evidence.url, evidence.header("location"))
    if not target:
        return Match(f"{evidence.peer} redirected ({evidence.reason}) without a Location")
    return Match(
        f"{evidence.peer} redirected to {target} ({evidence.reason})",
        fix(match.id, url=target),
    )


def _websocket_url(base: str, location: str) -> str:
    """Return the redirect's target as a ws or wss URL without its query's values, or ""."""
    if not location:
        return ""
    try:
        whole = urljoin(base.replace("wss://", "https://", 1).replace("ws://", "http://", 1), location)
        parts = urlsplit(whole)
    except ValueError:
        return ""
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    host = parts.netloc.rpartition("@")[2]
    return f"{scheme}://{host}{parts.path or '/'}{'?…' if parts.query else ''}" if host else ""
