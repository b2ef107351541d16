"""What was promised arrives: messages before a Close, whoever closes, however small the queue and slow the reader."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Place, turns

from wssure import ConnectionClosed, WebSocket

MANY = [str(number) for number in range(100)]


async def rest(websocket: WebSocket) -> list[str | bytes]:
    """Take messages until there will be none any more."""
    taken: list[str | bytes] = []
    try:
        while True:
            taken.append(await websocket.recv())
    except ConnectionClosed:
        return taken


@pytest.mark.parametrize("max_queue", [1, 4, 16])
async def test_messages_that_came_with_the_peers_close_are_all_there(place: Place, max_queue):
    taken: list[str | bytes] = []
    closed = asyncio.Event()

    async def reads_late(ws: WebSocket) -> None:
        await closed.wait()
        taken.extend(await rest(ws))

    async with place.server(reads_late, max_queue=max_queue) as server, place.connect(server) as ws:
        for message in MANY:
            await ws.send(message)
        closing = asyncio.create_task(ws.close())
        closed.set()
        await closing
    assert taken == MANY


@pytest.mark.parametrize("waits", [True, False], ids=["while it waits", "while it does not"])
async def test_a_send_after_a_reset_fails_and_does_not_vanish(place: Place, waits):
    ended: list[ConnectionClosed] = []

    async def sends_on(ws: WebSocket) -> None:
        try:
            while True:
                await ws.send(b"x" * 1000 if waits else b"x")
                await asyncio.sleep(0 if waits else 0.001)
        except ConnectionClosed as error:
            ended.append(error)

    async with place.server(sends_on, compression=None) as server:
        ws = await place.connect(server, max_queue=2)
        await turns(lambda: ws.reading_paused)
        (theirs,) = server.connections
        if waits:
            await turns(lambda: theirs._stream._drained)
        ws.abort()  # with messages unread: the system sends a reset
        await turns(lambda: ended)
    assert ended[0].rcvd is None
    assert ended[0].failure.cause == "ws.1006"


async def test_messages_that_came_before_our_close_are_all_there(place: Place):
    async def says_much(ws: WebSocket) -> None:
        for message in MANY:
            await ws.send(message)
        await ws.wait_closed()

    async with place.server(says_much) as server:
        ws = await place.connect(server, max_queue=4)
        await turns(lambda: len(ws._stream.messages) == len(MANY))
        await ws.close()
        assert await rest(ws) == MANY


async def test_messages_that_come_after_our_close_are_kept_up_to_the_queue_only(plain: Place):
    full = asyncio.Event()

    async def says_much(ws: WebSocket) -> None:
        for message in MANY:
            if message == "4":
                await full.wait()
            await ws.send(message)
        await ws.wait_closed()

    async with plain.server(says_much) as server:
        ws = await plain.connect(server, max_queue=4)
        await turns(lambda: len(ws._stream.messages) == 4)
        full.set()
        await turns(lambda: ws.reading_paused)
        await ws.close()
        assert await rest(ws) == MANY[:4]
