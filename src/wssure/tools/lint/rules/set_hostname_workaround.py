"""The server name is set on private state of libwebsockets.

What it does:
    Finds `mbedtls_ssl_set_hostname` called on the TLS context inside a libwebsockets connection, or with its private
    `wsi->stash`.

Why is this bad:
    The patch is a known work-around for a missing server_name. It uses private structures, which differ in each version
    and no longer exist in 5.0.0 (which removed the Mbed TLS wrapper). It works for one TLS library only. It keeps the
    ":port" of `host`, so that the server receives a name that no site has. Builds with SOCKS5 have already freed the
    stash that it reads. The reason for the missing name is usually one flag: see `lws.skip-hostname-check`.

Example:
    mbedtls_ssl_set_hostname(&wsi->tls.ssl->ssl, wsi->stash->cis[CIS_HOST]);

Use instead:
    i.host = "echo.example.net";
    i.ssl_connection = LCCSCF_USE_SSL;      /* without LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK */

References:
    * docs/incident.md
    * Mbed TLS mbedtls/ssl.h, mbedtls_ssl_set_hostname
"""

import re

from wssure.tools.lint.rule import CERTAIN, LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import arguments, flat

_INSIDE = re.compile(r"\bwsi\b|\bstash\b|CIS_HOST|lws_get_ssl|lws_tls_")


@rule("lws.set-hostname-workaround", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each call on a connection of libwebsockets."""
    for call in code.calls("mbedtls_ssl_set_hostname"):
        words = " , ".join(flat(argument) for argument in arguments(call))
        if not _INSIDE.search(words):
            continue
        private = "stash" in words or "CIS_HOST" in words
        yield Hit(
            call.byte_range,
            "this reaches into libwebsockets' private state: it breaks on upgrade (5.0.0 has no such state), keeps a :port in the "
            "name, and reads freed memory in builds with SOCKS5",
            "remove the call; set host, and drop LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK, which is what removes the name",
            CERTAIN if private else LIKELY,
        )
