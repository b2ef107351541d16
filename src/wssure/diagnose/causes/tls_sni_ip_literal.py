"""The server_name is an IP address.

What happened:
    The server_name extension of the hello contains an IP address, which RFC 6066 forbids. Servers answer with alert 47,
    50 or 112, close, or ignore it and present their default certificate.

Why:
    The host of the client is an IP address, and the client sends any host as SNI. libwebsockets does so on OpenSSL and
    Mbed TLS, as does `mbedtls_ssl_set_hostname()`. wssure sends no SNI for an IP address.

Fix:
    * Use the DNS name as host and the IP address as address: libwebsockets `i.address = "192.0.2.7"; i.host = "NAME";`,
      wssure `connect("wss://NAME/", address="192.0.2.7")`.
    * Mbed TLS with a server that has no name: `mbedtls_ssl_set_hostname(&ssl, NULL)`, and check the IP in the
      verify callback.

References:
    * RFC 6066 section 3: "Literal IPv4 and IPv6 addresses are not permitted in HostName"
"""

import ipaddress

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import refused_site
from wssure.fixes import fix


@probe("repeat on the same address with a DNS name, and without SNI")
@cause("tls.sni-ip-literal", Fault.CALLER, shows=("tls.client_hello", "tls.alert", "tls.eof", "tls.certificate"))
def match(evidence: Evidence) -> Match | None:
    """Match a failed hello with an IP literal as name."""
    name = evidence.sni.strip("[]")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return None
    if evidence.status is not None and evidence.status != 421:
        return None
    refused = evidence.refusals & {47, 50, 112} or refused_site(evidence) == "unknown-name"
    who = "the client" if evidence.is_server else "the hello"
    return Match(
        f"{who} sent the IP address {name} as server_name, which RFC 6066 forbids",
        fix(match.id, address=name),
        CERTAIN if refused else LIKELY,
        fault=Fault.PEER if evidence.is_server else None,
    )
