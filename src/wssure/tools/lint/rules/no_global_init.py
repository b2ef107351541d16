"""TLS is used, but the context was created without initialising the TLS library.

What it does:
    Finds a context with `options` that certainly lack `LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT` (and every option that
    includes it), in a file with a TLS client.

Why is this bad:
    The TLS library is never initialised. The connection fails with `bio_create failed`; with 5.0.0 on Mbed TLS the
    program crashes (measured).

Example:
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    context = lws_create_context(&info);

Use instead:
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    context = lws_create_context(&info);

References:
    * libwebsockets lws-context-vhost.h, LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT
"""

from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import callee

_INCLUDING = (
    "LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT",
    "LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT",
    "LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT",
    "LWS_SERVER_OPTION_SSL_ECDH",
    "LWS_SERVER_OPTION_REDIRECT_HTTP_TO_HTTPS",
)
_BY_HAND = (b"SSL_library_init", b"OPENSSL_init_ssl", b"lws_context_init_ssl", b"DO_SSL_GLOBAL_INIT")


@rule("lws.no-global-init", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each context that certainly leaves the TLS library uninitialised."""
    if not any(client.uses_tls for client in code.clients) or any(code.mentions(word) for word in _BY_HAND):
        return
    for context in code.contexts:
        if context.event is None or callee(context.event.node) != "lws_create_context" or not _surely_without(context):
            continue
        node = context.event.node
        yield Hit(
            node.byte_range,
            "the context is made without LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, but the client uses TLS: bio_create failed, or a crash",
            "set options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT before creating the context",
            LIKELY,
        )


def _surely_without(context: Info) -> bool:
    if not context.complete:
        return False
    if not context.written("options"):
        return True
    return context.flags_known and not any(
        item.value in _INCLUDING or (item.kind == "number" and int(item.value) >> 12 & 1) for item in context.flags
    )
