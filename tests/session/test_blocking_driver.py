"""A session needs no event loop: a driver of blocking calls connects over TLS, sends, receives, pings and closes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.aio.serving import NAME, Loopback, echo
from tests.backends import EXPECTED
from tests.session.driver import BlockingClient

from wssure import ConnectFailed, Headers, Response, TLSSettings, connect
from wssure.evidence import Stage
from wssure.facts import AlertSeen, Fact
from wssure.protocol.exchange import Refused
from wssure.protocol.state import Ending, State
from wssure.tls.contract import EngineFailed

pytestmark = pytest.mark.matrix


@contextmanager
def serving(loopback: Loopback, handler: Any = echo, **options: Any) -> Iterator[int]:
    """Serve in a thread of its own; gives the port."""
    ready, stop = threading.Event(), threading.Event()
    ports: list[int] = []

    async def run() -> None:
        async with loopback.server(handler, compression=None, **options) as server:
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
    client = BlockingClient(f"wss://{NAME}:{port}/", port, loopback.ca_pem, loopback.backend)
    client.connect()
    return client


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


def kinds(facts: Iterable[Fact]) -> list[str]:
    """The kinds in order, without the server's close_notify: it may come with the answer or behind it."""
    return [fact.kind for fact in facts if not (isinstance(fact, AlertSeen) and fact.number == 0)]


@pytest.mark.parametrize("wrong", ["name", "answer"])
def test_a_blocking_client_notes_of_a_failed_opening_what_asyncio_notes(secure: Loopback, wrong: str):
    host = "other.example" if wrong == "name" else NAME
    with serving(secure, process_request=lambda *_: Response(403, "", "HTTP/1.1", Headers())) as port:
        assert secure.backend is not None
        client = BlockingClient(f"wss://{host}:{port}/", port, secure.ca_pem, secure.backend)
        with pytest.raises((EngineFailed, Refused)) as caught:
            client.connect()

        async def connecting() -> ConnectFailed:
            with pytest.raises(ConnectFailed) as failed:
                await connect(
                    f"wss://{host}:{port}/",
                    address="127.0.0.1",
                    backend=secure.backend,
                    tls=TLSSettings(ca=secure.ca_pem),
                    compression=None,
                )
            return failed.value

        failure = asyncio.run(connecting()).failure
    assert client.stage is failure.stage is (Stage.TLS if wrong == "name" else Stage.UPGRADE)
    assert isinstance(caught.value, EngineFailed if wrong == "name" else Refused)
    there = [kind for kind in kinds(failure.facts) if not kind.startswith("endpoint.")]
    assert kinds(client.recorder.facts()) == there
