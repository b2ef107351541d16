"""Python's WebSocket clients: websockets, websocket-client, aiohttp."""

from __future__ import annotations

import re

from wssure.diagnose.texts.model import Library, rule

__all__ = ["AIOHTTP", "WEBSOCKETS", "WEBSOCKET_CLIENT"]

WEBSOCKETS = Library(
    name="websockets",
    mark=re.compile(r"\bwebsockets\.|sent 1011|received 1\d{3} \("),
    rules=(
        rule(r"server rejected WebSocket connection: HTTP (\d{3})", "http-{1}"),
        rule(r"did not receive a valid HTTP response", "http-garbage"),
        rule(r"timed out (?:during|while waiting for) (?:opening )?handshake", "opening-timeout"),
        rule(r"keepalive ping timeout", "ws-pong"),
        rule(r"no close frame received or sent|no close frame received", "lost"),
        rule(r"received (1\d{3}|[34]\d{3}) \(", "close-{1}"),
        rule(r"invalid Sec-WebSocket-Accept|InvalidHeaderValue.*Accept", "bad-accept"),
        rule(r"invalid (?:Upgrade|Connection) header|missing (?:Upgrade|Connection)|InvalidUpgrade", "upgrade-headers"),
        rule(
            r"unsupported subprotocol|multiple subprotocols|no subprotocols supported|NegotiationError.*subprotocol",
            "subprotocol",
        ),
        rule(r"no extensions supported|Unsupported extension|NegotiationError", "extension"),
        rule(r"invalid Origin header|InvalidOrigin", "origin", "server"),
        rule(r"isn't a valid URI|InvalidURI", "no-such-name"),
        rule(r"ProxyError|proxy rejected connection: HTTP (\d{3})", "proxy-{1}"),
    ),
    fixes={
        "ws.loop-blocked": "move blocking work off the loop: await asyncio.to_thread(...)",
        "ws.peer-silent": "connect(..., ping_interval=20, ping_timeout=60)",
        "http.auth-required": 'connect(url, additional_headers={"Authorization": "Bearer ..."})',
        "tls.sni-missing": 'connect("wss://NAME/", host=IP): the URL names the server, host= is the TCP address',
        "cert.untrusted-root": 'connect(url, ssl=ssl.create_default_context(cafile="ca.pem"))',
    },
)
WEBSOCKET_CLIENT = Library(
    name="websocket-client",
    mark=re.compile(r"\bwebsocket\._exceptions\.|WebSocketBadStatusException|Handshake status \d{3}"),
    rules=(
        rule(r"Handshake status (\d{3})", "http-{1}"),
        rule(r"failed CONNECT via proxy status: (\d{3})", "proxy-{1}"),
        rule(r"WebSocketProxyException: Connection to remote host was lost", "proxy-eof"),
        rule(r"WebSocketProxyException: Connection timed out", "proxy-timeout"),
        rule(r"WebSocketProxyException", "proxy-failed"),
        rule(r"WebSocketAddressException", "no-such-name"),
        rule(r"Invalid redirect target", "redirect"),
        rule(r"Invalid WebSocket Header", "handshake-header"),
        rule(r"WebSocketTimeoutException", "opening-timeout"),
        rule(r"WebSocketProtocolException", "ws-protocol"),
        rule(r"WebSocketPayloadException|cannot decode: b'", "ws-utf8"),
        rule(r"Connection to remote host was lost|WebSocketConnectionClosedException", "lost"),
        rule(r"ping/pong timed out", "ws-pong"),
    ),
    fixes={
        "tls.sni-missing": 'create_connection(url, sslopt={"server_hostname": "NAME"})',
        "cert.untrusted-root": 'create_connection(url, sslopt={"ca_certs": "ca.pem"})',
        "tls.client-cert-required": 'create_connection(url, sslopt={"certfile": "client.pem", "keyfile": "client.key"})',
        "http.auth-required": 'create_connection(url, header=["Authorization: Bearer ..."])',
        "http.origin": 'create_connection(url, origin="https://NAME")',
        "proxy.auth": 'create_connection(url, http_proxy_host=..., http_proxy_auth=("user", "password"))',
    },
)
AIOHTTP = Library(
    name="aiohttp",
    mark=re.compile(r"\baiohttp\.|Cannot connect to host|WSServerHandshakeError|ClientConnector\w*Error"),
    rules=(
        rule(
            r"Cannot connect to host .*(?:Name or service not known|nodename nor servname|Domain name not found)",
            "no-such-name",
        ),
        rule(r"Cannot connect to host .*\[(?:Connect call failed|Connection refused)", "refused"),
        rule(r"Cannot connect to host .*\[None\]", "eof-handshake"),
        rule(r"WSServerHandshakeError: (\d{3})|\b(\d{3}), message='Invalid response status'", "http-{1}"),
        rule(r"Invalid challenge response", "bad-accept"),
        rule(r"Invalid upgrade header|Invalid connection header", "upgrade-headers"),
        rule(r"ServerDisconnectedError|Server disconnected", "http-eof"),
        rule(r"ClientConnectorDNSError", "no-such-name"),
        rule(r"ClientConnectorCertificateError", "verify-failed"),
        rule(r"ConnectionTimeoutError|ServerTimeoutError", "timeout"),
        rule(r"Cannot connect to host", "connect-failed"),
    ),
    fixes={
        "tls.sni-missing": 'session.ws_connect(url, server_hostname="NAME")',
        "cert.untrusted-root": 'session.ws_connect(url, ssl=ssl.create_default_context(cafile="ca.pem"))',
    },
)
