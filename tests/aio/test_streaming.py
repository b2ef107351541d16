"""A message read in parts: left early, its rest is never taken for a message."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.concurrency import concurrency_error, patiently
from tests.aio.serving import Loopback, turns

from wssure import WebSocket

pytestmark = pytest.mark.matrix
PARTS = ["first-", "second-", "third"]
NEXT = "next message"


class _OwnError(Exception):
    """Raised by the reader of a message."""


async def says_in_parts(ws: WebSocket) -> None:
    async def parts():
        for part in PARTS:
            yield part
            await asyncio.sleep(0)

    await ws.send(parts())
    await ws.send(NEXT)
    await ws.wait_closed()


async def breaks(ws: WebSocket, taken: list[str]) -> None:
    async for part in ws.recv_streaming():
        taken.append(part)
        break


async def raises(ws: WebSocket, taken: list[str]) -> None:
    try:
        async for part in ws.recv_streaming():
            taken.append(part)
            raise _OwnError
    except _OwnError:
        pass


async def closes_the_iterator(ws: WebSocket, taken: list[str]) -> None:
    stream = ws.recv_streaming()
    taken.append(await anext(stream))
    await stream.aclose()


async def is_cancelled(ws: WebSocket, taken: list[str]) -> None:
    reached = asyncio.Event()

    async def read() -> None:
        async for part in ws.recv_streaming():
            taken.append(part)
            reached.set()
            await asyncio.Event().wait()

    reader = asyncio.create_task(read())
    await reached.wait()
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)


LEAVES = [breaks, raises, closes_the_iterator, is_cancelled]


@pytest.mark.parametrize("leave", LEAVES)
async def test_recv_is_refused_until_the_rest_of_a_message_is_read(loopback: Loopback, leave):
    async with loopback.server(says_in_parts) as server, loopback.connect(server) as ws:
        taken: list[str] = []
        await patiently(leave(ws, taken))
        for call in (ws.recv, ws.recv, lambda: anext(ws)):
            with pytest.raises(concurrency_error()):
                await patiently(call())
        async for part in ws.recv_streaming():
            taken.append(part)
        assert "".join(taken) == "".join(PARTS)
        assert await patiently(ws.recv()) == NEXT


@pytest.mark.parametrize("leave", LEAVES)
async def test_a_message_left_early_is_never_handed_over_in_part(loopback: Loopback, leave):
    """Whatever `recv` does then, it gives no part of a message as a whole one."""
    async with loopback.server(says_in_parts) as server, loopback.connect(server) as ws:
        await patiently(leave(ws, []))
        for _ in range(2):
            try:
                assert await patiently(ws.recv()) == NEXT
                break
            except RuntimeError:
                continue


async def test_a_message_read_to_its_end_leaves_recv_free(loopback: Loopback):
    async with loopback.server(says_in_parts) as server, loopback.connect(server) as ws:
        assert [part async for part in ws.recv_streaming()] == PARTS
        assert await patiently(ws.recv()) == NEXT


async def test_a_message_that_a_cancelled_recv_began_is_read_in_parts_from_its_start(loopback: Loopback):
    proceed = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        async def parts():
            yield "first-"
            yield "second-"
            await proceed.wait()
            yield "third"

        await ws.send(parts())
        await ws.send(NEXT)
        await ws.wait_closed()

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        waiting = asyncio.create_task(ws.recv())
        await (await ws.ping())  # the first two parts are here
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        proceed.set()
        assert "".join([part async for part in ws.recv_streaming()]) == "".join(PARTS)
        assert await patiently(ws.recv()) == NEXT


async def test_parts_that_a_waiting_recv_has_collected_belong_to_it(loopback: Loopback):
    go_on = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        async def parts():
            yield PARTS[0]
            yield PARTS[1]
            await go_on.wait()
            yield PARTS[2]

        await ws.send(parts())
        await ws.wait_closed()

    async with loopback.server(handler, compression=None) as server, loopback.connect(server, compression=None) as ws:
        waiting = asyncio.create_task(ws.recv())
        await patiently(turns(lambda: ws._driver.queue.pieces))
        with pytest.raises(concurrency_error()):
            await patiently(anext(ws.recv_streaming()))
        go_on.set()
        assert await patiently(waiting) == "".join(PARTS)
