"""What was promised arrives: messages before a Close, whoever closes, however small the queue and slow the reader."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.rawclient import frame, upgraded

from wssure import ConnectionClosed, Server, UpgradeFailed, WebSocket

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
async def test_messages_that_came_with_the_peers_close_are_all_there(loopback: Loopback, max_queue):
    taken: list[str | bytes] = []
    closed = asyncio.Event()

    async def reads_late(ws: WebSocket) -> None:
        await closed.wait()
        taken.extend(await rest(ws))

    async with loopback.server(reads_late, max_queue=max_queue) as server, loopback.connect(server) as ws:
        for message in MANY:
            await ws.send(message)
        closing = asyncio.create_task(ws.close())
        closed.set()
        await closing
    assert taken == MANY


@pytest.mark.parametrize("waits", [True, False], ids=["while it waits", "while it does not"])
async def test_a_send_after_a_reset_fails_and_does_not_vanish(loopback: Loopback, waits):
    ended: list[ConnectionClosed] = []

    async def sends_on(ws: WebSocket) -> None:
        try:
            while True:
                await ws.send(b"x" * 1000)
                await asyncio.sleep(0 if waits else 0.001)
        except ConnectionClosed as error:
            ended.append(error)

    async with loopback.server(sends_on, compression=None) as server:
        ws = await loopback.connect(server, max_queue=2)
        await turns(lambda: ws._driver.paused)
        (theirs,) = server.connections
        if waits:
            await turns(lambda: theirs._stream._drained)
        ws.abort()  # with messages unread: the system sends a reset
        await turns(lambda: ended)
    assert ended[0].rcvd is None
    assert ended[0].failure.cause == "ws.1006"


async def test_messages_that_came_before_our_close_are_all_there(loopback: Loopback):
    async def says_much(ws: WebSocket) -> None:
        for message in MANY:
            await ws.send(message)
        await ws.wait_closed()

    async with loopback.server(says_much) as server:
        ws = await loopback.connect(server, max_queue=4)
        await turns(lambda: len(ws._driver.queue.messages) == len(MANY))
        await ws.close()
        assert await rest(ws) == MANY


async def test_messages_that_come_after_our_close_are_kept_up_to_the_queue_only(plain: Loopback):
    long = [message.ljust(4000) for message in MANY]

    async def says_much(ws: WebSocket) -> None:
        for message in long:
            await ws.send(message)
        await ws.wait_closed()

    async with plain.server(says_much, compression=None) as server:
        ws = await plain.connect(server, max_queue=4)
        await turns(lambda: ws._driver.paused)
        there = len(ws._driver.queue.messages)
        await ws.close()
        taken = await rest(ws)
    assert there < len(long)
    assert taken == long[:there]


async def test_what_was_sent_before_the_peers_close_arrives_at_a_slow_reader(plain: Loopback):
    size = 8_000_000

    async def says_much(ws: WebSocket) -> None:
        await ws.send(bytes(size))

    options = {"write_limit": 2 * size, "max_size": None}
    async with plain.server(says_much, **options) as server, upgraded(server, small=True) as peer:
        (theirs,) = server.connections
        await turns(lambda: theirs._stream.pending())
        await peer.say(frame(0x88, b"\x03\xe8"))
        await asyncio.sleep(1.3)  # longer than a closing without anything to deliver may take
        heard = await peer.hear_all()
    assert len(heard) >= size


async def test_a_shutdown_delivers_what_was_sent_and_ends_by_its_deadline(loopback: Loopback):
    async def says_much_and_stays(ws: WebSocket) -> None:
        for message in MANY:
            await ws.send(message * 1000)
        await asyncio.Event().wait()

    async with loopback.server(says_much_and_stays, compression=None) as server:
        ws = await loopback.connect(server)
        assert await ws.recv() == "0" * 1000
        closing = server.close(1012, "restart", grace_s=1)
        assert await rest(ws) == [message * 1000 for message in MANY[1:]]
        assert (ws.close_code, ws.close_reason) == (1012, "restart")
        await closing
        assert not server.connections


async def test_a_shutdown_does_not_wait_for_a_peer_that_hears_nothing(plain: Loopback):
    async with plain.server(hold, close_timeout=None) as server, upgraded(server, small=True):
        await server.close(grace_s=0.1)


async def test_a_connection_that_opens_during_a_shutdown_hears_its_code(plain: Loopback):
    asked = asyncio.Event()
    go_on = asyncio.Event()

    async def waits(ws: WebSocket, request: object) -> None:
        asked.set()
        await go_on.wait()

    async with plain.server(hold, process_request=waits) as server:
        opening = asyncio.create_task(_close_code(plain, server))
        await asked.wait()
        server.close(1012)
        go_on.set()
        assert await opening in (1012, None)


async def _close_code(loopback: Loopback, server: Server) -> int | None:
    """Return the code the server closes with; None where it does not open any more."""
    try:
        ws = await loopback.connect(server)
    except UpgradeFailed:
        return None
    await ws.wait_closed()
    return ws.close_code
