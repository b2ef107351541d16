"""The head of an HTTP message is above one of our limits.

What happened:
    The peer began a message of HTTP/1.1. This side stopped reading it at one of the limits of `http_limits`: the length of
    one line, the number of header lines, or the length of the whole head.

Why:
    A long cookie or Content-Security-Policy, a token in a header or in the URL, many headers that proxies add; or a peer
    that sends without end.

Fix:
    * Raise the limit that is named, on this side: `connect(url, http_limits=HttpLimits(line_bytes=65536))`, and the same for
      `serve`.
    * Or let the peer send less: a WebSocket needs no cookie and no Content-Security-Policy in the response.

References:
    * RFC 9110 section 5.4, RFC 6585 section 5
"""

from wssure.diagnose.cause import Evidence, Match, cause
from wssure.diagnose.view import text_of
from wssure.evidence import Fault, Stage
from wssure.facts import HttpOverLimit
from wssure.fixes import fix

_WHAT = {
    "line_bytes": "a line of more than {} bytes",
    "header_count": "more than {} header lines",
    "total_bytes": "a head of more than {} bytes",
}


@cause("http.head-too-large", Fault.CALLER, shows=("http.over_limit",))
def match(evidence: Evidence) -> Match | None:
    """Match a message that was not read to its end because of its size."""
    over = evidence.last(HttpOverLimit)
    if over is None or over.limit not in _WHAT:
        return None
    what = _WHAT[over.limit].format(over.most)
    if over.header:
        what = f"the header {text_of(over.header, 64)} with more than {over.most} bytes"
    sender = "the client" if evidence.is_server else evidence.peer
    if evidence.stage is Stage.PROXY:
        sender = f"the proxy at {evidence.proxy or evidence.peer}"
    call = "serve(..." if evidence.is_server else "connect(url"
    return Match(
        f"{sender} sent {what}, which is our limit {over.limit}",
        fix(match.id, call=call, limit=over.limit, value=str(8 * over.most)),
        stage=evidence.stage,
    )
