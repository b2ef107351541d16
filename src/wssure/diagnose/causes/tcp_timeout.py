"""The address did not answer the TCP connection request.

What happened:
    Connection requests were sent and repeated, but neither an acceptance nor a refusal was received. No byte of TLS or
    HTTP was exchanged.

Why:
    A firewall or security group silently drops the packets; the address is wrong or the machine is off; the return
    route is missing (routing, VPN); or the server is so busy that its queue of new connections is full.

Fix:
    * Try another port of the same address: if 443 does not answer and 22 does, a firewall rule blocks that port.
    * Try the other address family, and the same address from another network.
    * On the server: `ss -ltn` (Recv-Q at the limit means a full queue), then its firewall and the cloud's security group.
    * Check the addresses of the name: `getent ahosts NAME`.

References:
    * RFC 9293 section 3.8.1 (retransmission of the SYN), connect(2) ETIMEDOUT
"""

from wssure.diagnose.answers import stand_in
from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import TimedOut
from wssure.fixes import fix


@probe("connect to another port of the same address, and to its other address family (nc -vz ADDRESS PORT)")
@cause("tcp.timeout", Fault.PATH, transient=True, shows=("timeout", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match a time-out of an address, reported by the system or by our own deadline."""
    if evidence.stage is not Stage.DIAL:
        return None
    silent = evidence.dial_errors.get("ETIMEDOUT")
    if not silent:
        return None
    where = ", ".join(silent[:4])
    within = f" within {evidence.limit}" if TimedOut in evidence else ""
    return Match(
        f"{where} did not answer the TCP connection request{within}",
        fix(match.id, where=where),
        CERTAIN if len(evidence.dial_errors) == 1 else LIKELY,
        stand_in(evidence),
    )
