"""The Origin of the request is not allowed.

What happened:
    The server refused the upgrade with 403 because of its Origin header. On a client this is one explanation of a 403;
    a repetition with another Origin decides. A wssure server reports it for its own refusals.

Why:
    A server that accepts any Origin lets every web page connect with the credentials of its visitor, so secure servers
    check it. The client sent none or a placeholder ("http://localhost", or "origin" from an example), or the page has a
    name that the server does not expect.

Fix:
    * Client: `connect(url, origin="https://the-page-that-belongs-to-it")`; libwebsockets `i.origin = "b.example.net";`.
    * Server: list the allowed origins: `serve(..., origins=["https://app.example.net"])`. By default wssure allows the
      same origin, and requests without an Origin.
    * Server behind a proxy that ends TLS: the page is `https`, the request plain HTTP, so their origins differ. List the
      origin of the page.

References:
    * RFC 6455 sections 4.2.2 and 10.2, RFC 6454
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import flipped_result, origin_sent
from wssure.facts import RequestSeen
from wssure.fixes import fix


@probe("repeat with the service's own Origin, and without one")
@cause("http.origin", Fault.CALLER, shows=("endpoint.url", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a 403 that mentions the Origin, our own refusal, or an experiment that depends on it."""
    if evidence.status != 403:
        return None
    origin = origin_sent(evidence)
    if evidence.is_server:
        if "origin" not in evidence.body.lower():
            return None
        if not origin:
            return Match("the request has no Origin, which is not allowed", fix("http.allow-none"), fault=Fault.PEER)
        summary = f'the request has the Origin "{origin}", which is not allowed'
        request = evidence.last(RequestSeen)
        if request is not None and not evidence.done and origin == f"https://{request.host}":
            summary += ": it is the same host, but over plain HTTP, as a proxy that ends TLS sends it"
        return Match(summary, fix("http.allow-origin", origin=origin), fault=Fault.PEER)
    if not flipped_result(evidence, match.id) and "origin" not in evidence.body.lower():
        return None
    sent = f'Origin "{origin}"' if origin else "a request without the expected Origin"
    own = _own_origin(evidence)
    todo = fix("http.other-origin", origin=origin) if origin == own and origin else fix(match.id, origin=own)
    return Match(f"{evidence.peer} refused {sent} (403)", todo, LIKELY)


def _own_origin(evidence: Evidence) -> str:
    """Return the origin of the service's own pages (RFC 6454 section 4); "" if the URL is unknown."""
    scheme, _, rest = evidence.url.partition("://")
    return f"{'https' if scheme == 'wss' else 'http'}://{rest.partition('/')[0]}" if rest else ""
