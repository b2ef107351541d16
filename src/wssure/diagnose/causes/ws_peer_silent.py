"""The peer does not answer our pings.

What happened:
    A ping was sent, no pong came within `ping_timeout`, and our own event loop was not to blame: it ran on time. The connection
    was given up.

Why:
    The network path died without a word (a sleeping laptop, a changed address, a NAT entry that timed out), the peer hangs, or
    its program does not read (a pong stands behind data nobody takes).

Fix:
    * Reconnect; wssure marks it transient.
    * NAT and proxies forget idle connections, often after 60 s: keep `ping_interval` below that (default 20 s).
    * If the peer is slow but alive, raise `ping_timeout`.

References:
    * RFC 6455 sections 5.5.2 and 5.5.3
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match
from wssure.evidence import Fault, Stage
from wssure.facts import KeepaliveFailed


def match(evidence: Evidence) -> Match | None:
    """Match keepalive's own verdict."""
    keepalive = evidence.last(KeepaliveFailed)
    if keepalive is None or keepalive.verdict != "peer-silent":
        return None
    shown = "" if keepalive.timeout_s is None else f" within {keepalive.timeout_s:g} s"
    return Match(f"no pong came from {evidence.peer}{shown}, while this side's event loop ran on time", None, LIKELY)


CAUSE = Cause(
    id="ws.peer-silent",
    stage=Stage.OPEN,
    fault=Fault.PATH,
    match=match,
    page=__doc__,
    fix="reconnect; keep ping_interval below the idle time-out of NAT and proxies on the way",
    shows=("ws.keepalive",),
    transient=True,
)
