"""From what went wrong to the exception: the class fits the step, and the original error stays within reach."""

from __future__ import annotations

import asyncio
import errno
import pickle
import socket

import pytest
from tests.aio.serving import Loopback, hold, tcp_server

from wssure import (
    CertificateFailed,
    ConnectFailed,
    ConnectionClosedError,
    ConnectionClosedOK,
    DialRefused,
    InvalidStatus,
    ProtocolViolation,
    Stage,
    TLSFailed,
    TLSTimedOut,
    UpgradeFailed,
    UpgradeTimedOut,
    WebSocket,
)

pytestmark = pytest.mark.matrix


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"SSH-2.0-server\r\n")
    await reader.read()
    writer.close()


async def forbidding(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    writer.close()


async def failed(loopback: Loopback, port: int, **options: object) -> ConnectFailed:
    """Connect, and return what was raised; what every such exception promises is checked here."""
    with pytest.raises(ConnectFailed) as caught:
        await loopback.connect(port, **options)
    error = caught.value
    assert error.failure is not None
    assert str(error) == f"{error.failure.cause}: {error.failure.summary}"
    assert "\n" not in str(error)
    assert pickle.loads(pickle.dumps(error)).failure == error.failure
    assert error.__cause__ is not None, "raised from the original"
    assert error.phases[-1].ok is False
    return error


@pytest.fixture
def refusing_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]  # Bound and not listening: no other program gets it, and it refuses.


async def test_a_port_that_refuses(loopback: Loopback, refusing_port: int):
    error = await failed(loopback, refusing_port)
    assert type(error) is DialRefused
    assert isinstance(error, ConnectionRefusedError)
    assert error.errno == error.__cause__.errno == errno.ECONNREFUSED
    assert error.failure.stage is Stage.DIAL


async def test_a_peer_that_is_silent_during_tls(secure: Loopback):
    async with tcp_server(silent) as port:
        error = await failed(secure, port, timeouts={"tls": 0.05})
    assert type(error) is TLSTimedOut
    assert isinstance(error, TimeoutError)
    assert isinstance(error, TLSFailed)


async def test_a_peer_that_is_silent_during_the_upgrade(plain: Loopback):
    async with tcp_server(silent) as port:
        error = await failed(plain, port, timeouts={"upgrade": 0.05})
    assert type(error) is UpgradeTimedOut
    assert isinstance(error, TimeoutError)
    assert isinstance(error, UpgradeFailed)


async def test_a_peer_that_does_not_speak_tls(secure: Loopback):
    async with tcp_server(garbage) as port:
        error = await failed(secure, port)
    assert type(error) is TLSFailed
    assert error.failure.stage is Stage.TLS


async def test_a_certificate_that_does_not_prove_the_name(secure: Loopback, site_pem):
    async with Loopback(secure.backend, site_pem("b.example"), secure.ca_pem).server(hold) as server:
        error = await failed(secure, server.port)
    assert type(error) is CertificateFailed
    assert isinstance(error, TLSFailed)


async def test_an_answer_with_another_status(plain: Loopback):
    async with tcp_server(forbidding) as port:
        error = await failed(plain, port)
    assert type(error) is InvalidStatus
    assert (error.response.status, error.response.body) == (403, b"no")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1000, ConnectionClosedOK),
        (1001, ConnectionClosedOK),
        (1011, ConnectionClosedError),
        (4000, ConnectionClosedError),
    ],
)
async def test_a_close_is_an_error_unless_its_code_is_normal(loopback: Loopback, code: int, kind: type[Exception]):
    async def handler(ws: WebSocket) -> None:
        await ws.close(code, "why")

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        with pytest.raises(kind) as caught:
            await ws.recv()
        assert type(caught.value) is kind
        assert (caught.value.failure is None) == (kind is ConnectionClosedOK)
        assert caught.value.rcvd.code == caught.value.sent.code == code
        assert caught.value.rcvd_then_sent is True


async def test_one_end_has_one_explanation_however_often_it_is_asked_for(loopback: Loopback):
    async def handler(ws: WebSocket) -> None:
        ws.abort()

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        with pytest.raises(ConnectionClosedError) as first:
            await ws.recv()
        with pytest.raises(ConnectionClosedError) as again:
            await ws.recv()
        with pytest.raises(ConnectionClosedError) as sending:
            await ws.send("late")
        assert first.value.failure == again.value.failure == sending.value.failure
        assert not isinstance(first.value.__cause__, ProtocolViolation)
