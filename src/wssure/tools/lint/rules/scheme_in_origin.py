"""The Origin header has its scheme twice.

What it does:
    Finds a text with "http://" or "https://" in `origin`, if `LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN` is not used in the
    file.

Why is this bad:
    libwebsockets adds the scheme itself: `https://app.example.net` is sent as
    `Origin: https://https://app.example.net`, and a server that checks it answers 403.

Example:
    i.origin = "https://app.example.net";

Use instead:
    i.origin = "app.example.net";

References:
    * libwebsockets lws-context-vhost.h, LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN
    * RFC 6454 section 7
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import HOLE


@rule("lws.scheme-in-origin", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each origin with a scheme."""
    if code.mentions(b"LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN"):
        return
    for client in code.clients:
        taken = {item.start for field in ("address", "host") for item in client.text(field)}
        for item in client.text("origin"):
            scheme, mark, rest = item.value.partition("://")
            if (
                item.kind != "text"
                or not mark
                or item.start < 0
                or item.start in taken
                or scheme not in ("http", "https", "ws", "wss")
            ):
                continue
            whole = rest and HOLE not in rest and "/" not in rest and item.via in ("", "origin")
            yield Hit(
                item.span,
                f'libwebsockets adds the scheme itself: "{item.value.replace(HOLE, "...")}" is sent as "Origin: https://{scheme}://..."',
                "pass the origin without its scheme",
                LIKELY,
                edit=replace_text(code.unit.source, item.start, item.end, f'"{rest}"') if whole else None,
            )
