"""Recognise Chromium's net errors, as in Chrome, Edge, Electron and Android's WebView."""

from __future__ import annotations

import re

from wssure.tools.explain.model import Library, rule

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="Chromium",
    mark=re.compile(
        r"net::ERR_|net_error -\d+|WebSocket connection to 'wss?:|WebSocket opening handshake|\bERR_(?:CERT|SSL|CONNECTION|NAME|PROXY|TUNNEL)_|during WebSocket handshake|frameError|^JS: (?:still|close)"
    ),
    only_marked=True,
    rules=(
        # The numbers of net/base/net_error_list.h, as in the logs of Electron and Chrome.
        rule(r"net_error -100\b", "eof-handshake"),
        rule(r"net_error -101\b", "reset"),
        rule(r"net_error -102\b", "refused"),
        rule(r"net_error -105\b", "no-such-name"),
        rule(r"net_error -(?:109|106)\b", "unreachable"),
        rule(r"net_error -(?:118|7)\b", "timeout"),
        rule(r"net_error -107\b", "chromium-protocol"),
        rule(r"net_error -110\b", "no-client-cert"),
        rule(r"net_error -113\b", "version-or-cipher"),
        rule(r"net_error -159\b", "alert-112"),
        rule(r"net_error -200\b", "hostname"),
        rule(r"net_error -201\b", "date"),
        rule(r"net_error -202\b", "unknown-issuer"),
        rule(r"net_error -206\b", "revoked"),
        rule(r"ERR_NAME_NOT_RESOLVED", "no-such-name"),
        rule(r"ERR_CONNECTION_REFUSED", "refused"),
        rule(r"ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED", "unreachable"),
        rule(r"ERR_CONNECTION_TIMED_OUT|ERR_TIMED_OUT", "timeout"),
        rule(r"ERR_CONNECTION_RESET", "reset"),
        rule(r"ERR_CONNECTION_CLOSED", "eof-handshake"),
        rule(r"ERR_EMPTY_RESPONSE|closed before receiving a handshake response", "http-eof"),
        rule(r"ERR_SSL_UNRECOGNIZED_NAME_ALERT", "alert-112"),
        rule(r"ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "version-or-cipher"),
        rule(r"ERR_SSL_PROTOCOL_ERROR", "chromium-protocol"),
        rule(r"ERR_BAD_SSL_CLIENT_AUTH_CERT", "client-cert-refused"),
        rule(r"ERR_SSL_CLIENT_AUTH_CERT_NEEDED", "no-client-cert"),
        rule(r"ERR_CERT_DATE_INVALID", "date"),
        rule(r"ERR_CERT_AUTHORITY_INVALID", "unknown-issuer"),
        rule(r"ERR_CERT_COMMON_NAME_INVALID", "hostname"),
        rule(r"ERR_CERT_REVOKED", "revoked"),
        rule(r"ERR_CERT_WEAK_SIGNATURE_ALGORITHM", "weak-signature"),
        rule(r"ERR_CERT_WEAK_KEY", "weak-key"),
        rule(r"ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN", "pin"),
        rule(r"ERR_CERT_INVALID", "bad-certificate-other"),
        rule(r"ERR_TUNNEL_CONNECTION_FAILED", "proxy-failed"),
        rule(r"ERR_PROXY_AUTH_REQUESTED", "proxy-407"),
        rule(r"HTTP Authentication failed; no valid credentials", "http-401"),
        rule(r"Unexpected response code: (\d{3})", "http-{1}"),
        rule(r"Incorrect 'Sec-WebSocket-Accept'", "bad-accept"),
        rule(r"'(?:Upgrade|Connection)' header is missing|'(?:Upgrade|Connection)' header value", "upgrade-headers"),
        rule(r"Sec-WebSocket-Protocol", "subprotocol"),
        rule(r"unsupported extension", "extension"),
        rule(r"ERR_INVALID_HTTP_RESPONSE", "http-garbage"),
        rule(r"opening handshake was canceled", "canceled"),
        rule(r"opening handshake timed out", "opening-timeout"),
        rule(r"Could not decode a text frame as UTF-8", "ws-utf8"),
        rule(
            r"must not mask any frames|reserved bits are on|Invalid frame header|Unrecognized frame opcode",
            "ws-protocol",
        ),
        rule(r"JS: still connecting", "timeout"),
        rule(r"JS: close (\d{4})", "close-{1}"),
    ),
    fixes={
        "cert.untrusted-root": "import the CA's certificate, from its owner, into the system's or browser's store",
        "tls.client-cert-required": "import a client certificate that the server accepts into the system's store",
        "cert.self-signed": "import the server's certificate, from its owner, into the system's store: a page cannot accept it for a wss:// connection",
        "cert.expired": "set this machine's clock; if it is right, renew the server's certificate",
        "cert.not-yet-valid": "set this machine's clock",
        "cert.hostname": 'new WebSocket("wss://NAME/") with the name the service is known by, not its address',
        "http.auth-required": "put a short-lived token into the URL's query or the first message: a page cannot set headers of a WebSocket",
        "tls.not-tls-http": 'new WebSocket("ws://NAME:PORT/") if the service is meant to be plain, which an https page may not open; else serve TLS on that port',
        "ws.subprotocol": 'new WebSocket(url, ["NAME"])',
        "ws.1006": "reconnect in onclose; let server or page send something more often than the idle limit on the way",
        "http.origin": "let the server allow the page's Origin",
    },
)
