"""The TLS flags are written as a number.

What it does:
    Finds numbers other than 0 in `ssl_connection`.

Why is this bad:
    In old versions 1 meant TLS and 2 meant TLS with self-signed certificates allowed. Today the field is a set of
    flags: 2 alone is `LCCSCF_ALLOW_SELFSIGNED` without `LCCSCF_USE_SSL`, so plain HTTP is sent to the TLS port
    (measured). Other numbers hide the checks that they disable.

Example:
    i.ssl_connection = 2;

Use instead:
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * libwebsockets lws-client.h, enum lws_client_connect_ssl_connection_flags
"""

from wssure.tools.lint.edit import replace_text
from wssure.tools.lint.model import USE_SSL
from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import BITS, Found

_OPERATORS = (b"<", b">", b"+", b"-", b"*", b"/", b"%", b"&", b"^", b"~")


@rule("lws.magic-ssl-connection", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each number among the flags."""
    for client in code.clients:
        for item in client.flags:
            if item.kind == "number" and int(item.value) > 0 and item.start >= 0:
                yield _report(code, item, client.uses_tls)


def _report(code: Code, item: Found, uses_tls: bool) -> Hit:
    number, span = int(item.value), item.span
    names = [name for name in BITS if name in item.flags and name != USE_SSL]
    sure = LIKELY if item.guards else CERTAIN
    alone = _is_alone(code.unit.source.data, *span)
    if number & 1 and not names:
        edit = replace_text(code.unit.source, *span, "LCCSCF_USE_SSL") if number == 1 and alone else None
        return Hit(
            span, f"{number} stands for LCCSCF_USE_SSL", "write LCCSCF_USE_SSL", sure, edit=edit, severity=Severity.INFO
        )
    if number & 1:
        return Hit(
            span,
            f"{number} switches TLS on and sets {' and '.join(names)}",
            "write LCCSCF_USE_SSL alone",
            sure,
            severity=Severity.WARNING,
        )
    if uses_tls or not names:
        return Hit(
            span,
            f"the number {number} hides which flags are set" + (f": {' and '.join(names)}" if names else ""),
            "write the LCCSCF_ names",
            sure,
            severity=Severity.INFO,
        )
    return Hit(
        span,
        f"{number} no longer switches TLS on (it sets {' and '.join(names)} without LCCSCF_USE_SSL): plain HTTP goes to the TLS port",
        "write LCCSCF_USE_SSL",
        sure,
        edit=replace_text(code.unit.source, *span, "LCCSCF_USE_SSL") if number == 2 and alone else None,
    )


def _is_alone(data: bytes, start: int, end: int) -> bool:
    """Return True if a number is no part of arithmetic such as `1 << 2`, where a name instead of it would be another value."""
    before, after = data[max(0, start - 80) : start].rstrip(), data[end : end + 80].lstrip()
    return before[-1:] not in _OPERATORS and after[:1] not in _OPERATORS
