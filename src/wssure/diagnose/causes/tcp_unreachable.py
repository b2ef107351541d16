"""There is no route to that address.

What happened:
    The system or a router on the path reported that the address is unreachable. Nothing reached the server.

Why:
    No network, or no default route; an IPv6 address on a machine without IPv6; a private address used from outside its
    network or VPN; a link-local address without its zone, or with an interface that this machine does not have; or a
    router that is configured to reject (administratively prohibited).

Fix:
    * `ip route get ADDRESS` shows the route of this machine.
    * Enable the VPN or network, or connect to a reachable address: `connect("wss://NAME/", address="192.0.2.7")`.
    * An IPv6 link-local address needs its zone: `address="fe80::1%eth0"`; `ip link` lists the interfaces.

References:
    * connect(2) ENETUNREACH, EHOSTUNREACH, ENODEV, EINVAL; RFC 4007 section 11 (zones); RFC 4443 section 3.1, RFC 792 (destination unreachable)
"""

from typing import Final

from wssure.diagnose.answers import stand_in
from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.fixes import fix

_LOST: Final = ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL")
_LINK_LOCAL: Final = ("[fe8", "[fe9", "[fea", "[feb")  # RFC 4291 section 2.4: fe80::/10


@probe("connect to the name's other address family")
@cause("tcp.unreachable", Fault.PATH, transient=True, shows=("os.error",))
def match(evidence: Evidence) -> Match | None:
    """Match the system's error for a missing route, or for an address without the zone that it needs."""
    if evidence.stage not in (Stage.RESOLVE, Stage.DIAL):
        return None
    errors = evidence.dial_errors
    # ENODEV: the zone is no interface. Linux says EINVAL for a link-local address without a zone.
    bare = tuple(where for where in errors.get("EINVAL", ()) if where.startswith(_LINK_LOCAL))
    if zoneless := (*errors.get("ENODEV", ()), *bare):
        text = f"{zoneless[0]} is not on a network of this machine: its zone is missing, or is no network interface"
        return Match(
            text, fix("tcp.zone", address=f"{evidence.address.partition('%')[0]}%INTERFACE"), fault=Fault.CALLER
        )
    lost = tuple(where for name in _LOST for where in errors.get(name, ()))
    if not lost:
        return None
    where = ", ".join(lost[:4])
    return Match(
        f"there is no route to {where}",
        fix(match.id, address=evidence.address),
        CERTAIN if set(errors) <= set(_LOST) else LIKELY,
        stand_in(evidence),
    )
