"""The peer did not answer our Close.

What happened:
    This side sent a Close frame. The peer neither answered it nor ended the connection within `close_timeout`, or the wait
    for it was cancelled. So this side closed the socket.

Why:
    The peer's program does not read, hangs or does not implement the closing handshake; the network path died; or we sent so
    much data before the Close that the peer had not taken it yet.

Fix:
    * Nothing, if the connection was to end anyway: everything that the peer took before is delivered.
    * Raise `close_timeout` if the peer is slow.
    * Peer: answer a Close frame with a Close frame (RFC 6455 section 5.5.1).

References:
    * RFC 6455 sections 5.5.1, 7.1.1 and 7.1.2
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause
from wssure.facts import CloseSeen, EndedByUs


@cause("ws.close-unanswered", Fault.PEER, shows=("ws.close", "ws.ended"))
def match(evidence: Evidence) -> Match | None:
    """Match the end of our own wait for the answer to our Close."""
    ended = evidence.last(EndedByUs)
    closes = evidence.all(CloseSeen)
    if ended is None or ended.why not in ("close-timeout", "close-cancelled") or not closes:
        return None
    timed = ended.why == "close-timeout" and ended.timeout_s is not None
    shown = f" within {ended.timeout_s:g} s" if timed else ""
    return Match(f"this side closed with {closes[0].code}, and {evidence.peer} did not answer{shown}", None, LIKELY)
