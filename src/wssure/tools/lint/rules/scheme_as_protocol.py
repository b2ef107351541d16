"""The scheme of the URL is used as the WebSocket subprotocol.

What it does:
    Finds `protocol` set to "ws", "wss", "http", "https", or a text with "://".

Why is this bad:
    `protocol` is sent as Sec-WebSocket-Protocol. A server without a subprotocol of that name omits it from its answer
    or refuses the connection. libwebsockets also looks for a local handler of that name. TLS is enabled by
    `ssl_connection`, not here.

Example:
    i.protocol = "wss";

Use instead:
    i.ssl_connection = LCCSCF_USE_SSL;
    i.protocol = protocols[0].name;

References:
    * RFC 6455 section 4.1 item 10 (Sec-WebSocket-Protocol), section 11.3.4
"""

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule


@rule("lws.scheme-as-protocol", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each subprotocol that is a scheme."""
    for client in code.clients:
        if client.written("method"):
            continue  # not a WebSocket connection: protocol then names only the local handler
        for item in client.text("protocol"):
            if item.kind != "text" or item.start < 0 or item.via not in ("", "protocol"):
                continue
            if item.value.lower() in ("ws", "wss", "http", "https") or "://" in item.value:
                yield Hit(
                    item.span,
                    f'protocol "{item.value}" is sent as Sec-WebSocket-Protocol: it is the scheme of the URL, not a subprotocol',
                    "name the subprotocol the server knows, or leave protocol NULL; ssl_connection chooses TLS",
                    LIKELY,
                )
