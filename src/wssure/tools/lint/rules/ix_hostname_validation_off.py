"""The option of IXWebSocket that skips the check of the name is on; on Mbed TLS it also removes the server name.

What it does:
    Finds `disable_hostname_validation = true` (ix::SocketTLSOptions). The value and the conditions around it are folded with
    the macros of the code.

Why is this bad:
    Any site's valid certificate is accepted: an attacker on the path needs only one for any name.

    On Mbed TLS it does more: `mbedtls_ssl_set_hostname` is not called, so the ClientHello has no server_name (SNI), with every
    `caFile`. A server with many sites then closes the connection, or presents the certificate of another site.
    Measured with commit 85cd8869 on Mbed TLS 2.28.3 and 3.6.6. On OpenSSL the name is kept. Mbed TLS is chosen by
    `USE_MBED_TLS=ON`, and on Windows by default.

Example:
    ix::SocketTLSOptions options;
    options.disable_hostname_validation = true;
    webSocket.setTLSOptions(options);

Use instead:
    ix::SocketTLSOptions options;
    options.caFile = "ca.pem";
    webSocket.setTLSOptions(options);

References:
    * docs/same-fault.md
    * RFC 6066 section 3 (server_name), RFC 9110 section 4.3.4 (https certificate verification)
    * IXWebSocket IXSocketMbedTLS.cpp line 210, IXSocketOpenSSL.cpp line 764
"""

from wssure.tools.lint.option import turned_on
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule

_FIX = 'leave disable_hostname_validation false and set caFile = "ca.pem"'


@rule("ix.hostname-validation-off", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each place that turns the option on."""
    for place in turned_on(code, ("disable_hostname_validation",)):
        words = "any site's valid certificate is accepted: the name in it is not checked"
        severity, confidence = Severity.WARNING, LIKELY
        if code.target.is_mbedtls:
            words = "on Mbed TLS this removes server_name (SNI) from the ClientHello, besides the check of the certificate's name"
            severity = Severity.ERROR
        elif code.target.tls is None:
            words += ", and if IXWebSocket is built on Mbed TLS no server_name (SNI) is sent"
        if place.condition:
            words, severity = f"if {place.condition}, {words}", Severity.INFO
        elif code.target.tls:
            yield Hit(place.span, words, _FIX, severity=severity)
            continue
        yield Hit(place.span, words, _FIX, confidence, severity=severity)
