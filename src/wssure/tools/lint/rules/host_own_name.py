"""The host field is the client's own machine name.

What it does:
    Finds `host` set from `lws_canonical_hostname()` or `gethostname()`. It is the most common wrong host in real client
    code, copied from old examples.

Why is this bad:
    `lws_canonical_hostname()` returns the name of the machine that runs the program. It is sent as SNI and as Host
    header, and the server's certificate is compared with it. A server with several sites refuses the connection, and
    the check of the certificate fails. The usual work-around is `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK`.

Example:
    i.host = lws_canonical_hostname(context);

Use instead:
    i.host = i.address;

References:
    * libwebsockets lws-misc.h, lws_canonical_hostname()
    * RFC 6066 section 3
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.owner import own_address
from wssure.tools.lint.rule import Code, Hit, Hits, Severity, rule


@rule("lws.host-own-name", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each host that is the name of this machine."""
    for client in code.clients:
        for item in client.text("host"):
            if item.kind != "call" or item.value not in ("lws_canonical_hostname", "libwebsocket_canonical_hostname"):
                continue
            own = own_address(client)
            yield Hit(
                item.span,
                f"{item.value}() is the name of this machine, not of the server: it is sent as "
                + ("server_name and Host" if client.uses_tls else "Host"),
                "set host to the server's name, usually host = address",
                edit=replace_text(code.unit.source, item.start, item.end, own) if own else None,
                severity=None if client.uses_tls else Severity.WARNING,
            )
