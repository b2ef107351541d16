"""Recognise Chromium's net errors, as in Chrome, Edge, Electron and Android's WebView."""

from __future__ import annotations

import re

from wssure.tools.explain.model import Library

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="Chromium",
    mark=re.compile(
        r"net::ERR_|net_error -\d+|WebSocket connection to 'wss?:|WebSocket opening handshake|\bERR_(?:CERT|SSL|CONNECTION|NAME|PROXY|TUNNEL)_|during WebSocket handshake|frameError|^JS: (?:still|close)"
    ),
    only_marked=True,
    texts={
        # The numbers of net/base/net_error_list.h, as in the logs of Electron and Chrome.
        r"net_error -100\b": "eof-handshake",
        r"net_error -101\b": "reset",
        r"net_error -102\b": "refused",
        r"net_error -105\b": "no-such-name",
        r"net_error -(?:109|106)\b": "unreachable",
        r"net_error -(?:118|7)\b": "timeout",
        r"net_error -107\b": "chromium-protocol",
        r"net_error -110\b": "no-client-cert",
        r"net_error -113\b": "version-or-cipher",
        r"net_error -159\b": "alert-112",
        r"net_error -200\b": "hostname",
        r"net_error -201\b": "date",
        r"net_error -202\b": "unknown-issuer",
        r"net_error -206\b": "revoked",
        r"ERR_NAME_NOT_RESOLVED": "no-such-name",
        r"ERR_CONNECTION_REFUSED": "refused",
        r"ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED": "unreachable",
        r"ERR_CONNECTION_TIMED_OUT|ERR_TIMED_OUT": "timeout",
        r"ERR_CONNECTION_RESET": "reset",
        r"ERR_CONNECTION_CLOSED": "eof-handshake",
        r"ERR_EMPTY_RESPONSE|closed before receiving a handshake response": "http-eof",
        r"ERR_SSL_UNRECOGNIZED_NAME_ALERT": "alert-112",
        r"ERR_SSL_VERSION_OR_CIPHER_MISMATCH": "version-or-cipher",
        r"ERR_SSL_PROTOCOL_ERROR": "chromium-protocol",
        r"ERR_BAD_SSL_CLIENT_AUTH_CERT": "client-cert-refused",
        r"ERR_SSL_CLIENT_AUTH_CERT_NEEDED": "no-client-cert",
        r"ERR_CERT_DATE_INVALID": "date",
        r"ERR_CERT_AUTHORITY_INVALID": "unknown-issuer",
        r"ERR_CERT_COMMON_NAME_INVALID": "hostname",
        r"ERR_CERT_REVOKED": "revoked",
        r"ERR_CERT_WEAK_SIGNATURE_ALGORITHM": "weak-signature",
        r"ERR_CERT_WEAK_KEY": "weak-key",
        r"ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN": "pin",
        r"ERR_CERT_INVALID": "bad-certificate-other",
        r"ERR_TUNNEL_CONNECTION_FAILED": "proxy-failed",
        r"ERR_PROXY_AUTH_REQUESTED": "proxy-407",
        r"HTTP Authentication failed; no valid credentials": "http-401",
        r"Unexpected response code: (\d{3})": "http-{1}",
        r"Incorrect 'Sec-WebSocket-Accept'": "bad-accept",
        r"'(?:Upgrade|Connection)' header is missing|'(?:Upgrade|Connection)' header value": "upgrade-headers",
        r"Sec-WebSocket-Protocol": "subprotocol",
        r"unsupported extension": "extension",
        r"ERR_INVALID_HTTP_RESPONSE": "http-garbage",
        r"opening handshake was canceled": "canceled",
        r"opening handshake timed out": "opening-timeout",
        r"Could not decode a text frame as UTF-8": "ws-utf8",
        r"must not mask any frames|reserved bits are on|Invalid frame header|Unrecognized frame opcode": "ws-protocol",
        r"JS: still connecting": "timeout",
        r"JS: close (\d{4})": "close-{1}",
    },
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
