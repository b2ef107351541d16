"""Certificates without a trusted issuer are always accepted.

What it does:
    Finds `LCCSCF_ALLOW_SELFSIGNED` if it is always set with TLS. A flag set by an option, by a macro such as `NDEBUG`
    or for a test against this machine is not reported.

Why is this bad:
    The flag does not mean "this one self-signed certificate": it means any certificate from any issuer. An attacker on
    the path can present one made a second ago. With libwebsockets 4.3.3 on Mbed TLS the result of the name check is
    then ignored too.

Example:
    i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED;

Use instead:
    /* trust exactly your own certificate or CA: a self-signed one is its own CA */
    info.client_ssl_ca_filepath = "server-cert.pem";
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * libwebsockets lws-client.h, enum lws_client_connect_ssl_connection_flags
    * RFC 5280 section 6 (certification path validation)
"""

from wssure.tools.lint.relax import always_set
from wssure.tools.lint.rule import Code, Hits, Severity, rule


@rule("lws.allow-selfsigned", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each expression that always sets the flag."""
    yield from always_set(
        code,
        "LCCSCF_ALLOW_SELFSIGNED",
        "any certificate is accepted, whoever signed it",
        "drop the flag and give the server's own certificate or CA as client_ssl_ca_filepath or client_ssl_ca_mem",
    )
