"""The address never answered.

What happened:
    Connection requests were sent and repeated, and neither an acceptance nor a refusal came back. No byte of TLS or HTTP
    was exchanged.

Why:
    A firewall or security group drops the packets without a word; the address is wrong or the machine is off; the way
    back is missing (routing, VPN); or the server is so busy that its queue of new connections is full.

Fix:
    * Try another port of the same address: if 443 is silent and 22 answers, it is a firewall rule for that port.
    * Try the other address family, and the same address from another network.
    * On the server: `ss -ltn` (Recv-Q at the limit means a full queue), then its firewall and the cloud's security group.
    * Check where the name leads: `getent ahosts NAME`.

References:
    * RFC 9293 section 3.8.1 (retransmission of the SYN), connect(2) ETIMEDOUT
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, Cause, Evidence, Match
from wssure.evidence import Fault, Stage
from wssure.facts import TimedOut


def match(evidence: Evidence) -> Match | None:
    """Match silence of an address, told by the system or by our own deadline."""
    if evidence.stage is not Stage.DIAL:
        return None
    silent = evidence.dial_errors.get("ETIMEDOUT")
    if not silent:
        return None
    where = ", ".join(silent[:4])
    within = f" within {evidence.limit}" if TimedOut in evidence else ""
    return Match(
        f"{where} did not answer the connection request{within}",
        f"correct the address if {where} is not the server's, or let the firewall on the way pass this port: another port and another network tell which",
        CERTAIN if len(evidence.dial_errors) == 1 else LIKELY,
    )


CAUSE = Cause(
    id="tcp.timeout",
    stage=Stage.DIAL,
    fault=Fault.PATH,
    match=match,
    page=__doc__,
    fix="correct the address, or open the port in the firewall on the way: `nc -vz ADDRESS PORT` from another network tells which",
    probe="connect to another port of the same address, and to its other address family (nc -vz ADDRESS PORT)",
    shows=("timeout", "os.error"),
    transient=True,
)
