"""Recognise the texts of libwebsockets. Several TLS faults have the same text, depending on version and backend.

Measured with 4.1.6, 4.3.3 and 5.0.0 on OpenSSL 3.0 and Mbed TLS 3.4.0 and 3.6.6.
"""

import re
from typing import Final

from wssure.tools.explain.model import Library

SKIP = (
    "drop LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK from ssl_connection, which removes the name on Mbed TLS, and configure a CA:\n"
    'i.ssl_connection = LCCSCF_USE_SSL; info.client_ssl_ca_filepath = "ca.pem"; (no release up to 5.0.0 sends SNI with the flag);\n'
    'i.host = "NAME"; must be a DNS name'
)

# Lines with several possible faults; these entries are added to the table of symptoms.
UNDECIDED = {
    "lws-mbedtls-connect": (
        (
            "tls.sni-missing",
            "with LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK set no name is sent on Mbed TLS, and servers refuse or close",
        ),
        ("tls.no-common-params", "alert 40 reads the same"),
        ("tls.sni-unknown", "alert 112 reads the same"),
        ("tls.eof-in-handshake", "a server that closes reads the same"),
        ("tls.not-tls-http", "a plain HTTP server reads the same"),
        ("cert.untrusted-root", "without the server's CA the handshake ends here too: Mbed TLS has no default store"),
    ),
    "lws-mbedtls-verify": (
        ("cert.no-trust-store", "no CA was given: Mbed TLS has no default store"),
        ("cert.untrusted-root", "the CA given may not be the server's"),
        (
            "tls.sni-missing",
            "the same words come where the server refused a hello without a name and nothing was verified at all",
        ),
        ("tls.no-common-params", "or refused it for another reason (alert 40)"),
        ("tls.eof-in-handshake", "or closed"),
        ("tls.not-tls-http", "or speaks plain HTTP"),
        ("cert.expired", "or its dates do not fit"),
        ("cert.hostname", "or it is for another name"),
    ),
    "lws-openssl-connect": (
        ("tls.no-common-params", "4.1.6 prints this one line for nine different faults, alert 40 among them"),
        ("tls.eof-in-handshake", "a server that closes reads the same"),
        ("tls.sni-unknown", "alert 112 reads the same"),
        ("tls.sni-missing", "so does a server that closes on a hello without a name (host empty or an IPv6 literal)"),
        ("tls.not-tls-http", "so does a plain HTTP server"),
        ("tls.not-tls-other", "or any other protocol"),
        ("tls.version", "so does alert 70"),
        ("tls.alpn", "so does alert 120"),
        ("tls.client-cert-required", "so does a missing client certificate"),
        ("tls.weak-dh", "so does a group that is too small"),
        ("tls.sni-ip-literal", "so does the refusal of an IP address in server_name"),
        ("cert.untrusted-root", "so does a failed verification; the line before it (preverify_ok=0) says more"),
        ("cert.expired", "see the line before it"),
        ("cert.not-yet-valid", "see the line before it"),
        ("cert.chain-incomplete", "see the line before it"),
        ("cert.purpose", "see the line before it"),
        ("cert.weak-key", "see the line before it"),
        ("cert.weak-signature", "see the line before it"),
    ),
    "lws-read-failed": (
        ("http.eof", "the connection ended while the upgrade was awaited"),
        ("tls.client-cert-required", "in TLS 1.3 a missing client certificate is refused after the handshake"),
        ("ws.to-tls-port", "a TLS server closes where it gets plain HTTP: ssl_connection without LCCSCF_USE_SSL"),
        ("http.is-h2", "an HTTP/2 server closes"),
        ("http.garbage", "or what came was no HTTP"),
        ("tcp.reset-in-handshake", "or a reset"),
        ("ws.1006", "or the open connection was lost"),
    ),
    "lws-proxy": (
        ("proxy.auth", "the proxy did not answer CONNECT with 200; the line does not say what it answered"),
        ("proxy.forbidden", "403 reads the same"),
        ("proxy.bad-gateway", "502 reads the same"),
        ("proxy.eof", "so does a proxy that closes"),
    ),
    "lws-bio": (
        (
            "stack.no-hostname-set",
            "host was never set (with SOCKS5 built in), or the context lacks LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT",
        ),
    ),
    "lws-not-101": (
        ("http.200-not-upgrade", "the server did not switch protocols; the line before it names the status"),
        ("http.404", "the path may be wrong"),
        ("http.400", "a proxy may drop the Upgrade headers"),
        ("http.403", "it may be forbidden"),
        ("http.origin", "the Origin may not be accepted"),
        ("http.host-header", "the Host may be unknown"),
        ("http.misdirected-421", "or misdirected"),
        ("http.426-version", "or another version is wanted"),
        ("http.429", "or there are too many"),
        ("http.502", "or the gateway has no backend"),
        ("http.503", "or the service is down"),
        ("ws.to-tls-port", "or plain HTTP was sent to a TLS port"),
    ),
    "lws-closed-before": (
        ("proxy.timeout", "the connection was given up before it was up"),
        ("tls.timeout-after-hello", "TLS may not have been answered"),
        ("http.timeout", "or the upgrade"),
    ),
}

