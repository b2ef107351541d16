"""The name resolves to an address that no server can have.

What happened:
    Every address of the name is the unspecified address, 0.0.0.0 or ::. It is never the address of a server. A
    connection to it reaches this machine itself, or nothing, so an answer says nothing about the service.

Why:
    A DNS filter answers so for names it blocks: Pi-hole, AdGuard, a router, the resolver of a company or provider. A
    line in /etc/hosts can do the same. Some filters answer 127.0.0.1 or a private address instead, which can also be
    intended; then this cause is only an alternative.

Fix:
    * Allow the name in the filter, or remove its line from /etc/hosts.
    * Compare the resolvers: `getent ahosts NAME` asks as this machine does, `dig NAME @RESOLVER` asks one of them.
    * To test the server itself, dial a known address: `connect("wss://NAME/", address="192.0.2.7")`.

References:
    * RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.2 (the unspecified address is not a destination)
"""

from wssure.diagnose.answers import addresses_of
from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.fixes import fix


@probe("ask another resolver for the name (dig NAME @RESOLVER)")
@cause("dns.blocked", Fault.PATH, shows=("endpoint.address", "resolve.answers"))
def match(evidence: Evidence) -> Match | None:
    """Match a name with unspecified addresses only, for any answer from there."""
    addresses = addresses_of(evidence)
    if not addresses or not all(address.is_unspecified for address in addresses):
        return None
    shown = " and ".join(map(str, addresses))
    return Match(
        f'the name "{text_of(evidence.address)}" resolves to {shown}, which is the address of no server: '
        "a DNS filter or a hosts file blocks the name",
        fix(match.id, name=evidence.address),
    )
