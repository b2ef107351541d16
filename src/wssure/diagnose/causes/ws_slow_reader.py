"""The peer reads broadcast messages too slowly.

What happened:
    More than `broadcast_limit` bytes waited for the peer when `broadcast` had one more message for it. This side closed the
    connection with 1008, because memory would grow without end.

Why:
    The peer's program reads slowly or stopped reading, or its network is slower than the broadcasts.

Fix:
    * Let the peer read faster, or reconnect and fetch the messages that it missed.
    * Broadcast less, or raise `broadcast_limit` (default 16 MiB a connection).

References:
    * RFC 6455 section 7.4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import EndedByUs


@cause("ws.slow-reader", Fault.PEER, transient=True, shows=("ws.ended", "ws.close"))
def match(evidence: Evidence) -> Match | None:
    """Match the verdict of `broadcast`."""
    ended = evidence.last(EndedByUs)
    if ended is None or ended.why != "slow-reader":
        return None
    return Match(f"{evidence.peer} reads broadcast messages too slowly")
