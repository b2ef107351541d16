"""The application does not take its messages.

What happened:
    Messages waited to be taken, so reading was paused, and for several times `ping_timeout` the application took none. Behind
    them a pong cannot be seen, so nothing shows that the peer is alive. This side closed the connection with 1011.

Why:
    The program waits for something else and does not call `recv`, or works on one message for too long.

Fix:
    * Receive in a task of its own, and hand the messages on.
    * Raise `max_queue`, or `ping_timeout`, if such pauses are right.

References:
    * RFC 6455 section 5.5.2
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import KeepaliveFailed


@cause("ws.messages-unread", Fault.CALLER, shows=("ws.keepalive",))
def match(evidence: Evidence) -> Match | None:
    """Match keepalive's own verdict."""
    keepalive = evidence.last(KeepaliveFailed)
    if keepalive is None or keepalive.verdict != "messages-unread":
        return None
    return Match("this program took no messages for so long that keepalive could not see a pong")
