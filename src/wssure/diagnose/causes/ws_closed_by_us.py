"""This side closed the connection with a code that states a failure.

What happened:
    This side sent a Close with a code other than 1000 and 1001 before the peer sent one. The Close of the peer is the answer
    to it, usually with our own code, as RFC 6455 section 5.5.1 asks; or the peer ended the connection without an answer.

Why:
    The program called `close` with that code, or its handler failed (1011).

Fix:
    * Find the call of `close` in this program; the reason that it passed is shown.

References:
    * RFC 6455 sections 5.5.1 and 7.4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import text_of
from wssure.facts import CloseSeen, EndedByUs, KeepaliveFailed, ViolationSeen


@cause("ws.closed-by-us", Fault.CALLER, shows=("ws.close",))
def match(evidence: Evidence) -> Match | None:
    """Match a Close of ours that came first."""
    closes = evidence.all(CloseSeen)
    if not closes or closes[0].direction != "sent" or closes[0].code in (1000, 1001):
        return None
    if any(kind in evidence for kind in (ViolationSeen, KeepaliveFailed, EndedByUs)):
        return None
    code, answer = closes[0].code, closes[-1]
    how = "confirmed it" if answer.code == code else f"answered with {answer.code}"
    if answer.direction == "sent":
        how = "ended the connection without an answer"
    reason = text_of(closes[0].reason)
    quotation = f", saying: {reason}" if reason else ""
    return Match(f"this side closed with {code}{quotation}, and {evidence.peer} {how}")