_TEXTS: Final = {
    # Accepted because of a setting: no failure.
    r"accepting (?:self-signed|expired|expired or not yet valid) certificate": "nothing",
    r"mbedtls connect -1 5 0": "lws-mbedtls-connect",
    r"mbedtls connect -?\d+ \d+ 104|connect SYSCALL 104": "reset-handshake",
    r"mbedtls connect -?\d+ \d+ \d+": "lws-mbedtls-connect",
    r"CA is not trusted": "lws-mbedtls-verify",
    r"validity has expired; revoked|validity has expired.{0,40}CN": "lws-mbedtls-verify",
    r"preverify_ok=0;err=10\b": "expired",
    r"preverify_ok=0;err=9\b": "not-yet-valid",
    r"preverify_ok=0;err=18\b": "self-signed",
    r"preverify_ok=0;err=19\b": "self-signed-in-chain",
    # At depth 0 the issuer of the server's own certificate is missing; at higher depths that of a sent intermediate.
    r"preverify_ok=0;err=20;depth=[1-9]|X509_V_ERR = 20;depth=[1-9]": "unknown-issuer",
    r"preverify_ok=0;err=2[01]\b|X509_V_ERR = 2[01]:": "no-local-issuer",
    r"X509_V_ERR = 18:": "self-signed",
    r"X509_V_ERR = 19:": "self-signed-in-chain",
    r"X509_V_ERR = 10:": "expired",
    r"X509_V_ERR = 9:": "not-yet-valid",
    r"X509_V_ERR = 62:": "hostname",
    r"ssl hs\d error, X509_V_ERR = \d+: unknown": "lws-mbedtls-verify",
    r"preverify_ok=0;err=26\b": "purpose",
    r"preverify_ok=0;err=6[67]\b": "weak-key",
    r"preverify_ok=0;err=68\b": "weak-signature",
    r"preverify_ok=0;err=6[24]\b": "hostname",
    r"connect SSL err 1: error:00000001|lws_ssl_client_connect\d failed": "lws-openssl-connect",
    r"Timed out waiting SSL": "handshake-timeout",
    r"bad HTTP response '(\d{3})'": "http-{1}",
    r"HS: ws upgrade unauthorized": "http-401",
    r"HS: ws upgrade response not 101": "lws-not-101",
    r"HS: Accept hash wrong|accept '.*' wrong vs": "bad-accept",
    r"HS: UPGRADE (?:missing|malformed)|HS: CONNECTION (?:missing|malformed)": "upgrade-headers",
    r"HS: PROTOCOL": "subprotocol",
    r"HS: EXT|Unknown ext '": "extension",
    r"proxy (?:did not reply with h1|not h1)": "lws-proxy",
    r"bio_create failed": "lws-bio",
    r"DNS NXDOMAIN": "no-such-name",
    r"CLIENT_CONNECTION_ERROR.*Unable to connect|conn fail": "connect-failed",
    r"read failed.*CALLBACK_CLIENT_ESTABLISHED": "lost",
    r"CLIENT_CONNECTION_ERROR.*read failed": "lws-read-failed",
    r"Closed before conn|closed before established": "lws-closed-before",
}

