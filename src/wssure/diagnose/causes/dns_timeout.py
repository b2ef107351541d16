"""The resolver did not answer.

What happened:
    The query for the name's address was sent, but no usable answer was received: a time-out, or SERVFAIL. It is not
    known if the name exists. Nothing was sent to the server itself.

Why:
    No network yet, a wrong DNS server in resolv.conf or from DHCP, a firewall that drops port 53, a resolver that cannot
    reach the authoritative servers, or a broken DNSSEC chain of that zone (SERVFAIL).

Fix:
    * `cat /etc/resolv.conf`, then `dig NAME @THAT_SERVER` and `dig NAME @ANOTHER_SERVER` distinguish a fault of the
      resolver from one of the zone.
    * Retry later; wssure marks this failure as transient.
    * If you know the address: `connect("wss://NAME/", address="192.0.2.7")` needs no resolver and still verifies NAME.

References:
    * RFC 1035 section 4.1.1 (RCODE 2), getaddrinfo(3) EAI_AGAIN, resolv.conf(5) timeout and attempts
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.diagnose.view import resolve_error
from wssure.evidence import Fault, Stage


@probe("ask another resolver, over UDP and over TCP (dig NAME @RESOLVER, then +tcp)")
@cause("dns.timeout", Fault.PATH, transient=True, shows=("endpoint.address", "resolve.error", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match a time-out of the resolver, reported by the system or by our own deadline."""
    if evidence.stage is not Stage.RESOLVE:
        return None
    if evidence.timeout_phase == "resolve":
        return Match(f'no answer from the resolver for "{evidence.address}" within {evidence.limit}')
    if resolve_error(evidence) in ("EAI_AGAIN", "EAI_FAIL"):
        return Match(f'the resolver could not answer for "{evidence.address}"; whether the name exists is not known')
    return None
