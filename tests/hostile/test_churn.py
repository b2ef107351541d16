"""Connections opened and closed by the hundred, well and badly: memory stays flat, no task and no socket is left."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
from tests.aio.serving import NAME, Loopback, turns
from tests.hostile.rawclient import dialled

from wssure import Server
from wssure.aio.client_tls import SESSIONS
from wssure.tls import stdlib

AT_ONCE = 20
# What is logged is kept by pytest until the test ends.
QUIET = logging.Logger("quiet")
QUIET.addHandler(logging.NullHandler())
# A loop keeps timers that were cancelled until they are the most of a hundred or more (asyncio.base_events).
CANCELLED = 200
PAGE_BYTES = resource.getpagesize()


async def closes(loopback: Loopback, server: Server) -> None:
    async with loopback.connect(server) as ws:
        await ws.send("x")
        assert await ws.recv() == "x"


async def aborts(loopback: Loopback, server: Server) -> None:
    ws = await loopback.connect(server)
    await ws.send("x")
    ws.abort()


async def leaves_in_the_handshake(loopback: Loopback, server: Server) -> None:
    async with dialled(server) as peer:
        await peer.say(b"\x16\x03\x01" if loopback.secure else b"GET /")


async def resets_in_the_handshake(loopback: Loopback, server: Server) -> None:
    async with dialled(server) as peer:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await peer.say(b"\x16\x03\x01" if loopback.secure else b"GET /")


async def breaks_the_protocol(loopback: Loopback, server: Server) -> None:
    async with dialled(server) as peer:
        await peer.say(b"\x00\x01\x02garbage\r\n\r\n")
        await peer.hear_all()


WAYS: tuple[Callable[[Loopback, Server], Awaitable[None]], ...] = (
    closes,
    closes,
    closes,
    aborts,
    leaves_in_the_handshake,
    resets_in_the_handshake,
    breaks_the_protocol,
)


async def churn(loopback: Loopback, server: Server, count: int) -> None:
    """Open and close so many connections, some at once."""
    left = iter(range(count))

    async def some() -> None:
        for number in left:
            await WAYS[number % len(WAYS)](loopback, server)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    await turns(lambda: not server._tasks)


def resident_bytes() -> int:
    """Return how much memory this process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE_BYTES


def objects() -> int:
    """Return how many objects the collector knows."""
    gc.collect()
    return len(gc.get_objects())


async def test_hundreds_of_connections_leave_no_object_behind(loopback: Loopback):
    async with loopback.server(logger=QUIET) as server:
        await churn(loopback, server, 250)
        before = objects()
        await churn(loopback, server, 250)
        assert objects() - before < 250


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_ten_thousand_connections_leave_memory_flat(loopback: Loopback, monkeypatch):
    # What CPython leaks with each session has a bound of its own; beyond it nothing grows.
    monkeypatch.setattr(stdlib, "MAX_LEAKS", 0)
    async with loopback.server(logger=QUIET) as server:
        await churn(loopback, server, 3000)
        known, resident = objects(), resident_bytes()
        await churn(loopback, server, 7000)
        assert objects() - known < 7000 // len(WAYS) - CANCELLED
        # Less than a quarter of a KiB for each connection: what a single leaked object would cost.
        assert resident_bytes() - resident < 7000 * 256


async def test_sessions_are_kept_only_while_what_python_leaks_with_them_has_room(site_pem, ca_pem, monkeypatch):
    loopback = Loopback("stdlib", site_pem(NAME), ca_pem)
    async with loopback.server() as server:
        SESSIONS.clear()
        await closes(loopback, server)
        assert len(SESSIONS) == 1
        SESSIONS.clear()
        monkeypatch.setattr(stdlib, "MAX_LEAKS", 0)
        await closes(loopback, server)
        assert len(SESSIONS) == (0 if stdlib._SESSIONS_LEAK else 1)
