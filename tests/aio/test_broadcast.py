"""One message to many connections: each that can take it gets it whole, and none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.aio.serving import Loopback, hold, turns

from wssure import broadcast

pytestmark = pytest.mark.matrix

MESSAGES = ["text", "", "ü" * 70000, b"bytes", bytearray(b"array"), memoryview(b"view")[1:]]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: f"{type(message).__name__} {len(message)}")
async def test_every_open_connection_gets_the_message_as_it_was(loopback: Loopback, message):
    async with loopback.server(hold) as server, loopback.connect(server) as one, loopback.connect(server) as other:
        await turns(lambda: len(server.connections) == 2)
        broadcast(server.connections, message)
        expected = message if isinstance(message, str) else bytes(message)
        assert [await one.recv(), await other.recv()] == [expected] * 2


async def test_a_buffer_that_changes_afterwards_changes_no_message(loopback: Loopback):
    async with loopback.server(hold) as server, loopback.connect(server) as ws:
        await turns(lambda: server.connections)
        data = bytearray(b"before")
        broadcast(server.connections, data)
        data[:] = b"after!"
        assert await ws.recv() == b"before"


async def test_a_connection_that_closes_is_left_out(plain: Loopback):
    async with plain.server(hold) as server, plain.connect(server) as open_one, plain.connect(server) as closing:
        await turns(lambda: len(server.connections) == 2)
        connections = server.connections
        await closing.close()
        broadcast(connections, "news")
        assert await open_one.recv() == "news"


async def test_a_connection_in_the_middle_of_a_message_is_left_out_and_its_message_stays_whole(plain: Loopback):
    gate = asyncio.Event()
    under_way = asyncio.Event()

    async def pieces() -> AsyncIterator[str]:
        yield "one, "
        yield "two, "
        under_way.set()
        await gate.wait()
        yield "three"

    async def handler(ws) -> None:
        await ws.send(pieces())
        await ws.wait_closed()

    async with plain.server(handler) as server, plain.connect(server) as ws:
        await under_way.wait()
        broadcast(server.connections, "news")
        gate.set()
        assert await ws.recv() == "one, two, three"
        broadcast(server.connections, "later news")
        assert await ws.recv() == "later news"


async def test_a_peer_that_reads_nothing_delays_nobody(plain: Loopback):
    async with plain.server(hold) as server, plain.connect(server, max_queue=1) as slow, plain.connect(server) as ws:
        await turns(lambda: len(server.connections) == 2)
        for number in range(64):
            broadcast(server.connections, bytes([number]) * 65536)
            assert await ws.recv() == bytes([number]) * 65536
        assert [(await slow.recv())[0] for _ in range(64)] == list(range(64))


@pytest.mark.parametrize("message", [7, None, ["text"], {"a": 1}], ids=repr)
async def test_any_other_type_is_refused_before_a_connection_is_touched(plain: Loopback, message):
    async with plain.server(hold) as server, plain.connect(server) as ws:
        await turns(lambda: server.connections)
        with pytest.raises(TypeError, match=f"got {type(message).__name__}, expected str or bytes"):
            broadcast(server.connections, message)
        broadcast(server.connections, "fine")
        assert await ws.recv() == "fine"
