"""This side closed the connection with a code that states a failure.

What happened:
    This side sent a Close with a code other than 1000 and 1001, and the peer confirmed it. What the peer sent is the echo of
    our own code, as RFC 6455 section 5.5.1 asks.

Why:
    The program called `close` with that code, or its handler failed (1011).

Fix:
    * Look at what the program did before it called `close`; the reason that it gave is shown.

References:
    * RFC 6455 sections 5.5.1 and 7.4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import text_of
from wssure.facts import CloseSeen, EndedByUs, KeepaliveFailed, ViolationSeen


@cause("ws.closed-by-us", Fault.CALLER, shows=("ws.close",))
def match(evidence: Evidence) -> Match | None:
    """Match a Close of ours that came first and was confirmed."""
    closes = evidence.all(CloseSeen)
    if len(closes) < 2 or closes[0].direction != "sent":
        return None
    code = closes[0].code
    if code in (1000, 1001) or closes[-1].direction != "received" or closes[-1].code != code:
        return None
    if any(kind in evidence for kind in (ViolationSeen, KeepaliveFailed, EndedByUs)):
        return None
    reason = text_of(closes[0].reason)
    said = f", saying: {reason}" if reason else ""
    return Match(f"this side closed with {code}{said}, and {evidence.peer} confirmed it")
