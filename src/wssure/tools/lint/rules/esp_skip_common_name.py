"""The option of ESP-IDF that skips the check of the name is on; it also removes the server name from the ClientHello.

What it does:
    Finds `skip_common_name = true` (esp_tls_cfg_t) and `skip_cert_common_name_check = true` (esp_http_client,
    esp_websocket_client, esp-mqtt), and calls of `esp_transport_ssl_skip_common_name_check()`. The value and the
    `#if` conditions around it are folded with the macros of the code and the options of `sdkconfig` beside it. An option
    that is only set under a condition, such as a Kconfig switch that no `sdkconfig` sets, has a lower severity.

Why is this bad:
    Any site's valid certificate is accepted: an attacker on the path needs only one for any name.

    It does more. esp-tls calls `mbedtls_ssl_set_hostname(ssl, NULL)` if it is on, so the ClientHello has no server_name
    (SNI), even if `common_name` is set beside it. A server with many sites then closes the connection, sends an
    alert, or presents the certificate of another site, which looks like a reason to relax more. Measured with v4.4.7 to
    v5.5.5 on Mbed TLS and with v5.4 to v5.5.5 on wolfSSL (a Linux build of esp-tls); read in the source from v4.0 to
    v6.1-beta1. From v5.5.5 and v6.0.2 on the log says `skip_common_name=true: hostname matching and SNI disabled`.

Example:
    esp_websocket_client_config_t config = {
        .uri = "wss://echo.example.net/",
        .skip_cert_common_name_check = true,
    };

Use instead:
    esp_websocket_client_config_t config = {
        .uri = "wss://echo.example.net/",
        .crt_bundle_attach = esp_crt_bundle_attach,
    };
    /* For a certificate with another name: .cert_common_name (esp_http_client: .common_name). It is sent and checked. */

References:
    * docs/same-fault.md
    * RFC 6066 section 3 (server_name), RFC 9110 section 4.3.4 (https certificate verification)
    * ESP-IDF v5.5.5 components/esp-tls/esp_tls_mbedtls.c line 882
"""

import re

from wssure.tools.lint.option import turned_on
from wssure.tools.lint.rule import LIKELY, Code, Hit, Hits, Severity, rule
from wssure.tools.lint.syntax import Node, field_child, flat

_MEMBERS = ("skip_common_name", "skip_cert_common_name_check")
_CALLS = ("esp_transport_ssl_skip_common_name_check",)
_FIX = (
    "leave it false and give the CA (crt_bundle_attach, or the PEM); for a certificate with another name set cert_common_name "
    "(esp_http_client, esp-tls: common_name), which is sent and checked"
)
# Other programs have members of the shorter name.
_ESP = re.compile(rb"\besp_(?:tls|https?|websocket|mqtt|transport)|skip_cert_common_name_check")
_HOST = r"(?:\.|->) (?:host|hostname|url|uri) = "
_ADDRESS = re.compile(r'"(?:\w+://)?(?:\d+\.\d+\.\d+\.\d+(?![\w.-])|\[)')


@rule("esp.skip-common-name", Severity.ERROR)
def check(code: Code) -> Hits:
    """Yield one finding for each place that turns the option on."""
    for place in turned_on(code, _MEMBERS, _CALLS) if _ESP.search(code.unit.source.data) else ():
        words = f"this removes server_name (SNI) from the ClientHello, besides the check of the certificate's name{place.by}"
        if _dials_an_address(place.node):
            words = f"any site's valid certificate is accepted: the name in it is not checked{place.by}"
            yield Hit(place.span, words, _FIX, severity=Severity.WARNING)
        elif place.condition:
            yield Hit(place.span, f"if {place.condition}, {words}", _FIX, LIKELY, severity=Severity.INFO)
        else:
            yield Hit(place.span, words, _FIX)


def _dials_an_address(node: Node) -> bool:
    """Return True if the host set for the same struct is an IP address wherever it is set: there is no name to send then."""
    around, owner = node.parent, ""
    if node.type == "assignment_expression":
        left = field_child(node, "left")
        struct = field_child(left, "argument") if left is not None else None
        owner = re.escape(flat(struct)) + " " if struct is not None else ""
        while around is not None and around.type != "function_definition":
            around = around.parent
    if around is None:
        return False
    words = flat(around)
    hosts = [match.end() for match in re.finditer(rf"(?<![\w.>] ){owner}{_HOST}" if owner else _HOST, words)]
    return bool(hosts) and all(_ADDRESS.match(words, start) for start in hosts)
