"""The name has no address of the requested family.

What happened:
    The resolver knows the name but has no address of the requested family: no AAAA record for IPv6, no A record for
    IPv4, or neither.

Why:
    The service uses only one family and this client requests only the other; or the record is missing; or the machine
    has no address of that family, so the resolver omits such answers (AI_ADDRCONFIG).

Fix:
    * `dig NAME A` and `dig NAME AAAA` show the existing records.
    * Request both families: wssure does, unless `address=` is an IP address. In libwebsockets do not set
      `LWS_SERVER_OPTION_DISABLE_IPV6`, and build with `LWS_IPV6=ON`, if the service is IPv6 only. On ESP-IDF enable
      `CONFIG_LWIP_IPV6`.
    * Or connect to an address of the available family: `connect("wss://NAME/", address="192.0.2.7")`.

References:
    * RFC 2308 section 2.2 (NODATA), getaddrinfo(3) EAI_NODATA, EAI_ADDRFAMILY
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, alternative, cause, probe
from wssure.diagnose.view import answers, resolve_error
from wssure.evidence import Fault, Stage
from wssure.fixes import fix

_NO_WAY = {"ENETUNREACH", "EADDRNOTAVAIL"}


@probe("ask for A and AAAA records separately")
@cause("dns.no-aaaa-or-a", Fault.CALLER, shows=("endpoint.address", "resolve.error"))
def match(evidence: Evidence) -> Match | None:
    """Match a name without a usable address: none, or only of a family for which this machine has no route."""
    if evidence.stage is Stage.DIAL:
        return _without_a_way(evidence)
    if evidence.stage is not Stage.RESOLVE:
        return None
    if resolve_error(evidence) in ("EAI_NODATA", "EAI_ADDRFAMILY"):
        return Match(
            f'the name "{evidence.address}" exists, but has no address of a family that this machine asked for'
        )
    return None


def _without_a_way(evidence: Evidence) -> Match | None:
    if not set(evidence.dial_errors) <= _NO_WAY:
        return None
    six = {":" in address for address in answers(evidence)}
    if len(six) != 1 or not evidence.dial_errors:
        return None
    family, other = ("IPv6", "IPv4") if six.pop() else ("IPv4", "IPv6")
    return Match(
        f'the name "{evidence.address}" has only {family} addresses, and this machine has no {family} route',
        fix("dns.add-family", family=family, other=other),
        LIKELY,
        (alternative("tcp.unreachable", f"the {family} route may be missing temporarily"),),
        stage=Stage.DIAL,
    )
