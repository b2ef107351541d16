"""SNI is compiled out of Mbed TLS.

What it does:
    Reads the Mbed TLS configuration header beside the code: `MBEDTLS_SSL_SERVER_NAME_INDICATION` undefined, commented
    out, or missing from a complete configuration.

Why is this bad:
    Without it Mbed TLS has no code to write server_name into the ClientHello. `host` is then checked against the
    certificate but never sent to the server.

Example:
    /* mbedtls_config.h */
    //#define MBEDTLS_SSL_SERVER_NAME_INDICATION

Use instead:
    /* mbedtls_config.h */
    #define MBEDTLS_SSL_SERVER_NAME_INDICATION

References:
    * Mbed TLS mbedtls/mbedtls_config.h, MBEDTLS_SSL_SERVER_NAME_INDICATION
    * RFC 6066 section 3
"""

from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule


@rule("lws.mbedtls-no-sni", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each configuration without SNI beside a TLS client."""
    if not any(client.uses_tls for client in code.clients):
        return
    for line in code.build.no_sni:
        yield Hit(
            line,
            "Mbed TLS is configured without MBEDTLS_SSL_SERVER_NAME_INDICATION: no ClientHello will carry server_name",
            "define MBEDTLS_SSL_SERVER_NAME_INDICATION",
            LIKELY if line.value == "MBEDTLS_SSL_CLI_C" else CERTAIN,
        )
