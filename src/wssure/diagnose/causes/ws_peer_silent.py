"""The peer did not answer our ping.

What happened:
    A ping was sent and no pong was received within `ping_timeout`. Our own event loop was not blocked. The connection
    was closed. `wssure check` reports it if the peer answered neither a ping nor a Close and sent no message: the upgrade
    succeeded, and then no program served the connection.

Why:
    The network path failed silently (a sleeping laptop, a changed address, an expired NAT entry), the peer hangs, or
    its program does not read (the pong waits behind unread data).

Fix:
    * Reconnect; wssure marks this failure as transient.
    * NAT devices and proxies drop idle connections, often after 60 s: keep `ping_interval` below that (default 20 s).
    * If the peer is slow but alive, raise `ping_timeout`.
    * After a new upgrade: check that the program behind the proxy runs and reads its connections.

References:
    * RFC 6455 sections 5.5.2 and 5.5.3
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause
from wssure.facts import EndedByUs, KeepaliveFailed
from wssure.fixes import fix


@cause("ws.peer-silent", Fault.PATH, transient=True, shows=("ws.keepalive",))
def match(evidence: Evidence) -> Match | None:
    """Match keepalive's own verdict."""
    keepalive = evidence.last(KeepaliveFailed)
    if keepalive is None or keepalive.verdict != "peer-silent":
        return None
    shown = "" if keepalive.timeout_s is None else f" within {keepalive.timeout_s:g} s"
    ended = evidence.last(EndedByUs)
    if ended is not None and ended.why == "close-timeout":
        return Match(
            f"after the upgrade {evidence.peer} answered neither a ping{shown} nor our Close: no program serves the connection",
            fix("ws.never-answered"),
            LIKELY,
            fault=Fault.PEER,
        )
    return Match(f"no pong came from {evidence.peer}{shown}, while this side's event loop ran on time", None, LIKELY)
