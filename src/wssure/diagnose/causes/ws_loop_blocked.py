"""Our own event loop was blocked during a keepalive ping.

What happened:
    The pong was not read in time because this program's event loop was blocked for seconds. The peer may have answered.
    Other libraries report this as "1011 keepalive ping timeout", like a network failure.

Why:
    A blocking call or a long computation inside a coroutine: `time.sleep`, a synchronous HTTP or database client, JSON of many
    megabytes.

Fix:
    * Find it: `PYTHONASYNCIODEBUG=1` logs callbacks slower than 100 ms.
    * Move it off the loop: `await asyncio.to_thread(work)`, or a process pool.

References:
    * RFC 6455 section 5.5.2; asyncio documentation, "Developing with asyncio"
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import KeepaliveFailed


@cause("ws.loop-blocked", Fault.CALLER, transient=True, shows=("ws.keepalive",))
def match(evidence: Evidence) -> Match | None:
    """Match keepalive's own verdict."""
    keepalive = evidence.last(KeepaliveFailed)
    if keepalive is None or keepalive.verdict != "loop-blocked":
        return None
    shown = "" if keepalive.blocked_s is None else f" for {keepalive.blocked_s:.1f} s"
    return Match(f"this program's event loop was blocked{shown}; the peer may have answered in time")
