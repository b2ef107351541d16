"""Recognise lines of nginx and haproxy logs, about clients and about backends."""

from __future__ import annotations

import re

from wssure.tools.explain.model import SERVER, Library

__all__ = ["HAPROXY", "NGINX"]

# A handshake with an upstream that ended in an alert; servers send it if they received no name.
_UPSTREAM_NAME = r"(?:SSL alert number (?:40|80|112)|unrecognized name|handshake failure|internal error).*SSL handshaking to upstream"
NGINX = Library(
    name="nginx",
    side=SERVER,
    only_marked=True,
    mark=re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+|while SSL handshaking|\bnginx\b", re.IGNORECASE),
    texts={
        r"upstream server temporarily disabled": "nothing",
        _UPSTREAM_NAME: "upstream-sni@client",
        r"(?:wrong version number|unknown protocol|packet length too long|record layer failure).*SSL handshaking to upstream": "not-tls@client",
        r"SSL alert number (\d+).*SSL handshaking to upstream": "alert-{1}@client",
        r"certificate verify failed.*SSL handshaking to upstream": "verify-failed@client",
        r"unsupported protocol.*SSL handshaking to upstream": "own-version@client",
        r"peer closed connection in SSL handshake.*SSL handshaking to upstream": "eof-handshake@client",
        r"upstream timed out .*SSL handshaking to upstream": "handshake-timeout@client",
        r"upstream SSL certificate does not match": "hostname@client",
        r"upstream SSL certificate verify error: \(10:": "expired@client",
        r"upstream SSL certificate verify error: \(18:": "self-signed@client",
        r"upstream SSL certificate verify error: \((?:19|2[01]):": "unknown-issuer@client",
        r"upstream SSL certificate verify error": "verify-failed@client",
        r"plain HTTP request was sent to HTTPS port|client sent plain HTTP request to HTTPS port": "http-on-tls-port",
        r"client sent no required SSL certificate": "no-client-cert",
        r"client SSL certificate verify error": "client-cert-refused",
        r"connect\(\) failed .*while connecting to upstream|upstream prematurely closed|no live upstreams|upstream timed out|"
        r"recv\(\) failed .*(?:from upstream|proxying upgraded)|upstream sent invalid header": "upstream@client",
        r"no \"ssl_certificate\" is defined": "tls-without-site",
        r"peer closed connection in SSL handshake": "eof-handshake",
    },
    fixes={
        "cert.chain-incomplete@client": "let the upstream send its full chain, or proxy_ssl_trusted_certificate FILE; with the intermediate from its CA",
        "cert.hostname@client": "proxy_ssl_name NAME; proxy_ssl_server_name on; with the name the upstream's certificate is for, if that is the service you mean",
        "cert.no-trust-store@client": "proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
        "cert.self-signed@client": "proxy_ssl_trusted_certificate FILE; with the upstream's certificate from its owner",
        "cert.untrusted-root@client": "proxy_ssl_trusted_certificate FILE; with the CA's certificate from its owner; proxy_ssl_verify_depth 2;",
        "http.502@client": "start the upstream, or correct proxy_pass; for a TLS upstream proxy_ssl_server_name on;",
        "tls.client-cert-required@client": "proxy_ssl_certificate client.pem; proxy_ssl_certificate_key client.key;",
        "tls.eof-in-handshake@client": "proxy_ssl_server_name on; and see the upstream's log for the same second",
        "tls.no-common-params@client": "proxy_ssl_ciphers DEFAULT; (as the upstream's certificate type needs)",
        "tls.not-tls-http@client": "proxy_pass http://UPSTREAM; it speaks plain HTTP, or name its TLS port",
        "tls.sni-missing@client": "proxy_ssl_server_name on; proxy_ssl_name NAME; (nginx sends no SNI to an upstream by default)",
        "tls.sni-unknown@client": "proxy_ssl_name NAME; with a name the upstream serves; (the default is the host in proxy_pass)",
        "tls.timeout-after-hello@client": "proxy_connect_timeout 10s; and look whether the hello reaches the upstream: a wrong port or a filter swallows it",
        "tls.version@client": "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        "tls.client-cert-rejected": "ssl_client_certificate ca.pem; with the CA that issued it; ssl_verify_depth 2;",
        "tls.no-common-group": "ssl_ecdh_curve X25519:prime256v1:secp384r1;",
        "tls.no-common-params": "ssl_ciphers DEFAULT; and a certificate of each type: ssl_certificate rsa.pem; ssl_certificate ecdsa.pem;",
        "tls.sni-missing": "listen 443 ssl default_server; with a certificate of its own, for clients that send no name",
        "tls.sni-unknown": "server_name NAME; in a server block that has a certificate for it",
        "ws.upgrade-headers": 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        "http.origin": "the application behind refuses the Origin: add the page's there; nginx passes it on unchanged",
        "http.426-version": 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        "http.200-not-upgrade": 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; in the location of this path',
        "ws.1006": "proxy_read_timeout 3600s; above the longest silence of the connection (the default is 60 s)",
        "ws.to-tls-port": "let the client use wss://; or add a plain listen",
        "tls.peer-rejected-our-cert": "ssl_certificate fullchain.pem; (own certificate first, then the intermediates)",
        "tls.client-cert-required": "give that client a certificate from the CA in ssl_client_certificate; what needs none belongs into a server block of its own",
        "http.400": 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        "tls.version": "ssl_protocols TLSv1.2 TLSv1.3;",
    },
)
HAPROXY = Library(
    name="haproxy",
    side=SERVER,
    only_marked=True,
    mark=re.compile(r"\bhaproxy\[\d+\]|SSL handshake failure|\bfrontend\b.{0,300}SSL"),
    texts={
        r"is DOWN.*Layer6|Layer6 (?:invalid response|timeout)": "backend-tls@client",
        r"is DOWN.*Layer[47]|backend .* has no server available|Layer[47] (?:timeout|connection problem)": "upstream@client",
        r"SSL handshake failure.*(?:certificate unknown|unknown ca|bad certificate)": "peer-refused-cert",
        r"SSL handshake failure.*(?:unsupported protocol|wrong ssl version|version too low)": "own-version",
        r"SSL handshake failure.*(?:no shared cipher|no suitable)": "own-no-cipher",
        r"SSL handshake failure.*(?:http request|wrong version number)": "http-on-tls-port",
        r"SSL handshake failure.*peer did not return a certificate": "no-client-cert",
        r"SSL handshake failure.*unexpected eof": "eof-handshake",
        r"SSL client certificate not trusted|client CA chain cannot be verified": "client-cert-refused",
        r"Connection closed during SSL handshake|Connection error during SSL handshake": "eof-handshake",
        r"Timeout during SSL handshake": "handshake-timeout",
        r"SSL handshake failure": "handshake-failed",
    },
    fixes={
        "tls.peer-rejected-our-cert": "put the full chain into the crt file: own certificate, intermediates, key",
        "cert.hostname@client": "server ... ssl verifyhost NAME sni str(NAME), with the name the backend's certificate is for",
        "cert.untrusted-root@client": "server ... ssl verify required ca-file ca.pem, with the CA's certificate from its owner",
        "http.502@client": "see why the backend is down: the reason stands in the line; then server ... check",
        "tls.client-cert-required@client": "server ... ssl crt client.pem (certificate and key in one file)",
        "tls.not-tls-http@client": "server ... check without ssl: the backend speaks plain HTTP, or name its TLS port",
        "tls.sni-missing@client": "server ... ssl sni str(NAME) check-sni NAME: haproxy sends no SNI by itself, and the check has a setting of its own",
        "tls.version@client": "server ... ssl ssl-min-ver TLSv1.2",
        "tls.client-cert-rejected": "bind ... ca-file ca.pem verify required, with the CA that issued it",
        "tls.client-cert-required": "give that client a certificate from the CA in bind ... ca-file; what needs none belongs on a bind of its own",
        "tls.no-common-params": "bind ... crt with both an RSA and an ECDSA file (name.pem.rsa, name.pem.ecdsa)",
        "tls.no-hello": "option dontlognull, for health checks and scanners that send nothing",
        "tls.sni-missing": "crt-list with a default certificate and no strict-sni, to serve clients without SNI",
        "tls.sni-unknown": "bind ... crt-list FILE, with a certificate for that name in it",
        "tls.version": "bind ... ssl-min-ver TLSv1.2",
        "ws.1006": "timeout tunnel 1h, above the longest silence of the connection",
    },
)
