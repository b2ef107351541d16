"""The server's proof of the WebSocket handshake is wrong.

What happened:
    The 101 came with a Sec-WebSocket-Accept that is not the one our key demands, or without any.

Why:
    A cache or proxy replayed an old answer; the server computes it wrongly, or answers 101 to everything. The check exists to
    find exactly that.

Fix:
    * Repeat: if the value is the same each time, a cache answers; make it leave upgrades alone.
    * Server: base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")), with the key as sent, not decoded.

References:
    * RFC 6455 sections 1.3 and 4.1 (item 4)
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.diagnose.view import broken_rule, text_of
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match a wrong or missing accept value."""
    upgrade = broken_rule(evidence, "accept")
    if upgrade is None:
        return None
    got = text_of(upgrade.got) or "none"
    return Match(f"{evidence.peer} answered 101 with Sec-WebSocket-Accept {got}, expected {text_of(upgrade.expected)}")


CAUSE = Cause(
    id="ws.bad-accept",
    stage=Stage.UPGRADE,
    fault=Fault.PEER,
    match=match,
    page=__doc__,
    fix="mend the server, or the cache before it that replays old answers",
    probe="repeat: an unchanged value comes from a cache",
    shows=("http.upgrade", "http.response"),
)
