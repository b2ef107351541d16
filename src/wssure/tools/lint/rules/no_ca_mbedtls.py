"""No CA is given, and Mbed TLS has no default CA.

What it does:
    If the TLS library is known to be Mbed TLS: finds a context created in a file with a TLS client, without
    `client_ssl_ca_filepath`, `client_ssl_ca_mem` or `mbedtls_client_preload_filepath`. A CA in code that never runs, such
    as the other branch of a macro, does not count.

Why is this bad:
    OpenSSL builds also load the system's CA store. Mbed TLS has no such store: without a CA every certificate is untrusted,
    the log says `CA is not trusted` or `mbedtls connect -1 5 0`, and the flags that disable checks look like a fix. One
    of them also removes SNI (`lws.skip-hostname-check`).

Example:
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    context = lws_create_context(&info);

Use instead:
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.client_ssl_ca_mem = ca_pem;
    info.client_ssl_ca_mem_len = sizeof(ca_pem);      /* with the final 0 of a PEM text */
    context = lws_create_context(&info);

References:
    * libwebsockets lws-context-vhost.h, struct lws_context_creation_info
    * Mbed TLS mbedtls/ssl.h, mbedtls_ssl_conf_ca_chain
"""

import re

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule

_FIELDS = ("client_ssl_ca_filepath", "client_ssl_ca_mem", "mbedtls_client_preload_filepath", "provided_client_ssl_ctx")
_CA_FIELD = re.compile(rb"\bclient_ssl_ca_(?:filepath|mem)\b")
_FIX = "set client_ssl_ca_filepath, or client_ssl_ca_mem and client_ssl_ca_mem_len, before creating the context"
_UNCHECKED = ("LCCSCF_ALLOW_SELFSIGNED", "LCCSCF_ALLOW_INSECURE")


@rule("lws.no-ca-mbedtls", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each context without a CA."""
    clients = [client for client in code.clients if client.uses_tls]
    mentioned = [match.start() for match in _CA_FIELD.finditer(code.unit.source.data)]
    if (
        not code.target.is_mbedtls
        or not clients
        or code.mentions(b"lws_tls_jit_trust")
        or not all(code.unit.is_dead(offset) for offset in mentioned)
    ):
        return
    unchecked = all(any(client.flag(name) for name in _UNCHECKED) for client in clients)
    if unchecked and not mentioned:
        return
    words = "no CA is given, and Mbed TLS has no default store: "
    words += "nothing can be verified" if unchecked else "every server certificate will be untrusted"
    if mentioned:
        words += f" (the CA in line {code.unit.source.position(mentioned[0])[0]} is in code that never runs)"
    severity = Severity.WARNING if unchecked else Severity.ERROR
    for context in code.contexts:
        if context.event is None or not context.complete or any(context.written(field) for field in _FIELDS):
            continue
        yield Hit(context.event.node.byte_range, words, _FIX, LIKELY, severity=severity)
