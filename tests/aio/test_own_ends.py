"""Ends that this side began: the error names the cause and, where an exception of the user began it, that exception."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from typing import Any

import pytest
from tests.aio.concurrency import patiently
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.slowpeer import meeting
from tests.peers.listener import listening, wait_for_end
from tests.peers.scripts import upgrades

from wssure import ConnectionClosed, ConnectionClosedError, Fault, WebSocket

pytestmark = pytest.mark.matrix


class _OwnError(Exception):
    """Raised by the user's code."""


async def ended(awaitable: Awaitable[Any]) -> ConnectionClosedError:
    """Return how a connection ended, which must have a cause."""
    with pytest.raises(ConnectionClosedError) as caught:
        await patiently(awaitable)
    error = caught.value
    assert error.failure is not None
    assert not error.failure.cause.startswith("unknown."), str(error)
    assert str(error).strip()
    return error


def answers_nothing(connection: socket.socket) -> None:
    """Answer the upgrade, and nothing after it."""
    upgrades(keep=False)(connection)
    wait_for_end(connection)


async def test_our_close_without_an_answer_has_a_cause(loopback: Loopback):
    async with meeting(loopback, hold, close_timeout=0.05, ping_interval=None) as met:
        waiting = asyncio.create_task(met.ours.recv())
        await asyncio.sleep(0)
        await patiently(met.ours.close(1000, "enough"))
        for call in (lambda: waiting, met.ours.recv, lambda: met.ours.send("x")):
            error = await ended(call())
            assert (error.sent.code, error.sent.reason, error.rcvd) == (1000, "enough", None)


async def test_a_clients_close_without_an_answer_has_a_cause(plain: Loopback):
    with listening(answers_nothing) as port:
        ws = await plain.connect(port, close_timeout=0.05)
        waiting = asyncio.create_task(ws.recv())
        await asyncio.sleep(0)
        await patiently(ws.close(1000, "enough"))
        for call in (lambda: waiting, ws.recv, lambda: ws.send("x")):
            error = await ended(call())
            assert (error.sent.code, error.sent.reason, error.rcvd) == (1000, "enough", None)


async def test_a_server_that_closes_tells_the_handler_of_a_silent_peer_why(loopback: Loopback):
    errors: list[BaseException] = []

    async def handler(ws: WebSocket) -> None:
        try:
            await ws.recv()
        except BaseException as error:
            errors.append(error)
            raise

    async with meeting(loopback, handler, close_timeout=0.05, ping_interval=None) as met:
        await patiently(met.server.close(1012, "restart"))
    (error,) = errors
    assert isinstance(error, ConnectionClosedError)
    assert not error.failure.cause.startswith("unknown."), str(error)
    assert (error.sent.code, error.rcvd) == (1012, None)


async def test_our_own_code_is_not_blamed_on_the_peer_that_confirms_it(loopback: Loopback):
    async with loopback.server(hold) as server:
        ws = await loopback.connect(server)
        waiting = asyncio.create_task(ws.recv())
        await asyncio.sleep(0)
        await patiently(ws.close(1011, "we are broken"))
        error = await ended(waiting)
    assert (error.sent.code, error.rcvd.code, error.rcvd_then_sent) == (1011, 1011, False)
    assert "the peer closed" not in str(error)
    assert error.failure.fault is not Fault.PEER


async def test_our_own_code_is_not_blamed_on_a_peer_that_is_silent(loopback: Loopback):
    async with meeting(loopback, hold, close_timeout=0.05, ping_interval=None) as met:
        await patiently(met.ours.close(1011, "we are broken"))
        error = await ended(met.ours.recv())
    assert (error.sent.code, error.rcvd) == (1011, None)
    assert "the peer closed" not in str(error)


async def raises_async():
    yield "first"
    yield "second"
    raise _OwnError


def raises_sync():
    yield "first"
    yield "second"
    raise _OwnError


async def wrong_type():
    yield "first"
    yield "second"
    yield 5


async def mixed():
    yield "first"
    yield "second"
    yield b"third"


async def surrogate():
    yield "first"
    yield "second"
    yield "\ud800"
    yield "fourth"


BREAKS = {
    "an asynchronous generator that raises": (raises_async, _OwnError),
    "a generator that raises": (raises_sync, _OwnError),
    "a part of a wrong type": (wrong_type, TypeError),
    "parts of two types": (mixed, TypeError),
    "a part with a surrogate": (surrogate, ValueError),
}


@pytest.mark.parametrize(("parts", "kind"), BREAKS.values(), ids=BREAKS)
async def test_a_message_that_could_not_be_finished_names_the_exception_that_began_it(loopback: Loopback, parts, kind):
    async with loopback.server(hold) as server:
        ws = await loopback.connect(server)
        with pytest.raises(kind) as caught:
            await patiently(ws.send(parts()))
        error = await ended(ws.recv())
        assert error.sent.code == 1011
        assert error.__cause__ is caught.value
        assert error.failure.fault is not Fault.PEER
        error = await ended(ws.send("too late"))
        assert error.__cause__ is caught.value
        await patiently(ws.wait_closed())


async def test_a_generator_that_raises_before_its_first_part_costs_nothing(loopback: Loopback):
    async def nothing():
        raise _OwnError
        yield ""

    received: list[str | bytes] = []

    async def handler(ws: WebSocket) -> None:
        async for message in ws:
            received.append(message)

    async with loopback.server(handler) as server:
        ws = await loopback.connect(server)
        with pytest.raises(_OwnError):
            await ws.send(nothing())
        await ws.send("the next")
        await ws.close()
        await patiently(turns(lambda: not server.connections))
    assert received == ["the next"]


async def test_a_cancelled_message_in_parts_ends_the_connection_with_a_cause(loopback: Loopback):
    started = asyncio.Event()

    async def parts():
        yield "first"
        yield "second"
        started.set()
        await asyncio.Event().wait()

    async with loopback.server(hold) as server:
        ws = await loopback.connect(server)
        sending = asyncio.create_task(ws.send(parts()))
        await started.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert sending.cancelled()
        error = await ended(ws.recv())
        assert error.sent.code == 1011
        await patiently(ws.wait_closed())


async def test_a_close_in_the_middle_of_a_message_in_parts_has_a_cause(loopback: Loopback):
    started = asyncio.Event()
    theirs: list[ConnectionClosed] = []

    async def parts():
        yield "first"
        yield "second"
        started.set()
        await asyncio.Event().wait()

    async def handler(ws: WebSocket) -> None:
        try:
            await ws.recv()
        except ConnectionClosed as error:
            theirs.append(error)

    async with loopback.server(handler) as server:
        ws = await loopback.connect(server, close_timeout=0.05)
        waiting = asyncio.create_task(ws.recv())
        sending = asyncio.create_task(ws.send(parts()))
        await started.wait()
        await patiently(ws.close())
        await ended(waiting)
        await ended(ws.recv())
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await patiently(turns(lambda: theirs))
