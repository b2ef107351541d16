"""The caller closes the socket it gave: not a byte goes to the socket that gets the number next."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.aio.concurrency import patiently
from tests.aio.serving import NAME, Loopback

from wssure import ConnectionClosed, Server, TLSSettings, WebSocket, connect
from wssure.aio.connect import Connecting

pytestmark = pytest.mark.matrix
SECRET = "for the peer only"


@contextmanager
def strangers_in_place_of(given: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Close a socket and give a pair of others, one of which has its number."""
    number = given.fileno()
    one, other = socket.socketpair()
    with one, other:
        given.close()  # from here on another thread could take the number; the tests have none
        with socket.socket(fileno=os.dup2(one.fileno(), number)) as taken:
            taken.setblocking(False)
            other.setblocking(False)
            yield taken, other


def connected(loopback: Loopback, server: Server, given: socket.socket) -> Connecting:
    """Connect through a socket."""
    options = {"ping_interval": None, "close_timeout": 0.05, "compression": None, "sock": given}
    if loopback.secure:
        options |= {"tls": TLSSettings(ca=loopback.ca_pem), "backend": loopback.backend}
    return connect(f"{'wss' if loopback.secure else 'ws'}://{NAME}:{server.port}/", **options)


CALLS = {
    "send": lambda ws: ws.send(SECRET),
    "send a long message": lambda ws: ws.send(SECRET * 10_000),
    "send in parts": lambda ws: ws.send([SECRET, SECRET]),
    "ping": lambda ws: ws.ping(SECRET),
    "pong": lambda ws: ws.pong(SECRET),
    "close": lambda ws: ws.close(1000, SECRET),
    "abort": None,
}
SENDS = [call for name, call in CALLS.items() if name.startswith("send")]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_no_byte_reaches_the_socket_that_got_the_number(loopback: Loopback, call):
    received = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        async for _ in ws:
            received.set()

    async with loopback.server(handler) as server:
        given = socket.create_connection(("127.0.0.1", server.port))
        ws = await connected(loopback, server, given)
        with strangers_in_place_of(given) as (stranger, other):
            raised: BaseException | None = None
            try:
                if call is not None:
                    await patiently(call(ws))
            except (ConnectionClosed, OSError) as error:
                raised = error
            for _ in range(20):
                await asyncio.sleep(0)
            assert nothing_in(other)
            if call in SENDS and raised is None:
                await patiently(received.wait())  # nothing was wrong, so the peer has it
            # What the stranger's friend says is not read by us.
            other.send(b"hello")
            for _ in range(20):
                await asyncio.sleep(0)
            assert stranger.recv(100) == b"hello"
            ws.abort()
            await patiently(ws.wait_closed())
            # And our end does not close, shut down or reset the stranger's socket.
            stranger.send(b"still here")
            assert other.recv(100) == b"still here"


def nothing_in(sock: socket.socket) -> bool:
    """Tell whether there is nothing to read, not even an end."""
    try:
        sock.recv(100)
    except BlockingIOError:
        return True
    return False


async def test_the_next_call_after_the_socket_was_closed_works_or_the_connection_ends(loopback: Loopback):
    async with loopback.server() as server:
        given = socket.create_connection(("127.0.0.1", server.port))
        ws = await connected(loopback, server, given)
        given.close()
        works = True
        try:
            await patiently(ws.send("x"))
            assert await patiently(ws.recv()) == "x"
        except (ConnectionClosed, OSError):
            works = False
        if not works:
            with pytest.raises(ConnectionClosed):
                await patiently(ws.recv())
        ws.abort()
        await patiently(ws.wait_closed())
