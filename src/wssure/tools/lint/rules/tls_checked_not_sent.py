"""The name is checked in the certificate, and never sent.

What it does:
    Finds a file that gives the host's name to the check of OpenSSL, wolfSSL or GnuTLS, and has no call that
    sends it: `SSL_set1_host` without `SSL_set_tlsext_host_name`, `wolfSSL_check_domain_name` without `wolfSSL_UseSNI`,
    `gnutls_session_set_verify_cert` without `gnutls_server_name_set`. A file that mentions the other call or its
    command in any place is not reported, nor is a file without the handshake of a client, nor a call that never runs.

Why is this bad:
    These libraries have one call for the check and one for server_name (SNI). With the check alone, a server with many
    sites presents the certificate of its default site, and the connection fails with a wrong name: it looks like a fault of
    the certificate. Measured with OpenSSL 3.0.19, wolfSSL 5.5.4 and GnuTLS 3.7.9.

Example:
    SSL_set1_host(ssl, "a.example.net");
    SSL_connect(ssl);

Use instead:
    SSL_set_tlsext_host_name(ssl, "a.example.net");
    SSL_set1_host(ssl, "a.example.net");
    SSL_connect(ssl);

References:
    * docs/same-fault.md
    * RFC 6066 section 3 (server_name)
"""

import re

from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule

# The call that checks, the words of those that send, and the fix.
_PAIRS = (
    ("SSL_set1_host", rb"tlsext_host_name|TLSEXT_HOSTNAME", "SSL_set_tlsext_host_name(ssl, NAME)"),
    ("X509_VERIFY_PARAM_set1_host", rb"tlsext_host_name|TLSEXT_HOSTNAME", "SSL_set_tlsext_host_name(ssl, NAME)"),
    ("wolfSSL_check_domain_name", rb"UseSNI|tlsext_host_name", "wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, NAME, strlen(NAME))"),
    (
        "gnutls_session_set_verify_cert",
        rb"gnutls_server_name_set",
        "gnutls_server_name_set(session, GNUTLS_NAME_DNS, NAME, strlen(NAME))",
    ),
)  # fmt: skip


_HANDSHAKE = re.compile(
    rb"\b(?:SSL_connect|SSL_set_connect_state|SSL_do_handshake|BIO_new_ssl_connect|BIO_do_handshake|wolfSSL_connect|gnutls_handshake)\b"
)


@rule("tls.checked-not-sent", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each call that checks the name in a file that never sends it."""
    data = code.unit.source.data
    for checks, sends, todo in _PAIRS if _HANDSHAKE.search(data) else ():
        if re.search(sends, data):
            continue
        for call in code.calls(checks):
            if code.unit.surrounding(call, runtime=True) is None:
                continue
            words = (
                f"{checks} checks the name in the certificate, and nothing in this file sends it as server_name (SNI)"
            )
            yield Hit((call.start_byte, call.end_byte), words, f"add {todo} before the handshake", LIKELY)
