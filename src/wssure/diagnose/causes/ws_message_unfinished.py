"""A message sent in fragments was not finished.

What happened:
    This side began a message in fragments, from an iterable given to `send`, and the rest never came: the iterable raised,
    gave a piece that cannot be sent, was cancelled, or went on while `close` waited. The peer had half a message, which
    nothing can take back, so this side ended the connection: with code 1011, or without a Close if `close` waited in vain.

Why:
    RFC 6455 section 5.4 allows no other message between the fragments of one, and has no way to abandon it.

Fix:
    * `__cause__` of the exception is the error of the iterable, or the cancellation: correct that.
    * Collect data that can fail before sending; use fragments for data that is certain to come.

References:
    * RFC 6455 section 5.4
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import EndedByUs


@cause("ws.message-unfinished", Fault.CALLER, shows=("ws.ended", "ws.close"))
def match(evidence: Evidence) -> Match | None:
    """Match our own end in the middle of a fragmented message."""
    ended = evidence.last(EndedByUs)
    if ended is None or ended.why != "message-unfinished":
        return None
    return Match("this side began a message in fragments and could not finish it")
