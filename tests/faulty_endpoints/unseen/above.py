"""Unseen endpoints that fail above TLS: in proxies, in HTTP, in the upgrade, and in the first frames after it."""

from __future__ import annotations

import contextlib
import socket

from tests.faulty_endpoints.endpoint import clear, secured
from tests.faulty_endpoints.proxies import proxy
from tests.faulty_endpoints.unseen.entry import Unseen, unseen
from tests.peers.listener import Talk, wait_for_end
from tests.peers.scripts import client_frame, close_frame, frame, status, upgrades

HTML = "Content-Type: text/html"
BLOCKED = b"<html><h1>Access to this site is blocked by the policy of your company</h1></html>"
LOGIN = b'<html><a href="http://login.hotel.example/">log in to use the network</a></html>'
STRIPPED = b"Bad Request\nwebsocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header\n"
NO_HEADER = b"Failed to open a WebSocket connection: missing Connection header.\n\nYou need a WebSocket client.\n"
CHALLENGE = b"<html><title>Just a moment...</title>Enable JavaScript and cookies to continue</html>"
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=20"
GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# RFC 6455 section 5.2: 64 bits of length follow 127.
THREE_GIBIBYTES = b"\x82\x7f" + (3 << 30).to_bytes(8, "big")


def opens_then(data: bytes) -> Talk:
    """Upgrade, send this, and close once the other end sent its Close or ended."""
    opens = upgrades(then=data, keep=False)

    def talk(connection: socket.socket) -> None:
        opens(connection)
        seen = b""
        with contextlib.suppress(OSError):
            while more := connection.recv(65536):
                seen += more
                while found := client_frame(seen):
                    first, _, seen = found
                    if first == 0x88:
                        return

    return talk


def opens_then_silent(connection: socket.socket) -> None:
    upgrades(keep=False)(connection)
    wait_for_end(connection)


def masked(first: int, payload: bytes, key: bytes = b"\x01\x02\x03\x04") -> bytes:
    hidden = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return bytes((first, 0x80 | len(payload))) + key + hidden


def over(name: str, source: str, truth: str, talk: Talk, **more) -> Unseen:
    return unseen(name, source, truth, secured(talk), **more)


UNSEEN = (
    unseen(
        "proxy-answers-with-a-page",
        "RFC 9110 section 9.3.6: after a 2xx answer to CONNECT the tunnel begins",
        "The proxy does not open a tunnel: it answers CONNECT by a 200 with its own block page.",
        proxy(status(200, "OK", HTML, body=BLOCKED)),
        proxied=True,
    ),
    unseen(
        "captive-portal-511",
        "RFC 6585 section 6 (511 Network Authentication Required)",
        "A captive portal intercepts the connection and wants a login to the network first.",
        clear(status(511, "Network Authentication Required", HTML, body=LOGIN)),
        scheme="ws",
    ),
    unseen(
        "ws-redirected-to-https",
        "RFC 6797 section 7.2 (an insecure request is redirected to HTTPS)",
        "The server redirects to HTTPS on the same name: it wants TLS, so the URL has to be wss://.",
        clear(status(301, "Moved Permanently", "Location: https://b.example.net/ws")),
        scheme="ws",
    ),
    over(
        "upgrade-token-stripped",
        "https://github.com/gorilla/websocket/issues/507",
        "A reverse proxy does not forward the Upgrade and Connection headers, so the application sees a plain request.",
        status(400, "Bad Request", "Server: nginx", "Sec-Websocket-Version: 13", body=STRIPPED),
    ),
    over(
        "upgrade-header-stripped",
        "https://github.com/g0ldyy/comet/pull/581, RFC 9110 section 15.5.22",
        "A reverse proxy does not forward the Upgrade and Connection headers, so the server asks for an upgrade.",
        status(426, "Upgrade Required", "Upgrade: websocket", "Content-Type: text/plain", body=NO_HEADER),
    ),
    over(
        "http-1.0-upgrade",
        "https://github.com/snapview/tokio-tungstenite/issues/268, RFC 9110 section 7.8",
        "The answer is HTTP/1.0, which has no upgrade: a proxy or server on the way does not speak HTTP/1.1.",
        upgrades(version=b"HTTP/1.0"),
    ),
    over(
        "deflate-window-of-20",
        "https://github.com/oven-sh/bun/pull/32825, RFC 7692 section 7.1.2.1",
        "The server accepts permessage-deflate with an invalid parameter (a window of 20 bits).",
        upgrades(extra=(DEFLATE,)),
    ),
    over(
        "bot-challenge",
        "https://github.com/anthropics/claude-code/issues/34094",
        "The bot protection of a CDN refuses the request with 403 and a challenge that only a browser can solve.",
        status(403, "Forbidden", "Server: cloudflare", "cf-mitigated: challenge", HTML, body=CHALLENGE),
    ),
    over(
        "closes-1008",
        "https://github.com/igrigorik/em-websocket/issues/98, RFC 6455 section 7.4.1",
        "The server accepts the upgrade and closes at once with 1008: its policy or login refuses this client.",
        opens_then(close_frame(1008, "token expired")),
    ),
    over(
        "closes-1013",
        "https://www.iana.org/assignments/websocket/websocket.xhtml (1013, Try Again Later)",
        "The server is overloaded: it accepts the upgrade and closes at once with 1013, try again later.",
        opens_then(close_frame(1013, "too many connections")),
    ),
    over(
        "closes-4401",
        "RFC 6455 section 7.4.2 (4000-4999 are the application's)",
        "The application closes at once with its own code 4401: it does not accept the missing or wrong login.",
        opens_then(close_frame(4401, "Unauthorized")),
    ),
    over(
        "masks-its-frames",
        "https://github.com/denoland/std/issues/614, RFC 6455 section 5.1",
        "The server masks its frames, which only a client may do.",
        opens_then(masked(0x81, b"hello")),
    ),
    over(
        "compresses-unasked",
        "https://github.com/websockets/ws/issues/1140, RFC 6455 section 5.2",
        "The server sets RSV1 (a compressed message) although no compression was negotiated.",
        opens_then(frame(0xC1, b"\xca\x48\xcd\xc9\xc9\x07\x00")),
    ),
    over(
        "text-in-latin-1",
        "RFC 6455 sections 5.6 and 8.1",
        "The server sends a text message that is not UTF-8.",
        opens_then(frame(0x81, "café".encode("latin-1"))),
    ),
    over(
        "message-of-three-gibibytes",
        "RFC 6455 section 7.4.1 (1009), https://websockets.readthedocs.io/en/stable/topics/memory.html",
        "The server's first message is larger than the limit of the client.",
        opens_then(THREE_GIBIBYTES + bytes(1000)),
    ),
    over(
        "silent-after-upgrade",
        "RFC 6455 section 5.5.2: a Ping is answered by a Pong",
        "The upgrade succeeds, and then nothing is answered, not even a ping: nobody serves the connection behind the proxy.",
        opens_then_silent,
        flags=("--pong-timeout", "0.4"),
    ),
    over(
        "http-after-the-upgrade",
        "https://github.com/http-party/node-http-proxy (an error is written into the upgraded socket)",
        "A proxy writes an HTTP answer (502) into the connection after the upgrade: these are no WebSocket frames.",
        opens_then(GATEWAY),
    ),
)
