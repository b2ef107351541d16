"""Handshakes that fail on a wssure server: its log explains them from the server's side, on every backend."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl

import pytest
from tests.causes.conftest import NAME
from tests.peers.foreign import hello_for, with_group
from tests.peers.listener import PATIENCE_S

from wssure import Site, TLSSettings, serve
from wssure.evidence import Fault
from wssure.tls.backends import backend as backend_of
from wssure.tls.connection import MAX_HELLO_BYTES
from wssure.wire.hello import find_client_hello
from wssure.wire.hello_encode import encode_client_hello, pad_hello, records

HERE = "127.0.0.1"


def asks(*lines: str) -> str:
    """Return the request for a WebSocket with these lines."""
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    return "\r\n".join(("GET / HTTP/1.1", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *lines, "", ""))


async def _quiet(ws) -> None:
    await ws.wait_closed()


def clear(port: int) -> None:
    with socket.create_connection((HERE, port), timeout=PATIENCE_S) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1000)


def secure(
    port: int, name: str | None, *, versions: tuple[ssl.TLSVersion, ...] = (), ca: bytes = b"", says: bytes = b""
) -> None:
    """Handshake as an ordinary client, and say this; what it says of a refusal is not the matter here."""
    context = ssl.create_default_context(cadata=ca.decode() or None)
    context.check_hostname = False
    if versions:
        context.minimum_version, context.maximum_version = versions
    with (
        contextlib.suppress(OSError),
        socket.create_connection((HERE, port), timeout=PATIENCE_S) as client,
        context.wrap_socket(client, server_hostname=name) as wrapped,
    ):
        wrapped.sendall(says)
        wrapped.recv(1000)


def raw(port: int, flight: bytes) -> None:
    """Send these bytes and read until the server ends."""
    with socket.create_connection((HERE, port), timeout=PATIENCE_S) as client:
        client.sendall(flight)
        while client.recv(1000):
            pass


def logged(caplog, site, backend, act, arguments) -> list:
    async def run() -> None:
        options = {"strict_sni": True, **arguments}
        async with serve(_quiet, HERE, sites=[site], backend=backend, **options) as server:
            await asyncio.to_thread(act, server.port)

    with caplog.at_level(logging.INFO, logger="wssure.server"):
        asyncio.run(run())
    return [record.failure for record in caplog.records if hasattr(record, "failure")]


def large_hello() -> bytes:
    """Return a good ClientHello that is larger than a server reads."""
    hello = find_client_hello(hello_for(NAME.encode()))
    assert hello is not None
    return pad_hello(encode_client_hello(hello), MAX_HELLO_BYTES + 1)


CASES = [
    ("ws.to-tls-port", clear),
    ("tls.sni-missing", lambda port: secure(port, None)),
    ("tls.sni-unknown", lambda port: secure(port, "zzz.example.net")),
    ("tls.peer-rejected-our-cert", lambda port: secure(port, NAME)),
    ("tls.no-common-group", lambda port: raw(port, with_group(hello_for(NAME.encode()), 0x001B))),
    ("tls.handshake-too-large", lambda port: raw(port, records(large_hello(), 2**14, 2**15))),
    ("tls.version", lambda port: secure(port, NAME, versions=(ssl.TLSVersion.TLSv1_2,) * 2)),
]


@pytest.mark.parametrize(("cause", "act"), CASES, ids=[case[0] for case in CASES])
def test_a_server_says_why_a_client_did_not_come_in(backend, site_pem, caplog, cause, act):
    arguments = {"tls": TLSSettings(min_version="TLSv1.3")} if cause == "tls.version" else {}
    if arguments and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3")
    failures = logged(caplog, Site((NAME,), site_pem(NAME)), backend, act, arguments)
    assert [failure.cause for failure in failures] == [cause]
    assert failures[0].stage == "tls"
    assert failures[0].fault in (Fault.PEER, Fault.UNKNOWN)


def test_a_client_without_the_certificate_that_a_site_demands(backend, site_pem, ca_pem, caplog):
    site = Site((NAME,), site_pem(NAME), client_ca=ca_pem)
    failures = logged(caplog, site, backend, lambda port: secure(port, NAME, ca=ca_pem), {})
    assert [failure.cause for failure in failures] == ["tls.client-cert-required"]
