"""The name does not exist.

What happened:
    The resolver answered that the name does not exist. Nothing was sent to the server, so TLS, certificates and the
    WebSocket path are not involved.

Why:
    A typing error; a name that exists only inside a company network or VPN, requested outside it; a record that is not
    yet created or not yet visible to this resolver; a missing search domain; or a whole URL instead of a name.

Fix:
    * Compare: `getent ahosts NAME` on this machine, and `dig NAME @RESOLVER` with another resolver.
    * If you know the address: `connect("wss://NAME/", address="192.0.2.7")` connects to it and still verifies NAME. Do
      not put the address into the URL: then the certificate must be valid for the address, and no SNI is sent.
    * libwebsockets: `i.address = "192.0.2.7"; i.host = "NAME";` does the same.
    * On ESP-IDF and other devices: wait for the IP event before connecting, and check the DNS server from DHCP.

References:
    * RFC 1035 section 4.1.1 (RCODE 3), RFC 8020, getaddrinfo(3) EAI_NONAME
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.diagnose.view import resolve_error
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("ask another resolver for the name, with and without the search domain (dig NAME @RESOLVER)")
@cause("dns.nxdomain", Fault.CALLER, shows=("endpoint.url", "endpoint.address", "resolve.error"))
def match(evidence: Evidence) -> Match | None:
    """Match the resolver's own word that the name is unknown."""
    if evidence.stage is not Stage.RESOLVE or resolve_error(evidence) != "EAI_NONAME":
        return None
    return Match(
        f'the name "{evidence.address}" does not exist',
        fix(match.id, name=evidence.address),
    )
