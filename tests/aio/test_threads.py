"""Calls from other threads: what is handed to the loop arrives whole and once, and the rest is refused."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import warnings

import pytest
from tests.aio.concurrency import concurrency_error, debugging, number_of, numbered, patiently, times
from tests.aio.serving import Loopback, echo, turns

from wssure import State, WebSocket, broadcast

pytestmark = pytest.mark.matrix
THREADS = 3
COUNT = 400


@pytest.fixture
def eager_switching():
    """Let Python change threads far more often than it does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize(
    ("debug", "compression"),
    [(False, "deflate"), (False, None), (True, "deflate")],
    ids=["normal-deflate", "normal-no compression", "debug mode-deflate"],
)
async def test_sends_scheduled_by_threads_arrive_whole_and_once_and_in_each_threads_order(
    loopback: Loopback, debug, compression
):
    count = times(COUNT, debug)
    taken: list[int] = []
    broken: list[BaseException] = []
    loop = asyncio.get_running_loop()

    async def handler(ws: WebSocket) -> None:
        try:
            async for message in ws:
                taken.append(number_of(message))
        except BaseException as error:
            broken.append(error)
            raise

    def work(ws: WebSocket, first: int) -> None:
        for number in range(first, THREADS * count, THREADS):
            asyncio.run_coroutine_threadsafe(ws.send(numbered(number)), loop).result(60)

    with debugging(debug):
        async with (
            loopback.server(handler, compression=compression) as server,
            loopback.connect(server, compression=compression) as ws,
        ):
            working = [asyncio.create_task(asyncio.to_thread(work, ws, first)) for first in range(THREADS)]
            for number in range(THREADS * count, (THREADS + 1) * count):
                await ws.send(numbered(number))
                await asyncio.sleep(0)
            await patiently(asyncio.gather(*working), 60)
            await ws.close()
            await patiently(turns(lambda: not server.connections))
    assert not broken
    assert sorted(taken) == list(range((THREADS + 1) * count))
    for first in range(THREADS):
        of_one = [number for number in taken if number < THREADS * count and number % THREADS == first]
        assert of_one == sorted(of_one)


async def test_a_send_that_is_never_awaited_sends_nothing(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for message in ("text", b"bytes", bytearray(b"more"), ["a", "part"]):
                ws.send(message)
            gc.collect()
        await ws.send("awaited")
        assert await patiently(ws.recv()) == "awaited"


async def test_a_send_that_is_never_awaited_warns_as_a_coroutine_does(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        with pytest.warns(RuntimeWarning, match="never awaited"):
            forget(ws.send("text"))


def forget(coroutine: object) -> None:
    """Drop the last reference to something."""
    del coroutine
    gc.collect()


async def test_sends_act_in_the_order_they_are_awaited_in(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        second, first = ws.send("second"), ws.send("first")
        await first
        await second
        assert [await patiently(ws.recv()) for _ in range(2)] == ["first", "second"]


IN_A_FOREIGN_LOOP = {
    "send": lambda ws: ws.send("x"),
    "send fragments": lambda ws: ws.send(["x", "y"]),
    "recv": lambda ws: ws.recv(),
    "recv_streaming": lambda ws: anext(ws.recv_streaming()),
    "iteration": lambda ws: anext(ws),
    "ping": lambda ws: ws.ping(),
    "pong": lambda ws: ws.pong(),
    "close": lambda ws: ws.close(),
    "wait_closed": lambda ws: ws.wait_closed(),
}


@pytest.mark.parametrize("call", IN_A_FOREIGN_LOOP.values(), ids=IN_A_FOREIGN_LOOP)
async def test_a_call_in_the_loop_of_another_thread_is_refused_and_harms_nothing(loopback: Loopback, call):
    async def run(ws: WebSocket) -> None:
        await asyncio.wait_for(call(ws), 5)

    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        outcome = (await asyncio.gather(asyncio.to_thread(lambda: asyncio.run(run(ws))), return_exceptions=True))[0]
        assert isinstance(outcome, concurrency_error()), repr(outcome)
        await ws.send("still here")
        assert await patiently(ws.recv()) == "still here"


async def test_a_broadcast_from_a_thread_arrives_or_is_refused(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        outcome = (await asyncio.gather(asyncio.to_thread(broadcast, [ws], "x"), return_exceptions=True))[0]
        await ws.send("still here")
        if outcome is None:
            assert await patiently(ws.recv()) == "x"
        else:
            assert isinstance(outcome, concurrency_error())
        assert await patiently(ws.recv()) == "still here"


async def test_an_abort_from_a_thread_ends_the_connection_or_is_refused(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        done = threading.Event()

        def abort() -> None:
            try:
                ws.abort()
            finally:
                done.set()

        outcome = (await asyncio.gather(asyncio.to_thread(abort), return_exceptions=True))[0]
        assert done.is_set()
        if outcome is None:
            await patiently(ws.wait_closed())
            assert ws.state is State.CLOSED
        else:
            assert isinstance(outcome, concurrency_error())
            await ws.send("still here")
            assert await patiently(ws.recv()) == "still here"
