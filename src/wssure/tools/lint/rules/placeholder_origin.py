"""The Origin is a placeholder.

What it does:
    Finds `origin` set to "origin", to an empty text, or to another word that no browser sends, as in old examples.

Why is this bad:
    It is sent as `Origin: http://origin`. Servers that check the origin of a page answer 403, which looks like rejected
    credentials.

Example:
    i.origin = "origin";

Use instead:
    i.origin = i.address;

References:
    * RFC 6454 section 7, RFC 6455 section 10.2
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.owner import own_address
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule

_PLACEHOLDERS = (
    "origin",
    "none",
    "null",
    "client",
    "test",
    "foo",
    "example",
    "your-origin",
    "my-origin",
    "dumb-increment-protocol",
)


@rule("lws.placeholder-origin", Severity.INFO)
def check(code: Code) -> Hits:
    """Yield one finding for each origin without a meaning."""
    for client in code.clients:
        for item in client.text("origin"):
            if item.kind == "text" and item.start >= 0 and item.value.lower() in _PLACEHOLDERS:
                own = own_address(client)
                yield Hit(
                    item.span,
                    f'origin "{item.value}" is a placeholder, and it is sent: servers that check the Origin answer 403',
                    "set origin to the server's own name, or leave it NULL where the server asks for none",
                    LIKELY,
                    edit=replace_text(code.unit.source, item.start, item.end, own)
                    if own and item.via in ("", "origin")
                    else None,
                )
