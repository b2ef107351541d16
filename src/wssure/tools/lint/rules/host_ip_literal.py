"""The host field is an IP address.

What it does:
    Finds an IPv4 or IPv6 literal in `host` of a connection that uses TLS.

Why is this bad:
    SNI carries names only. libwebsockets sends an IPv4 literal as server_name nevertheless, and the part of an IPv6
    literal before its first colon: `2001` of `2001:db8::7`, `[2001` of `[2001:db8::7]`. Servers that select by name
    answer with a default certificate or close. Mbed TLS compares IP addresses with certificates only from 3.5.0 on.

Example:
    i.address = "192.0.2.7";
    i.host = i.address;

Use instead:
    i.address = "192.0.2.7";            /* address to dial */
    i.host = "echo.example.net";        /* name to verify */

References:
    * RFC 6066 section 3: "Literal IPv4 and IPv6 addresses are not permitted in HostName"
"""

from wssure.tools.lint.hostname import is_ip, is_loopback, port_suffix
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule


@rule("lws.host-ip-literal", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each host that is an IP address, except this machine's own."""
    for client in code.clients:
        if not client.uses_tls:
            continue
        for item in client.text("host"):
            bare = item.value.removesuffix(port_suffix(item.value))
            if item.kind != "text" or item.start < 0 or not is_ip(bare) or is_loopback(item.value):
                continue
            yield Hit(
                item.span,
                f'host "{item.value}" is an IP address: SNI carries names only, and the certificate must then hold that address',
                "keep the IP in address and put the server's name into host",
                CERTAIN if client.surely("host", item) else LIKELY,
            )
