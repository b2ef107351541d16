"""The life of a `Server`: what it tells while it runs, how it closes, and that every way to close it ends the same."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback, echo, hold, turns

from wssure import ConnectionClosed, ConnectionClosedOK, WebSocket, connect, serve

pytestmark = pytest.mark.matrix


async def test_a_server_knows_its_connections_while_they_are_open(loopback: Loopback):
    async with loopback.server(hold) as server:
        assert server.connections == frozenset()
        async with loopback.connect(server), loopback.connect(server):
            await turns(lambda: len(server.connections) == 2)
            assert all(isinstance(ws, WebSocket) for ws in server.connections)
        await turns(lambda: not server.connections)


async def test_a_closed_server_has_no_sockets_and_no_port_and_refuses(plain: Loopback):
    async with plain.server() as server:
        port = server.port
        assert {sock.getsockname()[1] for sock in server.sockets} == {port}
    assert server.sockets == ()
    assert server.port == 0
    with pytest.raises(ConnectionRefusedError):
        await plain.connect(port)


async def test_closing_twice_is_closing_once_and_the_first_code_counts(loopback: Loopback):
    async with loopback.server(hold) as server, loopback.connect(server) as ws:
        await turns(lambda: server.connections)
        closings = [server.close(1012, "restart"), server.close(1001, "another")]
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1012, "restart")
        await asyncio.gather(*closings, server.wait_closed())


async def test_waiting_for_the_end_can_be_cancelled_and_the_server_goes_on(plain: Loopback):
    async with plain.server() as server:
        waiting = asyncio.create_task(server.wait_closed())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with plain.connect(server) as ws:
            await ws.send("still there")
            assert await ws.recv() == "still there"


async def test_a_cancelled_wait_for_a_close_does_not_stop_the_close(plain: Loopback):
    async with plain.server(hold) as server, plain.connect(server) as ws:
        await turns(lambda: server.connections)
        waiting = asyncio.ensure_future(server.close())
        waiting.cancel()
        with pytest.raises(ConnectionClosedOK):
            await ws.recv()
        await server.wait_closed()


async def test_a_handler_that_does_not_end_is_cancelled_after_the_grace(plain: Loopback):
    cancelled = asyncio.Event()

    async def stubborn(ws: WebSocket) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with plain.server(stubborn) as server, plain.connect(server):
        await turns(lambda: server.connections)
        await server.close(grace_s=0)
        assert cancelled.is_set()
        assert not server.connections


async def test_a_handler_may_close_its_own_server(loopback: Loopback):
    servers = []

    async def handler(ws: WebSocket) -> None:
        assert await ws.recv() == "stop"
        servers[0].close()

    async with loopback.server(handler) as server:
        servers.append(server)
        async with loopback.connect(server) as ws:
            await ws.send("stop")
            with pytest.raises(ConnectionClosedOK):
                await ws.recv()
        await server.wait_closed()


async def test_an_error_inside_the_context_closes_the_server_too():
    with pytest.raises(ZeroDivisionError):
        await _dividing()


async def _dividing() -> None:
    async with serve(echo, "127.0.0.1") as server, connect(f"ws://127.0.0.1:{server.port}/"):
        raise ZeroDivisionError


async def test_metrics_can_be_asked_of_a_closed_server(plain: Loopback):
    async with plain.server(hold) as server, plain.connect(server):
        await turns(lambda: server.connections)
    assert "\nwssure_connections 0\n" in server.metrics()
    assert "\nwssure_opened_total 1\n" in server.metrics()
