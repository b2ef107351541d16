"""Faults of the upgrade and of the open WebSocket, provoked for real over TLS on every backend."""

from __future__ import annotations

import pytest
from tests.causes.conftest import NAME
from tests.causes.live import LIMITS, explained, works
from tests.peers import scripts
from tests.peers.listener import listening
from tests.peers.scripts import close_frame, frame, status, upgrades

from wssure import TLSSettings
from wssure.tools.cli.main import guarded

HERE = "127.0.0.1"
UPGRADE = [
    ("http.misdirected-421", status(421, "Misdirected Request")),
    ("http.is-h2", scripts.answers(bytes.fromhex("000000040000000000"))),
    ("http.timeout", scripts.silent_after_request),
    ("http.eof", scripts.ends_after_request),
    ("http.garbage", scripts.answers(b"\x01\x02 this is no http\r\n\r\n")),
    ("http.head-too-large", upgrades(extra=(b"Set-Cookie: a=" + b"x" * 9000,))),
    ("http.200-not-upgrade", status(200, "OK", body=b"hello")),
    ("http.redirect", status(302, "Found", "Location: https://c.example.net/ws")),
    ("http.400", status(400, "Bad Request", body=b"no upgrade header")),
    ("http.auth-required", status(401, "Unauthorized", "WWW-Authenticate: Bearer realm=x")),
    ("http.origin", status(403, "Forbidden", body=b"origin not allowed")),
    ("http.403", status(403, "Forbidden", body=b"go away")),
    ("http.host-header", status(404, "Not Found", body=b"no such virtual host")),
    ("http.404", status(404, "Not Found")),
    ("http.426-version", status(426, "Upgrade Required", "Sec-WebSocket-Version: 7")),
    ("http.429", status(429, "Too Many Requests", "Retry-After: 30")),
    ("http.502", status(502, "Bad Gateway", "Server: nginx")),
    ("http.502", status(521, "Web Server Is Down", "Server: cloudflare")),
    ("http.captive-portal", status(511, "Network Authentication Required")),
    ("http.503", status(503, "Service Unavailable")),
    ("http.unexpected-status", status(500, "Internal Server Error")),
    ("ws.bad-accept", upgrades(accept=b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    ("ws.bad-accept", upgrades(drop="Sec-WebSocket-Accept")),
    ("ws.upgrade-headers", upgrades(drop="Upgrade")),
    ("ws.upgrade-headers", upgrades(drop="Connection")),
    ("ws.subprotocol", upgrades(extra=(b"Sec-WebSocket-Protocol: evil",))),
    ("ws.extension", upgrades(extra=(b"Sec-WebSocket-Extensions: x-frames",))),
]
OPEN = [
    ("ws.close-code", upgrades(then=close_frame(1008, "token expired"))),
    ("ws.close-code", upgrades(then=close_frame(1011, "backend down"))),
    ("ws.1006", upgrades(keep=False)),
    ("ws.protocol-error", upgrades(then=frame(0xC1, b"x"), extra=())),
    ("ws.protocol-error", upgrades(then=b"\x81\x81\x00\x00\x00\x00x")),
    ("ws.protocol-error", upgrades(then=b"HTTP/1.1 502 Bad Gateway\r\n\r\n")),
    ("ws.invalid-utf8", upgrades(then=frame(0x81, b"\xff\xfe\xc3"))),
]


def ids(cases):
    return [f"{index}-{case[0]}" for index, case in enumerate(cases)]


@pytest.fixture
def arguments(backend, ca_pem):
    return {
        "address": HERE,
        "backend": backend,
        "tls": TLSSettings(ca=ca_pem),
        "timeouts": {"upgrade": LIMITS["upgrade"]},
    }


@pytest.mark.parametrize(("cause", "talk"), UPGRADE, ids=ids(UPGRADE))
def test_each_fault_of_the_upgrade_is_named(arguments, serving, cause, talk):
    with listening(scripts.over_tls(serving(), talk)) as port:
        failure = explained(f"wss://{NAME}:{port}/ws", **arguments)
    assert failure.cause == cause
    assert failure.stage == "upgrade"
    assert "certificate" not in failure.summary + failure.fix


@pytest.mark.parametrize(("cause", "talk"), OPEN, ids=ids(OPEN))
def test_each_end_of_an_open_connection_is_named(arguments, serving, cause, talk):
    with listening(scripts.over_tls(serving(), talk)) as port:
        failure = explained(f"wss://{NAME}:{port}/ws", receive=True, close_timeout=0.5, **arguments)
    assert failure.cause == cause
    assert failure.stage == "open"


@pytest.mark.parametrize("compression", ["deflate", None])
def test_an_http_answer_after_the_upgrade_is_quoted(arguments, serving, compression):
    extra = (b"Sec-WebSocket-Extensions: permessage-deflate",) if compression else ()
    talk = upgrades(then=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", extra=extra)
    with listening(scripts.over_tls(serving(), talk)) as port:
        url = f"wss://{NAME}:{port}/ws"
        failure = explained(url, receive=True, close_timeout=0.5, compression=compression, **arguments)
    assert failure.cause == "ws.protocol-error"
    assert "HTTP/1.1 502 Bad Gateway" in failure.summary
    assert "proxy" in failure.fix


def test_plain_ws_to_a_tls_port_and_its_fix(arguments, serving, ca_pem):
    with listening(scripts.over_tls(serving(), upgrades())) as port:
        failure = explained(f"ws://{NAME}:{port}/", address=HERE)
        assert failure.cause in ("ws.to-tls-port", "http.eof")
        assert "ws.to-tls-port" in [failure.cause, *(one.cause for one in failure.alternatives)]
        assert works(f"wss://{NAME}:{port}/", **arguments)


def test_plain_ws_answered_by_a_tls_alert():
    with listening(scripts.answers(bytes((21, 3, 3, 0, 2, 2, 10)))) as port:
        failure = explained(f"ws://{NAME}:{port}/", address=HERE)
    assert failure.cause == "ws.to-tls-port"
    assert f"wss://{NAME}:{port}/" in failure.fix


def test_plain_ws_answered_by_nginx_words():
    body = b"<html>400 The plain HTTP request was sent to HTTPS port</html>"
    with listening(status(400, "Bad Request", "Server: nginx", body=body)) as port:
        failure = explained(f"ws://{NAME}:{port}/", address=HERE)
    assert failure.cause == "ws.to-tls-port"


def test_a_redirect_shows_where_to_without_its_secrets(arguments, serving):
    talk = status(302, "Found", "Location: https://user:s3cret@c.example.net/ws?token=s3cret")
    with listening(scripts.over_tls(serving(), talk)) as port:
        failure = explained(f"wss://{NAME}:{port}/", **arguments)
    assert "wss://c.example.net/ws" in failure.fix
    assert "s3cret" not in failure.summary + failure.fix


def test_first_bytes_are_escaped_once(capsys):
    with listening(scripts.answers(b"SSH-2.0\r\n")) as port:
        guarded(["check", f"ws://127.0.0.1:{port}/", "--proxy", "none"])
    out = capsys.readouterr().out
    assert "SSH-2.0\\r\\n" in out
    assert "\\\\r" not in out
