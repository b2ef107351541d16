"""A field is set that libwebsockets does not read.

What it does:
    Finds `client_exts` set to something, and `ietf_version_or_minus_one` set to anything but 0, -1 or 13.

Why is this bad:
    Extensions are selected at context creation (`info.extensions`). Setting `client_exts` does nothing, although
    compression seems to be enabled. The protocol has one version, 13.

Example:
    i.client_exts = exts;

Use instead:
    info.extensions = exts;      /* before lws_create_context; needs a build without LWS_WITHOUT_EXTENSIONS */

References:
    * libwebsockets lws-client.h, struct lws_client_connect_info
    * RFC 6455 section 4.1 item 9 (Sec-WebSocket-Version)
"""

from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import flat, strip

_VERSION = "ietf_version_or_minus_one"


@rule("lws.ineffective-field", Severity.INFO)
def check(code: Code) -> Hits:
    """Yield one finding for each assignment without an effect."""
    for client in code.clients:
        yield from _extensions(code, client)
        for event in client.written(_VERSION):
            value = flat(strip(event.value)) if event.value is not None else ""
            if not value.replace("- ", "-").lstrip("-").isdigit() or value.replace("- ", "-") in ("0", "-1", "13"):
                continue
            span = event.node.byte_range
            yield Hit(span, f"{_VERSION} is not read any more: version 13 is always offered", "remove the line")


def _extensions(code: Code, client: Info) -> Hits:
    for event in client.written("client_exts"):
        value = flat(strip(event.value)) if event.value is not None else "NULL"
        if value not in ("NULL", "nullptr", "0"):
            span = event.node.byte_range
            yield Hit(
                span,
                "client_exts is not read: extensions are those of the context",
                "set info.extensions before lws_create_context",
            )
