"""The flag that skips the host name check is set; on Mbed TLS it also removes the server name from the ClientHello.

What it does:
    Finds `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK` in the flags of a client connection: in the assignment itself, in a macro,
    in a local variable, or added by a helper function of the same file. A flag that is always set is reported. A flag
    under a condition, such as an `--insecure` option, is reported with a lower severity, and only if the TLS library is
    known to be Mbed TLS.

Why is this bad:
    On every TLS library the flag accepts the certificate of any other site: an attacker on the path needs only some
    valid certificate.

    On Mbed TLS it does more. libwebsockets makes its only call of `mbedtls_ssl_set_hostname` if the flag is absent, and
    that call also adds server_name (SNI) to the ClientHello. With the flag, `address` and `host` may both be correct,
    but the server does not receive the name of the site. It closes the connection, sends alert 40 or 112, or presents a
    default certificate. The log then says `mbedtls connect -1 5 0`, or reports a certificate that was never received.
    Measured with libwebsockets 4.1.6 on Mbed TLS 2.28.3, 4.3.3 on 3.4.0 and 5.0.0 on 3.6.6; read in the source from
    2.4.0 to 5.0.0 and in the main branch of August 2026, so an upgrade does not help. Mbed TLS 3.6.3 and later refuse a
    verified handshake without a host name: with libwebsockets 4.3.3 the connection then fails even if the chain is
    trusted.

    The OpenSSL and GnuTLS builds send the name with and without the flag.

Example:
    i.address = "echo.example.net";
    i.host = i.address;
    i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;

Use instead:
    info.client_ssl_ca_filepath = "ca.pem";     /* at context creation; or client_ssl_ca_mem on a board */
    i.address = "echo.example.net";
    i.host = i.address;
    i.ssl_connection = LCCSCF_USE_SSL;

References:
    * docs/incident.md
    * RFC 6066 section 3 (server_name), RFC 9110 section 4.3.4 (https certificate verification)
    * libwebsockets 4.3.3 lib/tls/mbedtls/mbedtls-client.c lines 116-124; 5.0.0 lines 90-95
    * https://github.com/warmcat/libwebsockets/issues/3331
"""

from wssure.tools.lint.model import Info
from wssure.tools.lint.relax import by_macro, fix_of, only_when, removal, talks_to_itself
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.value import Found

_FLAG = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"
_FIX = (
    "drop the flag, keep host set to the server's name, and give the CA that signed the server's certificate "
    "(client_ssl_ca_filepath or client_ssl_ca_mem)"
)


@rule("lws.skip-hostname-check", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each expression that sets the flag."""
    for client in code.clients:
        items = client.flag(_FLAG)
        always = client.always(items)
        for item in items:
            if item.start < 0 or (talks_to_itself(client) and not code.target.is_mbedtls):
                continue
            yield from _report(code, client, item, always)


def _report(code: Code, client: Info, item: Found, always: bool) -> Hits:
    span = item.span
    edit = removal(code, *span) if always else None
    fix, macro = fix_of(edit, _FIX), by_macro(code, item.start)
    if not always:
        if code.target.is_mbedtls:
            words = f"{only_when(item, client)}, this flag removes server_name from the ClientHello on Mbed TLS, besides the name check"
            yield Hit(span, words, _FIX, LIKELY, severity=Severity.INFO)
        return
    if code.target.is_mbedtls:
        words = f"on Mbed TLS this flag removes server_name (SNI) from the ClientHello, besides the name check{_more(code)}{macro}"
        yield Hit(span, words, fix, edit=edit)
    elif code.target.tls:
        words = "any site's valid certificate is accepted: the name in it is not checked" + macro
        yield Hit(span, words, fix, edit=edit, severity=Severity.WARNING)
    else:
        words = (
            "any site's valid certificate is accepted, and if libwebsockets is built on Mbed TLS no server_name (SNI) is sent"
            + macro
        )
        yield Hit(span, words, fix, LIKELY, edit=edit, severity=Severity.WARNING)


def _more(code: Code) -> str:
    lws, mbedtls = code.target.lws, code.target.mbedtls
    if lws is not None and lws < (2, 4):
        return ""
    if lws is not None and mbedtls is not None and lws < (5,) and mbedtls >= (3, 6, 3):
        return "; from Mbed TLS 3.6.3 on the handshake then fails even with a trusted chain"
    return ", in every release from 2.4.0 to 5.0.0" if lws is None else ""
