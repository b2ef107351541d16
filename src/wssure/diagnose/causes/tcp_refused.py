"""Nothing listens on that address and port.

What happened:
    The machine (or a firewall before it) answered the connection request with a reset: it is there, and no program
    accepts connections on that port. No byte of TLS or HTTP was exchanged, so neither the server name nor anything
    else you configured for TLS plays a part.

Why:
    The server is not running or crashed; it listens on another port, or only on 127.0.0.1, or only on IPv4 or IPv6; the
    name leads to another machine; or a firewall rejects instead of dropping.

Fix:
    * On the server: `ss -ltn` shows what listens where. 127.0.0.1 is reachable from the machine itself only.
    * Check the port: wss is 443 unless the URL says otherwise; libwebsockets takes it from `ccinfo.port`.
    * Check where the name leads: `getent ahosts NAME`. In wssure `address=` and `address_port=` say where to dial
      without changing the name to prove.

References:
    * RFC 9293 section 3.10.7.1 (a segment to a closed port is answered by a reset)
    * connect(2), ECONNREFUSED
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match a refusal of the only address, or of all."""
    if evidence.stage is not Stage.DIAL or evidence.os_error != "ECONNREFUSED":
        return None
    tried = [attempt for attempt in evidence.attempts if not attempt.ok]
    if len({attempt.errno for attempt in tried}) > 1:
        return None  # Several addresses failed in several ways: tcp.v6-broken or unknown says more.
    where = evidence.peer if len(tried) < 2 else ", ".join(attempt.address for attempt in tried[:4])
    return Match(
        f"nothing listens on {where}: the connection was refused",
        f"start the server, or correct address and port; {where} answers, but no program accepts connections there",
    )


CAUSE = Cause(
    id="tcp.refused",
    stage=Stage.DIAL,
    fault=Fault.PEER,
    match=match,
    page=__doc__,
    fix="start the server, or correct address and port",
    probe="connect to the same address on ports 443, 80 and 8443",
    shows=("os.error",),
    transient=True,
)
