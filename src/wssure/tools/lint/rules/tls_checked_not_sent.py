"""The name is checked in the certificate, and never sent.

What it does:
    Finds a file that gives the host's name to the check of OpenSSL, wolfSSL or GnuTLS, and has no call that
    sends it: `SSL_set1_host` without `SSL_set_tlsext_host_name`, `wolfSSL_check_domain_name` without `wolfSSL_UseSNI`,
    `gnutls_session_set_verify_cert` without `gnutls_server_name_set`. A file that mentions the other call or its
    command in any place is not reported, nor is a file without the handshake of a client, nor a call that never runs or is
    given NULL or an address.

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

from wssure.name import is_ip
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import Node, arguments, flat, strip, text

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


_CLIENT = re.compile(rb"\b(?:SSL_connect|SSL_set_connect_state|BIO_new_ssl_connect|wolfSSL_connect|GNUTLS_CLIENT)\b")
_EITHER_SIDE = re.compile(rb"\b(?:SSL_do_handshake|BIO_do_handshake|gnutls_handshake)\b")
_SERVER = re.compile(rb"\b(?:SSL_accept|SSL_set_accept_state|BIO_new_accept|wolfSSL_accept|GNUTLS_SERVER)\b")


@rule("tls.checked-not-sent", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each call that checks the name in a file that never sends it."""
    data = code.unit.source.data
    if not (_CLIENT.search(data) or (_EITHER_SIDE.search(data) and not _SERVER.search(data))):
        return
    for checks, sends, todo in _PAIRS:
        if re.search(sends, data):
            continue
        for call in code.calls(checks):
            if code.unit.surrounding(call, runtime=True) is None or not _may_be_a_name(code, call):
                continue
            words = (
                f"{checks} checks the name in the certificate, and nothing in this file sends it as server_name (SNI)"
            )
            yield Hit((call.start_byte, call.end_byte), words, f"add {todo} before the handshake", LIKELY)


def _may_be_a_name(code: Code, call: Node) -> bool:
    """Return False if the second argument is no DNS name: NULL takes the check away, and an address is never sent."""
    given = [strip(argument) for argument in arguments(call)][1:2]
    return not any(
        flat(value) in ("NULL", "nullptr", '""') or code.unit.constant(value) == 0 or is_ip(text(value).strip('"[]'))
        for value in given
    )
