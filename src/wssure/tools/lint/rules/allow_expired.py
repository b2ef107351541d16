"""Expired and not yet valid certificates are always accepted.

What it does:
    Finds `LCCSCF_ALLOW_EXPIRED` if it is always set with TLS, not under an option.

Why is this bad:
    A key that leaked years ago is accepted for ever. The usual reason for the flag is a board without a clock at start.
    It is then set for the whole life of the device. On libwebsockets 4.3.3 with Mbed TLS, and on 5.0.0 with GnuTLS 3.7,
    the flag had no effect when it was tested: the connection failed anyway.

Example:
    i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_EXPIRED;

Use instead:
    /* set the clock first (SNTP, or the build date as a lower bound), then connect */
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * RFC 5280 section 4.1.2.5 (validity)
    * libwebsockets lws-client.h, enum lws_client_connect_ssl_connection_flags
"""

from wssure.tools.lint.relax import always_set
from wssure.tools.lint.rule import Code, Hits, Severity, rule


@rule("lws.allow-expired", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each expression that always sets the flag."""
    without_effect = code.target.is_mbedtls and code.target.lws is not None and code.target.lws < (4, 4)
    more = "; with libwebsockets 4.3.3 on Mbed TLS it has no effect at all" if without_effect else ""
    yield from always_set(
        code,
        "LCCSCF_ALLOW_EXPIRED",
        f"expired certificates are accepted for the life of the program{more}",
        "drop the flag and set the clock before connecting",
    )
