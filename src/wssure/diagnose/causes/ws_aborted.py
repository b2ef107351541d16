"""This side cut the connection.

What happened:
    `abort` was called, or a call of `close` was cancelled before it had sent a Close. The socket was closed at once.

Why:
    The program wanted it, or a time-out around `close` was shorter than the close needs.

Fix:
    * Nothing, if it was meant.
    * To end in good order, await `close()`, and bound it by `close_timeout` instead of by a time-out of your own.

References:
    * RFC 6455 section 7.1.7
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import EndedByUs


@cause("ws.aborted", Fault.CALLER, shows=("ws.ended",))
def match(evidence: Evidence) -> Match | None:
    """Match a socket that this side closed without a Close."""
    ended = evidence.last(EndedByUs)
    if ended is None or ended.why not in ("aborted", "close-cancelled", "close-timeout"):
        return None
    return Match("this side cut the connection without a closing handshake")
