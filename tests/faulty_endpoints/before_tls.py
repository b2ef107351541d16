"""Endpoints that fail before TLS begins, or that speak something else than TLS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.faulty_endpoints.endpoint import Endpoint, Material, clear, secured
from tests.peers import scripts
from tests.peers.listener import full_backlog, refusing, wait_for_end

# MySQL's protocol version 10 greeting: length, sequence number, 10, version text.
MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(66)
NGINX = b"<html>400 The plain HTTP request was sent to HTTPS port</html>"


@contextlib.contextmanager
def nowhere(material: Material) -> Iterator[int]:
    """Start nothing: the fault is in where one is told to go."""
    yield 443


def greets(data: bytes):
    """Speak first, as most protocols do."""

    def talk(connection) -> None:
        connection.sendall(data)
        wait_for_end(connection)

    return clear(talk)


SOON = ("--timeout", "0.4")

ENDPOINTS = (
    Endpoint("nobody-listens", "tcp.refused", lambda material: refusing()),
    Endpoint("full-backlog", "tcp.timeout", lambda material: full_backlog(), flags=SOON),
    # connect(2) has no way to a multicast address, on any machine.
    Endpoint("no-route", "tcp.unreachable", nowhere, address="224.0.0.1"),
    Endpoint("url-as-address", "dns.url-as-name", nowhere, address="wss://b.example.net/"),
    Endpoint(
        "http-on-the-tls-port", "tls.not-tls-http", clear(scripts.says_after_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    ),
    Endpoint("page-on-the-tls-port", "tls.not-tls-http", clear(scripts.says_after_hello(b"<html>bad request</html>"))),
    Endpoint("ssh", "tls.not-tls-other", greets(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
    Endpoint("smtp", "tls.not-tls-other", greets(b"220 mail.example.net ESMTP Postfix\r\n")),
    Endpoint("mysql", "tls.not-tls-other", greets(MYSQL)),
    Endpoint("rubbish", "tls.not-tls-other", clear(scripts.says_after_hello(b"\x00\xff\x00\xff" * 16))),
    Endpoint("ws-to-alert", "ws.to-tls-port", clear(scripts.answers(bytes((21, 3, 3, 0, 2, 2, 10)))), scheme="ws"),
    Endpoint("ws-to-nginx", "ws.to-tls-port", clear(scripts.status(400, "Bad Request", body=NGINX)), scheme="ws"),
    Endpoint("ws-to-silent-tls", "ws.to-tls-port", secured(scripts.upgrades()), scheme="ws", needs_experiment=True),
)
