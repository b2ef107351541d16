"""Our own event loop was blocked during a keepalive ping.

What happened:
    The time for the pong was over several times in a row, and each time this program's event loop ran late. No pong was
    there when it ran again: the peer may be silent, too, or share the loop.
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

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause
from wssure.facts import KeepaliveFailed


@cause("ws.loop-blocked", Fault.CALLER, transient=True, shows=("ws.keepalive",))
def match(evidence: Evidence) -> Match | None:
    """Match keepalive's own verdict."""
    keepalive = evidence.last(KeepaliveFailed)
    if keepalive is None or keepalive.verdict != "loop-blocked":
        return None
    shown = "" if keepalive.blocked_s is None else f" for {keepalive.blocked_s:.1f} s"
    silent = alternative("ws.peer-silent", "no pong was there either when the loop ran again")
    return Match(
        f"this program's event loop was blocked{shown} while a pong was due, and none came", None, LIKELY, (silent,)
    )
