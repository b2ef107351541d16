"""There is no route to that address.

What happened:
    The system or a router on the path reported that the address is unreachable. Nothing reached the server.

Why:
    No network, or no default route; an IPv6 address on a machine without IPv6; a private address used from outside its
    network or VPN; or a router that is configured to reject (administratively prohibited).

Fix:
    * `ip route get ADDRESS` shows the route of this machine.
    * Enable the VPN or network, or connect to a reachable address: `connect("wss://NAME/", address="192.0.2.7")`.
    * An IPv6 link-local address needs its zone: `address="fe80::1%eth0"`.

References:
    * connect(2) ENETUNREACH, EHOSTUNREACH; RFC 4443 section 3.1, RFC 792 (destination unreachable)
"""

from wssure.diagnose.answers import stand_in
from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("connect to the name's other address family")
@cause("tcp.unreachable", Fault.PATH, transient=True, shows=("os.error",))
def match(evidence: Evidence) -> Match | None:
    """Match the system's error for a missing route."""
    if evidence.stage is not Stage.DIAL:
        return None
    errors = evidence.dial_errors
    lost = tuple(where for name in ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL") for where in errors.get(name, ()))
    if not lost:
        return None
    where = ", ".join(lost[:4])
    return Match(
        f"there is no route to {where}",
        fix(match.id, address=evidence.address),
        CERTAIN if set(errors) <= {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"} else LIKELY,
        stand_in(evidence),
    )
