"""Endpoints that fail above TLS: in HTTP and in the WebSocket upgrade. The last few work."""

from __future__ import annotations

from tests.faulty_endpoints.endpoint import HERE, Endpoint, clear, secured, showing
from tests.peers.listener import Talk
from tests.peers.scripts import (
    answers,
    by_line,
    ends_after_request,
    silent_after_request,
    status,
    upgrades,
)

SETTINGS = bytes.fromhex("000000040000000000")
SOON = ("--timeout", "0.4")
OPEN = upgrades()


def http(name: str, cause: str, talk: Talk, **more) -> Endpoint:
    return Endpoint(name, cause, secured(talk), **more)


FORBIDDEN = status(403, "Forbidden")

ENDPOINTS = (
    http("misdirected", "http.misdirected-421", status(421, "Misdirected Request")),
    http("http2", "http.is-h2", answers(SETTINGS)),
    http("no-answer", "http.timeout", silent_after_request, flags=SOON),
    http("ends-after-request", "http.eof", ends_after_request),
    http("no-http", "http.garbage", answers(b"\x01\x02 this is no http\r\n\r\n")),
    http("two-lengths", "http.garbage", answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy")),
    http("web-page", "http.200-not-upgrade", status(200, "OK", "Content-Type: text/html", body=b"<html>hello</html>")),
    http("moved", "http.redirect", status(301, "Moved Permanently", "Location: https://c.example.net/ws")),
    http("found", "http.redirect", status(302, "Found", "Location: /elsewhere")),
    http("bad-request", "http.400", status(400, "Bad Request", body=b"no upgrade header")),
    http("wants-a-token", "http.auth-required", status(401, "Unauthorized", "WWW-Authenticate: Bearer realm=x")),
    http("forbidden", "http.403", status(403, "Forbidden", body=b"go away")),
    http("origin-said", "http.origin", status(403, "Forbidden", body=b"origin not allowed")),
    http("origin-unsaid", "http.origin", by_line(b"origin: https://b.example.net", OPEN, FORBIDDEN), needs_experiment=True),
    http("no-such-path", "http.404", status(404, "Not Found")),
    http("no-such-site", "http.host-header", status(404, "Not Found", body=b"no such virtual host")),
    http("no-such-host", "http.host-header", by_line(b"host: b.example.net", OPEN, status(404, "Not Found")), flags=("-H", "Host: c.example.net"), needs_experiment=True),
    http("version-7", "http.426-version", status(426, "Upgrade Required", "Sec-WebSocket-Version: 7")),
    http("too-many", "http.429", status(429, "Too Many Requests", "Retry-After: 30")),
    http("backend-down", "http.502", status(502, "Bad Gateway", "Server: nginx")),
    http("overloaded", "http.503", status(503, "Service Unavailable", "Retry-After: 120")),
    http("broken-inside", "http.unexpected-status", status(500, "Internal Server Error")),
    http("wrong-accept", "ws.bad-accept", upgrades(accept=b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    http("no-accept", "ws.bad-accept", upgrades(drop="Sec-WebSocket-Accept")),
    http("no-upgrade-header", "ws.upgrade-headers", upgrades(drop="Upgrade")),
    http("no-connection-header", "ws.upgrade-headers", upgrades(drop="Connection")),
    http("unasked-subprotocol", "ws.subprotocol", upgrades(extra=(b"Sec-WebSocket-Protocol: evil",))),
    http("unasked-extension", "ws.extension", upgrades(extra=(b"Sec-WebSocket-Extensions: x-frames",))),
    Endpoint("clear-forbidden", "http.403", clear(status(403, "Forbidden")), scheme="ws"),
    # These work, and nothing may be said of them.
    http("works", "", OPEN),
    Endpoint("works-in-clear", "", clear(OPEN), scheme="ws"),
    Endpoint("works-by-address", "", showing(lambda all_: all_.issued(HERE), OPEN), host=HERE, address=None),
)  # fmt: skip
