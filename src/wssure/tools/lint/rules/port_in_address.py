"""The address contains a port, but it is resolved as a name.

What it does:
    Finds `name:port` assigned to `address`. The same text is correct in `host`, because libwebsockets removes the port
    there.

Why is this bad:
    The resolver looks up a name with a colon in it and does not find it. Nothing is sent to the server.

Example:
    i.address = "echo.example.net:8443";

Use instead:
    i.address = "echo.example.net";
    i.port = 8443;
    i.host = "echo.example.net:8443";

References:
    * libwebsockets lws-client.h, struct lws_client_connect_info
    * RFC 9110 section 7.2 (Host)
"""

from wssure.tools.lint.hostname import fault_of, is_ip, port_of
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import HOLE


@rule("lws.port-in-address", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each address with a port."""
    for client in code.clients:
        for item in client.text("address"):
            if item.kind != "text" or item.start < 0 or fault_of(item.value) or is_ip(item.value):
                continue
            port = port_of(item.value)
            if port is None:
                continue
            sure = client.surely("address", item)
            number = "the port" if port == HOLE else port
            yield Hit(
                item.span,
                f'address "{item.value.replace(HOLE, "...")}" contains a port: the resolver finds no such name',
                f"put {number} into port and the bare name into address",
                CERTAIN if sure else LIKELY,
            )
