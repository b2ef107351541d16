"""A session needs no event loop: a driver of blocking calls connects over TLS, sends, receives, pings and closes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.aio.serving import NAME, Loopback, echo
from tests.backends import EXPECTED
from tests.session.driver import BlockingClient

from wssure.protocol.state import Ending, State

pytestmark = pytest.mark.matrix


@contextmanager
def serving(loopback: Loopback, handler: Any = echo) -> Iterator[int]:
    """Serve in a thread of its own; gives the port."""
    ready, stop = threading.Event(), threading.Event()
    ports: list[int] = []

    async def run() -> None:
        async with loopback.server(handler, compression=None) as server:
            ports.append(server.port)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join()


@pytest.fixture(params=EXPECTED)
def secure(request: pytest.FixtureRequest, site_pem: Callable[..., bytes], ca_pem: bytes) -> Loopback:
    return Loopback(request.param, site_pem(NAME), ca_pem)


def connected(loopback: Loopback, port: int) -> BlockingClient:
    assert loopback.backend is not None
    return BlockingClient(f"wss://{NAME}:{port}/", port, loopback.ca_pem, loopback.backend)


def test_a_session_is_driven_by_blocking_calls(secure: Loopback):
    with serving(secure) as port:
        client = connected(secure, port)
        for message in ("text", b"bytes", "", b"x" * 300_000):
            client.session.connection.send_message(message)
            assert client.recv() == message
        client.session.connection.send_ping(b"hello")
        while not client.pongs:
            assert client.pump()
        assert client.pongs == [b"hello"]
        client.session.connection.send_close(1000)
        assert client.recv() is None
        assert client.session.connection.state is State.CLOSED
        assert client.session.ending is Ending.GONE
        assert client.session.connection.close_rcvd.code == 1000
        assert client.recv() is None


def test_the_servers_close_is_answered_and_messages_before_it_are_there(secure: Loopback):
    async def handler(ws: Any) -> None:
        await ws.send(["in ", "three ", "parts"])
        await ws.close(1001, "bye")

    with serving(secure, handler) as port:
        client = connected(secure, port)
        assert client.recv() == "in three parts"
        assert client.recv() is None
        connection = client.session.connection
        assert (connection.close_rcvd.code, connection.rcvd_then_sent) == (1001, True)
        assert client.session.ending is Ending.GONE
