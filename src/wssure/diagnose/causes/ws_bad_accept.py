"""The Sec-WebSocket-Accept header is wrong or missing.

What happened:
    The 101 response has a Sec-WebSocket-Accept that does not match our key, or none.

Why:
    A cache or proxy replayed an old answer; or the server computes the value wrongly, or answers 101 to every request.
    The check exists to detect these cases.

Fix:
    * Repeat the connection: if the value is always the same, a cache answers; exclude upgrades from it.
    * Server: base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")), with the key as sent, not decoded.

References:
    * RFC 6455 sections 1.3 and 4.1 (item 4)
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.diagnose.view import broken_rule, text_of
from wssure.evidence import Fault, Stage


@probe("repeat: an unchanged value comes from a cache")
@cause("ws.bad-accept", Fault.PEER, stage=Stage.UPGRADE, shows=("http.upgrade", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a wrong or missing accept value."""
    upgrade = broken_rule(evidence, "accept")
    if upgrade is None:
        return None
    got = text_of(upgrade.got) or "none"
    return Match(f"{evidence.peer} answered 101 with Sec-WebSocket-Accept {got}, expected {text_of(upgrade.expected)}")
