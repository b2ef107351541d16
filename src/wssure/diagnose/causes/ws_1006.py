"""The connection ended without a Close frame (1006).

What happened:
    The WebSocket was open, and TCP or TLS ended without a Close frame: a reset, or an EOF. 1006 is never sent; it is
    the local code for this event.

Why:
    A proxy or NAT dropped an idle connection (after exactly 60 s: nginx `proxy_read_timeout`); the peer's process
    crashed or was stopped in a deployment; the network changed; or the peer closes TCP without the closing handshake.

Fix:
    * Check the duration of the connection: a round number indicates an idle limit. Keep `ping_interval` below it
      (default 20 s), or raise the limit: nginx `proxy_read_timeout 3600s;`, haproxy `timeout tunnel 1h`.
    * Reconnect; wssure marks this failure as transient.
    * Peer: close with a Close frame; use 1001 or 1012 on shutdown.

References:
    * RFC 6455 sections 7.1.5 and 7.4.1
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import CloseSeen, HttpEof, TimedOut, TlsEof, ViolationSeen, WebSocketEof


@probe("measure the duration of connections: a round number is an idle limit")
@cause("ws.1006", Fault.PATH, transient=True, shows=("tls.eof", "ws.eof", "os.error", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match an end of the open connection without a Close from the peer."""
    if evidence.stage not in (Stage.OPEN, Stage.CLOSE):
        return None
    if any(close.direction == "received" for close in evidence.all(CloseSeen)) or ViolationSeen in evidence:
        return None
    if not (
        evidence.lost
        or any(kind in evidence for kind in (TlsEof, HttpEof, WebSocketEof, TimedOut))
        or evidence.os_error
    ):
        return None
    if evidence.timeout_phase:
        return Match(f"the peer did not answer our Close within {evidence.limit}", None, LIKELY)
    how = "was reset" if evidence.lost else "ended"
    after = " after ours" if CloseSeen in evidence else ""
    return Match(f"the connection {how} without a Close frame from the peer{after}", None, LIKELY)
