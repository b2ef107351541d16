"""Mbed TLS is configured with a receive buffer smaller than a TLS record.

What it does:
    Reads the Mbed TLS configuration header or `sdkconfig` beside the code: `MBEDTLS_SSL_IN_CONTENT_LEN` or
    `MBEDTLS_SSL_MAX_CONTENT_LEN` under 16384.

Why is this bad:
    A server may send records of 16384 bytes, and usually does with a certificate chain or a large answer. The client then
    fails with -0x7200 (a plain server on the port gives the same number). Only servers that support max_fragment_length
    keep to the limit, and few do.

Example:
    CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096

Use instead:
    CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384
    CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=4096

References:
    * RFC 8446 section 5.1: a record carries up to 2^14 bytes
    * RFC 6066 section 4 (max_fragment_length)
    * Mbed TLS mbedtls/mbedtls_config.h, MBEDTLS_SSL_IN_CONTENT_LEN
"""

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule


@rule("lws.mbedtls-small-buffer", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each buffer smaller than a record, beside a TLS client."""
    if not any(client.uses_tls for client in code.clients):
        return
    for line in code.build.small_buffers:
        yield Hit(
            line,
            f"the receive buffer of {line.value} bytes is smaller than a TLS record (16384): larger records fail with -0x7200",
            "set the input content length to 16384; only the output one may be small",
            LIKELY,
        )
