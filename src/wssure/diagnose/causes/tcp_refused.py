"""The TCP connection was refused.

What happened:
    The machine, or a firewall before it, answered the connection request with a reset: it is reachable, but no program
    accepts connections on that port. No byte of TLS or HTTP was exchanged, so the server name and other TLS settings
    are not involved.

Why:
    The server is not running or crashed; it listens on another port, or only on 127.0.0.1, or only on IPv4 or IPv6; the
    name resolves to another machine; or a firewall rejects the connection instead of dropping it.

Fix:
    * On the server: `ss -ltn` lists the listening addresses and ports. 127.0.0.1 is reachable only from the machine
      itself.
    * Check the port: the default of wss is 443; libwebsockets takes it from `i.port`.
    * Check the addresses of the name: `getent ahosts NAME`. In wssure `address=` and `address_port=` change the address
      to dial without changing the name to verify.

References:
    * RFC 9293 section 3.10.7.1 (a segment to a closed port is answered by a reset)
    * connect(2), ECONNREFUSED
"""

from wssure.diagnose.answers import stand_in
from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("connect to the same address on ports 443, 80 and 8443")
@cause("tcp.refused", Fault.PEER, transient=True, shows=("os.error",))
def match(evidence: Evidence) -> Match | None:
    """Match a refusal by an address, if no other address was connected."""
    if evidence.stage is not Stage.DIAL:
        return None
    refused = evidence.dial_errors.get("ECONNREFUSED")
    if not refused:
        return None
    where = ", ".join(refused[:4])
    return Match(
        f"{where} refused the TCP connection: no program listens on that port",
        fix(match.id, where=where),
        CERTAIN if len(evidence.dial_errors) == 1 else LIKELY,
        stand_in(evidence),
    )
