"""The address is a URL, or part of one; libwebsockets expects a name to resolve.

What it does:
    Finds texts with a scheme, a path, user info or white space assigned to `address`: literals, macros, variables, and
    buffers filled by a format such as "wss://%s".

Why is this bad:
    `address` is passed to the resolver unchanged; libwebsockets never parses it. No such name exists: the log says
    `DNS NXDOMAIN`, and 4.1.6 returns NULL without a callback. No ClientHello is ever sent, so this mistake cannot be
    the reason for a missing server_name. If your server received a ClientHello, see `lws.skip-hostname-check`.

Example:
    i.address = "wss://echo.example.net/chat";

Use instead:
    i.address = "echo.example.net";
    i.port = 443;
    i.path = "/chat";
    i.host = i.address;
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * libwebsockets lws-client.h, struct lws_client_connect_info; lws_parse_uri() parses a URL
    * https://github.com/warmcat/libwebsockets/issues/3331
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.hostname import fault_of, host_in
from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import HOLE, Found


@rule("lws.url-in-address", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each address that is not a name."""
    for client in code.clients:
        for item in client.text("address"):
            fault = fault_of(item.value) if item.kind == "text" and not item.value.startswith("+") else None
            if fault and fault != "a trailing dot" and item.start >= 0:
                yield _report(code, client, item, fault)


def _report(code: Code, client: Info, item: Found, fault: str) -> Hit:
    span, host = item.span, host_in(item.value)
    sure = client.surely("address", item)
    shown = item.value.replace(HOLE, "...")
    fix = f'pass the bare name "{host}" as address' if host else "pass the bare name as address"
    edit = None
    if (
        host
        and sure
        and client.written("port")
        and ("/" not in item.value.partition("://")[2] or client.written("path"))
    ):
        edit = replace_text(code.unit.source, *span, f'"{host}"')
    return Hit(
        span,
        f'address "{shown}" contains {fault}: it is resolved as it stands, fails as an unknown name, and no ClientHello is sent',
        f"{fix}, the port as port, the path as path; lws_parse_uri() takes a URL apart",
        CERTAIN if sure else LIKELY,
        edit=edit,
    )
