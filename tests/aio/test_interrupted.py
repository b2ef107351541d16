"""Calls that are cancelled or time out: nothing is wedged, lost, doubled, corrupted, reordered or handed over in parts."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.aio.concurrency import (
    concurrency_error,
    debugging,
    interrupted,
    number_of,
    numbered,
    patiently,
    pieces,
    times,
)
from tests.aio.serving import Loopback, echo, hold, turns

from wssure import ConnectionClosed, State, WebSocket

pytestmark = pytest.mark.matrix
COUNT = 3000
END = "the end"
each_mode = pytest.mark.parametrize("debug", [False, True], ids=["normal", "debug mode"])


async def say_all(ws: WebSocket, rng: random.Random, count: int) -> set[int]:
    """Send messages by calls that are interrupted at random; return the numbers of those that were not."""
    certain = set()
    for number in range(count):
        try:
            if rng.random() < 0.1:
                await ws.send(pieces(numbered(number)))  # never interrupted: half a message cannot be taken back
            else:
                await interrupted(rng, lambda number=number: ws.send(numbered(number)))
            certain.add(number)
        except TimeoutError:
            pass  # it was sent whole, or not at all
        if number % 7 == 0:
            await asyncio.sleep(
                rng.choice((0, 0, 0.0003))
            )  # so that the other end waits, and its cancel meets an arrival
    await ws.send(END)
    return certain


async def take_all(ws: WebSocket, rng: random.Random) -> list[int]:
    """Take messages by calls that are interrupted at random; return their numbers."""
    taken = []
    while True:
        try:
            message = await interrupted(rng, ws.recv)
        except TimeoutError:
            continue
        if message == END:
            return taken
        taken.append(number_of(message))


async def ping_on(ws: WebSocket, rng: random.Random) -> None:
    """Ping until cancelled, by calls that are interrupted at random."""
    while True:
        try:
            await interrupted(rng, lambda: pinged(ws))
        except TimeoutError:
            pass
        await asyncio.sleep(0.001)


async def pinged(ws: WebSocket) -> float:
    return await (await ws.ping())


async def converse(ws: WebSocket, seed: int, count: int) -> tuple[set[int], list[int]]:
    """Send and receive and ping at the same time; return what was sent for certain, and what came."""
    pinging = asyncio.create_task(ping_on(ws, random.Random(seed + 2)))
    try:
        said, taken = await asyncio.gather(
            say_all(ws, random.Random(seed), count), take_all(ws, random.Random(seed + 1))
        )
    finally:
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)
    return said, taken


async def conversation(loopback: Loopback, seed: int, count: int, compression: str | None) -> None:
    theirs: asyncio.Future[tuple[set[int], list[int]]] = asyncio.get_running_loop().create_future()

    async def handler(ws: WebSocket) -> None:
        try:
            theirs.set_result(await converse(ws, seed + 10, count))
        except Exception as error:
            theirs.set_exception(error)
        await ws.wait_closed()

    async with (
        loopback.server(handler, compression=compression) as server,
        loopback.connect(server, compression=compression) as ws,
    ):
        (sent, taken), (sent_back, taken_back) = await patiently(asyncio.gather(converse(ws, seed, count), theirs), 60)
    for certain, came in ((sent, taken_back), (sent_back, taken)):
        assert came == sorted(set(came)), "doubled or reordered"
        assert certain - set(came) == set(), "lost"


@pytest.mark.parametrize(
    ("debug", "compression"),
    [(False, "deflate"), (False, None), (True, "deflate")],
    ids=["normal-deflate", "normal-no compression", "debug mode-deflate"],
)
async def test_messages_arrive_whole_and_once_and_in_order_however_calls_are_interrupted(
    loopback: Loopback, debug, compression
):
    with debugging(debug):
        await conversation(loopback, 1, times(COUNT, debug), compression)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 1100, 100))
async def test_the_same_holds_for_other_seeds(loopback: Loopback, seed):
    with debugging(seed % 200 == 0):
        await conversation(loopback, seed, COUNT, "deflate" if seed % 300 else None)


@each_mode
async def test_time_outs_of_recv_that_meet_messages_lose_none(loopback: Loopback, debug):
    count = times(COUNT, debug)

    async def handler(ws: WebSocket) -> None:
        for number in range(count):
            await ws.send(numbered(number))
            if number % 7 == 0:
                await asyncio.sleep(0.0003)
        await ws.wait_closed()

    with debugging(debug):
        async with loopback.server(handler) as server, loopback.connect(server, max_queue=None) as ws:
            taken = []

            async def take() -> None:
                while len(taken) < count:
                    try:
                        async with asyncio.timeout(0.0004):
                            taken.append(number_of(await ws.recv()))
                    except TimeoutError:
                        pass

            await patiently(take(), 60)
    assert taken == list(range(count))


@each_mode
async def test_parts_read_one_by_one_make_the_message_however_reading_is_interrupted(loopback: Loopback, debug):
    """A message begun by `recv_streaming` is finished by it, and one that a cancelled `recv` began is still whole."""
    count = times(300, debug)

    async def handler(ws: WebSocket) -> None:
        for number in range(count):
            await ws.send(slowly(number))
        await ws.wait_closed()

    async def slowly(number: int):
        for piece in pieces(numbered(number)):
            yield piece
            await asyncio.sleep(0)

    with debugging(debug):
        async with loopback.server(handler) as server, loopback.connect(server, compression=None) as ws:
            taken = await patiently(take_parts(ws, random.Random(5), count), 60)
    assert taken == list(range(count))


async def take_parts(ws: WebSocket, rng: random.Random, count: int) -> list[int]:
    """Take messages by `recv` and `recv_streaming` in turn, interrupted; return their numbers."""
    taken: list[int] = []
    parts: list[str | bytes] = []
    while len(taken) < count:
        if not parts and rng.random() < 0.5:
            try:
                taken.append(number_of(await interrupted(rng, ws.recv)))
            except TimeoutError:
                pass
            continue
        if parts:
            with pytest.raises(concurrency_error()):
                await ws.recv()
        stream = ws.recv_streaming()
        try:
            while True:
                parts.append(await interrupted(rng, stream.__anext__))
        except TimeoutError:
            pass
        except StopAsyncIteration:
            taken.append(number_of(parts[0][:0].join(parts)))
            parts = []
            continue
        if parts and is_whole(parts[0][:0].join(parts)):
            taken.append(number_of(parts[0][:0].join(parts)))
            parts = []
            async for nothing in stream:  # it has its last part and knows it
                raise AssertionError(nothing)
    return taken


def is_whole(message: str | bytes) -> bool:
    """Tell by the length in its head whether it is all there."""
    text = message if isinstance(message, str) else message.decode()
    head = text.split(":", 2)
    return len(head) == 3 and len(head[2]) == int(head[1])


@each_mode
async def test_a_cancel_that_meets_the_end_leaves_the_end_to_the_next_recv(loopback: Loopback, debug):
    async with loopback.server(hold) as server:
        ws = await loopback.connect(server)
        with debugging(debug):
            waiting = asyncio.create_task(ws.recv())
            for _ in range(3):
                await asyncio.sleep(0)
            ws.abort()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            for _ in range(2):
                with pytest.raises(ConnectionClosed):
                    await patiently(ws.recv())


@each_mode
async def test_an_interrupted_close_can_be_called_again_and_wedges_nobody(loopback: Loopback, debug):
    rng = random.Random(7)
    ended, count = 0, times(30, debug)

    async def handler(ws: WebSocket) -> None:
        nonlocal ended
        try:
            while True:
                await ws.recv()
        except ConnectionClosed:
            ended += 1

    with debugging(debug):
        async with loopback.server(handler) as server:
            for number in range(count):
                ws = await loopback.connect(server)
                await ws.send(numbered(number))
                waiting = asyncio.create_task(ws.recv())
                try:
                    await interrupted(rng, ws.close)
                except TimeoutError:
                    pass
                await patiently(ws.close())
                assert ws.state is State.CLOSED
                with pytest.raises(ConnectionClosed):
                    await patiently(waiting)
            await patiently(turns(lambda: ended == count))


async def test_an_interrupted_ping_leaves_the_connection_and_later_pings_alone(loopback: Loopback):
    rng = random.Random(3)
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        for number in range(200):
            try:
                await interrupted(rng, lambda: pinged(ws))
            except TimeoutError:
                pass
            await ws.send(numbered(number))
            assert number_of(await patiently(ws.recv())) == number
        assert await patiently(pinged(ws)) >= 0


async def test_a_second_reader_is_refused_and_the_first_gets_its_message(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        for first_call in (ws.recv, lambda: anext(ws.recv_streaming()), lambda: anext(ws)):
            first = asyncio.ensure_future(first_call())
            await asyncio.sleep(0)
            for second_call in (ws.recv, lambda: anext(ws.recv_streaming()), lambda: anext(ws)):
                with pytest.raises(concurrency_error()):
                    await patiently(second_call())
            await ws.send("for the first")
            assert await patiently(first) == "for the first"
