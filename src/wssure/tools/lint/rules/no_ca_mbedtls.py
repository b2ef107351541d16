"""No CA is given, and Mbed TLS has no default CA.

What it does:
    If the TLS library is known to be Mbed TLS: finds a context created in a file with a TLS client, without
    `client_ssl_ca_filepath`, `client_ssl_ca_mem` or `mbedtls_client_preload_filepath`.

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

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule

_FIELDS = ("client_ssl_ca_filepath", "client_ssl_ca_mem", "mbedtls_client_preload_filepath", "provided_client_ssl_ctx")
_UNCHECKED = ("LCCSCF_ALLOW_SELFSIGNED", "LCCSCF_ALLOW_INSECURE")


@rule("lws.no-ca-mbedtls", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each context without a CA."""
    clients = [client for client in code.clients if client.uses_tls]
    if (
        not code.target.is_mbedtls
        or not clients
        or code.mentions(b"lws_tls_jit_trust")
        or code.mentions(b"client_ssl_ca_")
    ):
        return
    if all(any(client.flag(name) for name in _UNCHECKED) for client in clients):
        return
    for context in code.contexts:
        if context.event is None or not context.complete or any(context.written(field) for field in _FIELDS):
            continue
        node = context.event.node
        yield Hit(
            node.byte_range,
            "no CA is given, and Mbed TLS has no default store: every server certificate will be untrusted",
            "set client_ssl_ca_filepath, or client_ssl_ca_mem and client_ssl_ca_mem_len, before creating the context",
            LIKELY,
        )
