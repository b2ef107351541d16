"""The host field is an empty text.

What it does:
    Finds `host` set to "" or to NULL.

Why is this bad:
    On OpenSSL no server_name is sent. On Mbed TLS an empty server_name is sent, which is malformed; servers refuse it.
    NULL crashes like an unset host. The name in the certificate is not checked.

Example:
    i.host = "";

Use instead:
    i.host = i.address;

References:
    * RFC 6066 section 3: a HostName has at least one byte
    * libwebsockets lws-client.h, struct lws_client_connect_info
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.owner import own_address
from wssure.tools.lint.rule import Code, Hit, Hits, Severity, rule


@rule("lws.host-empty", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each host that is set to an empty text or NULL."""
    for client in code.clients:
        for item in client.text("host"):
            empty, null = item.kind == "text" and item.value == "", item.kind == "null"
            if (
                not (empty or null)
                or item.start < 0
                or (null and not client.uses_tls)
                or not client.surely("host", item)
            ):
                continue
            wire = {
                True: "Mbed TLS then sends a server_name that is present and empty",
                False: "no server_name is sent",
            }
            effect = (
                wire[code.target.is_mbedtls]
                if code.target.tls
                else "OpenSSL then sends no server_name, Mbed TLS a malformed one"
            )
            span = item.span
            edit = replace_text(code.unit.source, *span, own_address(client) or "") if own_address(client) else None
            yield Hit(
                span,
                "host is NULL: libwebsockets crashes when TLS starts" if null else f"host is empty: {effect}",
                "set host to the server's name, usually host = address",
                edit=edit,
            )
