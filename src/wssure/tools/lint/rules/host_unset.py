"""The host field is never set: libwebsockets crashes when it starts TLS.

What it does:
    Finds a connect-info struct that is filled in this file, uses TLS, and is passed to `lws_client_connect_via_info`
    without a `host`. If another function could have set it, nothing is reported.

Why is this bad:
    `host` has no default: it is not taken from `address`. libwebsockets reads the name for SNI, the certificate check and
    the Host header from it. With TLS, 4.1.6, 4.3.3 and 5.0.0 dereference the null pointer on every TLS library (measured:
    SIGSEGV; in a build with SOCKS5 the log says `bio_create failed`).

Example:
    i.address = "echo.example.net";
    i.ssl_connection = LCCSCF_USE_SSL;
    lws_client_connect_via_info(&i);

Use instead:
    i.address = "echo.example.net";
    i.host = i.address;
    i.ssl_connection = LCCSCF_USE_SSL;
    lws_client_connect_via_info(&i);

References:
    * libwebsockets lws-client.h, struct lws_client_connect_info
    * RFC 6066 section 3 (server_name), RFC 9112 section 3.2 (Host)
"""

from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import Code, Edit, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import arguments, text


@rule("lws.host-unset", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each connection that has an address and no host."""
    for client in code.clients:
        if client.event is None or not client.complete or not client.uses_tls:
            continue
        if client.written("host") or not client.written("address") or client.written("method"):
            continue
        node = client.event.node
        yield Hit(
            node.byte_range,
            "host is never set: libwebsockets crashes when TLS starts, for host has no default and is not taken from address",
            "set host to the server's name before this call, usually host = address",
            edit=_edit(code, client),
        )


def _edit(code: Code, client: Info) -> Edit | None:
    """Make the edit that adds `x.host = x.address;` after the line that sets the address, if it is a separate statement."""
    written = client.written("address")
    if len(written) != 1 or written[0].guards != client.guards or written[0].op != "=" or not code.unit.source.editable:
        return None
    node = written[0].node
    statement = node.parent
    if node.type != "assignment_expression" or statement is None or statement.type != "expression_statement":
        return None
    left = text(node.children[0])
    if not left.endswith("address") or not arguments(client.event.node if client.event else node):
        return None
    row = code.unit.source.position(statement.start_byte)[0]
    begin = code.unit.source.line_start(row)
    indent = code.unit.source.data[begin : statement.start_byte]
    if indent.strip():
        return None
    owner = left.removesuffix("address")
    added = f"\n{indent.decode()}{owner}host = {owner}address;"
    return Edit(statement.end_byte, statement.end_byte, added)
