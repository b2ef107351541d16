"""nginx and haproxy logs: what a server or gateway wrote about its clients and about its backends."""

from __future__ import annotations

import re

from wssure.diagnose.texts.model import SERVER, Library, rule

__all__ = ["HAPROXY", "NGINX"]

_UPSTREAM = r"SSL_do_handshake\(\) failed.*while SSL handshaking to upstream"
NGINX = Library(
    name="nginx",
    side=SERVER,
    mark=re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+|while SSL handshaking|\bnginx\b", re.IGNORECASE),
    rules=(
        rule(
            _UPSTREAM + r"|SSL alert number (?:40|80|112)\).*to upstream|unrecognized name.*to upstream",
            "upstream-sni",
            "client",
        ),
        rule(r"upstream SSL certificate (?:verify error|does not match)", "verify-failed", "client"),
        rule(
            r"plain HTTP request was sent to HTTPS port|client sent plain HTTP request to HTTPS port",
            "http-on-tls-port",
        ),
        rule(r"client sent no required SSL certificate", "no-client-cert"),
        rule(r"client SSL certificate verify error", "client-cert-refused"),
        rule(
            r"connect\(\) failed .*while connecting to upstream|upstream prematurely closed|no live upstreams|upstream timed out",
            "upstream",
        ),
        rule(r"no \"ssl_certificate\" is defined|cannot load certificate", "alert-80"),
        rule(r"peer closed connection in SSL handshake", "eof-handshake"),
    ),
    fixes={
        "tls.sni-missing": "proxy_ssl_server_name on; proxy_ssl_name NAME; (nginx sends no SNI to an upstream by default)",
        "http.502": "start the upstream, or correct proxy_pass; for a TLS upstream proxy_ssl_server_name on;",
        "ws.to-tls-port": "let the client use wss://; or add a plain listen",
        "tls.peer-rejected-our-cert": "ssl_certificate fullchain.pem; (own certificate first, then the intermediates)",
        "tls.client-cert-required": "ssl_verify_client optional; for sites that need none, or give the client a certificate",
        "http.400": 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        "tls.version": "ssl_protocols TLSv1.2 TLSv1.3;",
    },
)
HAPROXY = Library(
    name="haproxy",
    side=SERVER,
    mark=re.compile(r"\bhaproxy\[\d+\]|SSL handshake failure|\bfrontend\b.*SSL", re.IGNORECASE),
    rules=(
        rule(r"SSL handshake failure.*(?:certificate unknown|unknown ca|bad certificate)", "peer-refused-cert"),
        rule(r"SSL client certificate not trusted|client CA chain cannot be verified", "client-cert-refused"),
        rule(r"Connection closed during SSL handshake|Connection error during SSL handshake", "eof-handshake"),
        rule(r"Timeout during SSL handshake", "handshake-timeout"),
        rule(r"backend .* has no server available|Layer[46] (?:timeout|connection problem)", "upstream"),
        rule(r"SSL handshake failure", "alert-any"),
    ),
    fixes={
        "tls.peer-rejected-our-cert": "put the full chain into the crt file: own certificate, intermediates, key",
        "tls.sni-missing": "crt-list with a default certificate and no strict-sni, to serve clients without SNI; to a backend: sni str(NAME)",
        "tls.version": "bind ... ssl-min-ver TLSv1.2",
        "http.502": "server ... check; see why the backend is down",
    },
)
