"""The waiter: a task takes its step where it is woken, unless another task is running there."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from tests.aio.serving import Loopback, turns

from wssure.aio.waiter import Waiter

pytestmark = pytest.mark.matrix
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


async def waiting(waiter: Waiter, seen: list[str]) -> None:
    await waiter.begin()
    seen.append(WHO.get())


async def started(waiter: Waiter, seen: list[str]) -> asyncio.Task[None]:
    task = asyncio.create_task(waiting(waiter, seen))
    while not waiter.waiting:
        await asyncio.sleep(0)
    return task


async def outside_any_task(call) -> None:
    """Run a function as the loop runs a reader: no task is current."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    loop.call_soon(run)
    await done


@pytest.fixture
def seen() -> list[str]:
    return []


async def test_where_no_task_runs_the_step_is_taken_at_once(seen):
    waiter = Waiter(asyncio.get_running_loop())
    task = await started(waiter, seen)

    def wake() -> None:
        waiter.wake(True)
        assert seen == ["nobody"]

    await outside_any_task(wake)
    await task


async def test_inside_another_task_the_loop_takes_it(seen):
    waiter = Waiter(asyncio.get_running_loop())
    task = await started(waiter, seen)
    waiter.wake(True)
    assert seen == []
    await task
    assert seen == ["nobody"]


async def test_in_debug_mode_the_loop_takes_it(seen):
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    waiter = Waiter(loop)
    task = await started(waiter, seen)

    def wake() -> None:
        waiter.wake(True)
        assert seen == []

    await outside_any_task(wake)
    await task
    loop.set_debug(False)


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_step_is_taken_in_the_tasks_own_context(seen, at_once):
    waiter = Waiter(asyncio.get_running_loop())
    token = WHO.set("the task")
    task = await started(waiter, seen)
    WHO.reset(token)
    await outside_any_task(lambda: waiter.wake(at_once))
    await task
    assert seen == ["the task"]


async def test_a_wait_is_cancelled_and_the_next_one_works(seen):
    waiter = Waiter(asyncio.get_running_loop())
    task = await started(waiter, seen)
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not waiter.waiting
    task = await started(waiter, seen)
    waiter.wake(False)
    await task
    assert seen == ["nobody"]


async def test_what_came_before_the_wait_ends_it_at_once():
    waiter = Waiter(asyncio.get_running_loop())
    waiter.begin()
    waiter.wake(False)
    waiter.wake(False)
    await waiter
    waiter.wake(True)
    assert waiter.done()
    assert not waiter.cancelled()
    assert not waiter.cancel()


async def test_an_error_of_the_woken_task_stays_its_own():
    waiter = Waiter(asyncio.get_running_loop())

    async def fail() -> None:
        await waiter.begin()
        raise KeyError("its own")

    task = asyncio.create_task(fail())
    await turns(lambda: waiter.waiting)
    await outside_any_task(lambda: waiter.wake(True))
    with pytest.raises(KeyError):
        await task


async def test_a_connection_works_in_debug_mode(loopback: Loopback):
    asyncio.get_running_loop().set_debug(True)
    async with loopback.server() as server, loopback.connect(server) as ws:
        for number in range(20):
            await ws.send(str(number))
            assert await ws.recv() == str(number)
    asyncio.get_running_loop().set_debug(False)


async def test_a_handler_that_ends_its_own_connection_inside_its_step_harms_nothing(loopback: Loopback):
    """The step runs inside the readiness event of the very stream it closes."""

    async def handler(ws):
        await ws.recv()
        ws.abort()

    async with loopback.server(handler) as server:
        async with loopback.connect(server) as ws:
            await ws.send("x")
            await ws.wait_closed()
        assert ws.close_code == 1006
