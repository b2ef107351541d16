"""Every server certificate is accepted, with any defect.

What it does:
    Finds `LCCSCF_ALLOW_INSECURE` if it is always set with TLS, not under an option.

Why is this bad:
    The connection is encrypted to any machine that answers. On Mbed TLS the flag accepts every defect, including a
    wrong name. On OpenSSL it does not accept a wrong name, so the same code behaves differently on two boards.

Example:
    i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_INSECURE;

Use instead:
    info.client_ssl_ca_filepath = "ca.pem";
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * libwebsockets lws-client.h, enum lws_client_connect_ssl_connection_flags
    * RFC 8446 section 4.4.2 (certificate)
"""

from wssure.tools.lint.relax import always_set
from wssure.tools.lint.rule import Code, Hits, Severity, rule


@rule("lws.allow-insecure", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each expression that always sets the flag."""
    yield from always_set(
        code,
        "LCCSCF_ALLOW_INSECURE",
        "any certificate is accepted, whatever is wrong with it",
        "drop the flag and give the CA that signed the server's certificate as client_ssl_ca_filepath or client_ssl_ca_mem",
    )
