"""A peer that sends more than is sane: what it makes us keep has a bound, and others are served as before."""

from __future__ import annotations

import asyncio
import zlib

import pytest
from tests.aio.serving import Loopback, echo, hold, turns
from tests.hostile.rawclient import DEFLATE, frame, still_echoes, upgraded

from wssure import Server, WebSocket
from wssure.aio.driver import CORK_BYTES, PONG_LIMIT_BYTES
from wssure.aio.stream import SCRATCH_BYTES
from wssure.session.session import SLICE_BYTES

TEXT, BINARY, PING, CLOSE = 0x81, 0x82, 0x89, 0x88
COMPRESSED = 0x40
# DEFLATE makes at most 1032 bytes of one.
GROWTH = 1032


def squeezed(size: int) -> bytes:
    """Return so many zeros, compressed as RFC 7692 section 7.2.1 says."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(bytes(size)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def only(server: Server) -> WebSocket:
    (websocket,) = server.connections
    return websocket


async def test_answers_to_pings_that_nobody_reads_have_a_bound(plain: Loopback):
    pings = frame(PING, b"x" * 125) * 1000
    async with plain.server(hold) as server, upgraded(server, small=True) as peer:
        driver = only(server)._driver
        # How much the kernel takes before anything is left to us is its own choice.
        while not driver.connection.hold_pongs:
            await peer.say(pings)
        most = 0
        for _ in range(40):
            await peer.say(pings)  # the server reads on: what it hears next may be a Close
            most = max(most, driver.stream.pending() + driver.connection.queued_bytes)
        assert PONG_LIMIT_BYTES < most <= PONG_LIMIT_BYTES + 2 * SCRATCH_BYTES
        assert only(server).state.name == "OPEN"


async def test_the_last_ping_of_a_flood_is_answered_once_the_peer_reads(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server, small=True) as peer:
        driver = only(server)._driver
        while not driver.connection.hold_pongs:
            await peer.say(frame(PING, b"x" * 125) * 1000)
        await peer.say(frame(PING, b"the last one"))
        heard = b""
        while not heard.endswith(b"\x8a\x0cthe last one"):
            heard += await peer.hear()
        await peer.say(frame(PING, b"one more"))
        assert await peer.hear() == b"\x8a\x08one more"


async def test_compressed_messages_that_grow_fill_the_queue_and_not_the_memory(plain: Loopback):
    size, count = 2**20, 200
    taken: list[int] = []
    start = asyncio.Event()

    async def reads_late(ws: WebSocket) -> None:
        await start.wait()
        async for message in ws:
            taken.append(len(message))

    async with plain.server(reads_late, max_queue=4) as server, upgraded(server, DEFLATE) as peer:
        driver = only(server)._driver
        saying = asyncio.create_task(peer.say(frame(BINARY | COMPRESSED, squeezed(size)) * count + frame(CLOSE)))
        await turns(lambda: driver.paused)
        assert sum(map(len, driver.queue.messages)) <= 4 * size + SLICE_BYTES * GROWTH
        start.set()
        await saying
        await peer.hear_all()
        await turns(lambda: not server.connections)
    assert taken == [size] * count


TOO_MUCH = {
    "a frame of 2^62 bytes": (frame(BINARY, length=2**62), {}),
    "a frame one byte too long": (frame(BINARY, length=1025), {"max_size": 1024}),
    "a message too long in fragments": (frame(0x02, bytes(600)) + frame(0x00, bytes(600)), {"max_size": 1024}),
    "fragments without end": (frame(0x02) + frame(0x00) * 100, {"max_fragments": 50}),
    "a bomb": (frame(BINARY | COMPRESSED, squeezed(2**27)), {}),
    "a bomb in fragments": (frame(0x42, squeezed(2**21)[:-1]) + frame(0x80, squeezed(2**21)[-1:]), {}),
}


@pytest.mark.parametrize(("flood", "limits"), TOO_MUCH.values(), ids=TOO_MUCH)
async def test_what_is_beyond_a_limit_is_refused_with_1009_and_others_are_served(plain: Loopback, flood, limits):
    async with plain.server(echo, **limits) as server:
        async with upgraded(server, DEFLATE) as peer:
            await peer.say(flood)
            heard = await peer.hear_all()
            assert heard[0] == CLOSE
            assert int.from_bytes(heard[2:4], "big") == 1009
        assert await still_echoes(plain, server)


async def test_a_reader_that_does_not_read_makes_neither_side_keep_more_than_its_limits(loopback: Loopback):
    async def floods(ws: WebSocket) -> None:
        while True:
            await ws.send(b"x" * 1000)
            await asyncio.sleep(0)

    async with loopback.server(floods, compression=None, write_limit=50_000) as server:
        ws = await loopback.connect(server, max_queue=8)
        await turns(lambda: ws._driver.paused)
        assert sum(map(len, ws._driver.queue.messages)) <= SCRATCH_BYTES + 8000
        theirs = only(server)._stream
        await turns(lambda: theirs.pending() > 50_000)
        await turns(lambda: theirs._drained)  # the handler waits
        assert theirs.pending() <= 50_000 + CORK_BYTES + 1010
        ws.abort()