LIBRARY = Library(
    name="libwebsockets",
    texts=_TEXTS,
    mark=re.compile(
        r"\blws[_ ]|\blwsts\[|LWS_CALLBACK|CLIENT_CONNECTION_ERROR|libwebsockets|LCCSCF|mbedtls connect -?\d|"
        r"preverify_ok=\d;err=|X509_V_ERR = \d+:|CA is not trusted|ssl_pm_handshake",
        re.IGNORECASE,
    ),
    kind="lws",
    fixes={
        "tls.sni-missing": SKIP,
        "stack.no-hostname-set": "i.host = i.address; and info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;",
        "dns.url-as-name": 'i.address = "NAME"; i.port = 443; i.path = "/PATH"; or let lws_parse_uri() split the URL',
        "cert.chain-incomplete": "let the server send its full chain (own certificate first, then the intermediates); no client setting mends that",
        "cert.expired": "set the clock before lws_client_connect_via_info(); if it is right, renew the server's certificate",
        "cert.no-trust-store": 'info.client_ssl_ca_filepath = "ca.pem"; (Mbed TLS has no default store)',
        "cert.untrusted-root": 'info.client_ssl_ca_filepath = "ca.pem"; with the CA\'s certificate from its owner',
        "cert.self-signed": 'info.client_ssl_ca_filepath = "server.pem"; with the file from the server\'s owner, not LCCSCF_ALLOW_SELFSIGNED',
        "cert.hostname": 'i.host = "NAME"; with the name the service is known by; do not skip the check: on Mbed TLS that also drops SNI',
        "cert.not-yet-valid": "set the clock (SNTP) before lws_client_connect_via_info()",
        "tls.client-cert-required": 'info.client_ssl_cert_filepath = "client.pem"; info.client_ssl_private_key_filepath = "client.key";',
        "dns.nxdomain": 'i.address = "NAME"; with the bare name: no scheme, port or path, which lws_parse_uri() splits off',
        "http.400": 'i.path = "/PATH"; i.host = i.address; the server\'s log names the header it did not like',
        "http.eof": 'i.ssl_connection = LCCSCF_USE_SSL; i.alpn = "http/1.1"; i.path = "/PATH"; then see the server\'s log for the same second',
        "http.host-header": 'i.host = "NAME"; the site\'s name, not its address',
        "http.is-h2": 'i.alpn = "http/1.1";',
        "http.misdirected-421": 'i.host = "NAME"; it is both SNI and Host header, so one value serves both',
        "http.redirect": "i.address, i.port and i.path = those of the Location, if that is the service you meant",
        "http.timeout": 'i.path = "/PATH"; info.timeout_secs = 30; if a browser gets an answer there at once',
        "tcp.refused": "i.address and i.port = where the server listens",
        "tcp.timeout": "info.connect_timeout_secs = 20; and i.address = an address that answers: try its other family",
        "tls.client-cert-rejected": 'info.client_ssl_cert_filepath = "client.pem"; with its intermediates, from a CA the server accepts',
        "tls.eof-in-handshake": 'i.host = "NAME"; then TLS 1.2 only (info.ssl_client_options_set = SSL_OP_NO_TLSv1_3 on OpenSSL): what flips it is the cause',
        "tls.no-common-group": "on Mbed TLS #define MBEDTLS_ECP_DP_SECP256R1_ENABLED and MBEDTLS_ECP_DP_SECP384R1_ENABLED",
        "tls.no-common-params": "info.client_ssl_cipher_list = NULL; which is the library's own list; on Mbed TLS #define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED and MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED",
        "tls.not-tls-other": "i.port = the TLS port of the service; what the server greets with tells what runs on this one",
        "tls.peer-rejected-our-cert@server": 'info.ssl_cert_filepath = "fullchain.pem"; own certificate first, then the intermediates',
        "tls.sni-malformed": 'i.host = "NAME"; without scheme, path, space or trailing dot',
        "tls.timeout-after-hello": "info.connect_timeout_secs = 20; and look on the server whether the hello arrives: a filter on the way may swallow it",
        "tls.version": "take SSL_OP_NO_TLSv1_2 and SSL_OP_NO_TLSv1_3 out of info.ssl_client_options_set; on Mbed TLS releases before 5.0 speak TLS 1.2 only: allow it on the server",
        "tls.weak-dh": 'info.client_ssl_cipher_list = "ECDHE+AESGCM";',
        "ws.1006": "lws_retry_bo_t with .secs_since_valid_ping below the idle limit on the way, given as i.retry_and_idle_policy",
        "ws.peer-silent": "lws_retry_bo_t with .secs_since_valid_ping and .secs_since_valid_hangup, given as i.retry_and_idle_policy",
        "ws.to-tls-port@server": "info.options |= LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT; or let the client use wss://",
        "tls.alpn": 'i.alpn = "http/1.1";',
        "tls.sni-unknown": 'i.host = "NAME"; the name the server serves, never lws_canonical_hostname()',
        "tls.sni-ip-literal": 'i.address = "192.0.2.7"; i.host = "NAME";',
        "tls.not-tls-http": "i.port = the TLS port; or ssl_connection = 0 if the service is meant to be plain",
        "ws.to-tls-port": "i.ssl_connection = LCCSCF_USE_SSL; (the old value 2 sends plain HTTP)",
        "ws.subprotocol": 'i.protocol = "NAME"; the name the server speaks; the scheme is none',
        "ws.extension": "info.extensions = NULL;",
        "http.404": 'i.path = "/ws"; with its leading slash',
        "http.200-not-upgrade": 'i.path = "/ws"; with its leading slash; let a reverse proxy pass Upgrade and Connection on',
        "http.origin": 'i.origin = "NAME";',
        "http.auth-required": "add the Authorization header with lws_add_http_header_by_name() in LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER",
        "proxy.auth": 'info.http_proxy_address = "USER:PASSWORD@proxy"; info.http_proxy_port = 3128;',
    },
)
