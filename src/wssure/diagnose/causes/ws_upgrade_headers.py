"""The 101 response lacks the headers of a WebSocket upgrade.

What happened:
    The status was 101, but the Upgrade header is not "websocket", the Connection header does not list "Upgrade", or the answer
    is HTTP/1.0.

Why:
    A reverse proxy rewrote the answer (HTTP/1.0 to the client, removed hop-by-hop headers), or a hand-written server
    does not send them.

Fix:
    * nginx: `proxy_http_version 1.1;` and the Upgrade and Connection headers in both directions.
    * Server: send `Upgrade: websocket` and `Connection: Upgrade` with the 101.

References:
    * RFC 6455 section 4.1 (items 2 and 3), RFC 9110 section 7.8
"""

from wssure.diagnose.cause import Evidence, Match, cause
from wssure.diagnose.view import broken_rule, text_of
from wssure.evidence import Fault, Stage

_NAMES = {"upgrade": "Upgrade", "connection": "Connection", "version": "HTTP version"}


@cause("ws.upgrade-headers", Fault.PEER, stage=Stage.UPGRADE, shows=("http.upgrade", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a broken rule about these headers."""
    upgrade = broken_rule(evidence, *_NAMES)
    if upgrade is None:
        return None
    name, got = _NAMES[upgrade.rule], text_of(upgrade.got) or "none"
    who = "the client's request has" if evidence.is_server else f"{evidence.peer} answered 101 with"
    return Match(f"{who} {name} {got}, expected {text_of(upgrade.expected)}")
