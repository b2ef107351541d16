"""A URL, a path or a port was given instead of a host name.

What happened:
    The value for the host name contains a scheme, a slash or a port. wssure refuses it before anything is sent. A
    library without this check asks the name service for a name that cannot exist: libwebsockets with a full URL in
    `i.address` reports "DNS NXDOMAIN" (4.1.6 returns NULL without any callback), and no ClientHello is ever sent,
    so no TLS setting can help.

Why:
    A URL has four parts with different uses: the scheme selects TLS, the host becomes the server name, the port is the
    TCP port, and the path is requested in HTTP. APIs with separate fields need each part in its own field.

Fix:
    * wssure: `connect("wss://b.example.net:8443/path")`; to connect to a different machine add `address="192.0.2.7"`, a
      bare address.
    * libwebsockets: `i.address = "b.example.net"; i.host = i.address; i.port = 443; i.path = "/path";
      i.ssl_connection = LCCSCF_USE_SSL;` or let `lws_parse_uri()` split the URL.
    * ESP-IDF: `esp_websocket_client_config_t.uri` takes the whole URL; `.host` a bare name with `.port` and `.path`.
    * Mbed TLS: `mbedtls_ssl_set_hostname(&ssl, "b.example.net")`, and the same bare name to `mbedtls_net_connect`.

References:
    * RFC 6455 section 3, RFC 3986 section 3, RFC 1035 section 2.3.1
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage


@probe("parse the value as a URL and resolve its host alone")
@cause("dns.url-as-name", Fault.CALLER, stage=Stage.USAGE, shows=("endpoint.host", "endpoint.address"))
def match(evidence: Evidence) -> Match | None:
    """Match a name with a scheme or a path in it that failed in the resolver."""
    if evidence.stage not in (Stage.USAGE, Stage.RESOLVE):
        return None
    for name, value in (("address", evidence.address), ("host", evidence.host)):
        if "/" in value:
            return Match(f'the {name} is "{value}", expected a bare DNS name or IP address')
    return None
