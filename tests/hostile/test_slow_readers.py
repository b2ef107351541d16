"""A peer that reads slowly gets everything; a peer that does not read at all is noticed, and costs a bounded amount of memory."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.rawclient import frame
from tests.hostile.slowpeer import frames_of, meeting, patiently

from wssure import ConnectionClosed, WebSocket, broadcast
from wssure.aio.keepalive import LATE_SHARE
from wssure.facts import KeepaliveFailed

pytestmark = pytest.mark.matrix
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
NORMAL = b"\x03\xe8"
# Short, so that many of them pass in a test; no test measures them.
KEEPALIVE = {"ping_interval": 0.05, "ping_timeout": 0.25}


@pytest.mark.parametrize("size", [60 * 1024, 6 * 2**20], ids=["60 KiB", "6 MiB"])
async def test_a_slow_reader_that_closes_gets_every_byte_that_was_sent_before(loopback: Loopback, size):
    message = bytes(range(256)) * (size // 256)
    sent = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        await ws.send(message)
        sent.set()
        await ws.wait_closed()

    options = {"compression": None, "write_limit": 2 * size, "ping_interval": None}
    async with meeting(loopback, handler, **options) as met:
        await patiently(sent.wait())
        await met.peer.say(frame(CLOSE, NORMAL))
        await patiently(turns(lambda: met.ours.close_code is not None))
        await asyncio.sleep(1.3)  # longer than a close may take that has nothing to deliver
        heard = await patiently(met.peer.hear_all())
    frames, rest = frames_of(heard)
    assert [(first, len(payload)) for first, payload in frames] == [(BINARY, size), (CLOSE, 2)]
    assert (frames[0][1] == message, frames[1][1], rest) == (True, NORMAL, b"")


async def test_keepalive_spares_a_peer_that_steadily_takes_a_long_message(loopback: Loopback):
    size = 6_000_000
    ended: list[ConnectionClosed] = []

    async def handler(ws: WebSocket) -> None:
        await ws.send(bytes(size))
        try:
            await ws.recv()
        except ConnectionClosed as error:
            ended.append(error)

    async with meeting(loopback, handler, kernel_bytes=65536, compression=None, **KEEPALIVE) as met:
        heard, rest, closed = 0, b"", False
        while piece := await patiently(met.peer.hear(40_000)):
            await asyncio.sleep(0.01)  # its pace: the message takes many times longer than a pong may
            heard += len(piece)
            rest += piece
            if heard < size:
                continue
            frames, rest = frames_of(rest)
            for first, payload in frames:
                if first == PING:
                    await met.peer.say(frame(PONG, payload))
            if not closed:
                await met.peer.say(frame(CLOSE, NORMAL))
                closed = True
        await patiently(turns(lambda: ended))
    assert heard > size
    assert ended[0].rcvd is not None, str(ended[0])
    assert ended[0].rcvd.code == 1000


@pytest.mark.parametrize("unread", [17, 40])
async def test_keepalive_notices_a_silent_peer_however_many_messages_are_unread(loopback: Loopback, unread):
    ended: list[ConnectionClosed] = []
    release = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        await ws.wait_closed()
        try:
            while True:
                await ws.recv()
        except ConnectionClosed as error:
            ended.append(error)
        release.set()

    async with meeting(loopback, handler, **KEEPALIVE) as met:
        await met.peer.say(frame(TEXT, b"x") * unread)
        await patiently(release.wait())
    assert ended[0].sent.code == 1011
    failure = ended[0].failure
    right = {"ws.peer-silent"}
    if unread == 40:
        right.add("ws.messages-unread")  # a pong may stand unseen behind them
    if (failure.fact(KeepaliveFailed).blocked_s or 0) > KEEPALIVE["ping_timeout"] * LATE_SHARE:
        right.add("ws.loop-blocked")  # this machine is busy; then the silence of the peer is said beside it
    assert failure.cause in right
    assert failure.cause != "ws.loop-blocked" or failure.alternatives[0].cause == "ws.peer-silent"


async def test_pings_are_answered_while_the_handler_leaves_messages_unread(loopback: Loopback):
    proceed = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        await proceed.wait()
        async for message in ws:
            await ws.send(message)

    messages = [str(number) for number in range(50)]
    async with loopback.server(handler, **KEEPALIVE) as server, loopback.connect(server, **KEEPALIVE) as ws:
        for message in messages:
            await ws.send(message)
        for _ in range(5):
            await patiently(await ws.ping())
        proceed.set()
        assert [await patiently(ws.recv()) for _ in messages] == messages


async def test_what_a_peer_may_send_ahead_of_an_idle_handler_has_a_bound(loopback: Loopback):
    """A bounded look-ahead for control frames must not become an unbounded queue of messages."""
    message = frame(BINARY, bytes(1000))
    async with meeting(loopback, hold, ping_interval=None, max_queue=16) as met:
        said = 0

        async def floods() -> None:
            nonlocal said
            while True:
                await met.peer.say(message * 10)
                said += 10 * len(message)

        flood = asyncio.create_task(floods())
        before = -1
        while said != before:  # until it makes no progress any more
            before = said
            for _ in range(100):
                await asyncio.sleep(0.001)
            assert said < 32 * 2**20, "the server takes everything"
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)


@pytest.mark.parametrize("unread", [0, 17])
async def test_a_peer_that_stopped_reading_a_broadcast_is_dropped_by_keepalive(loopback: Loopback, unread):
    async with meeting(loopback, hold, compression=None, **KEEPALIVE) as met:
        await met.peer.say(frame(TEXT, b"x") * unread)
        count = 0
        while met.server.connections and count < 2500:
            broadcast(met.server.connections, bytes(4096))
            count += 1
            await asyncio.sleep(0.002)
        assert not met.server.connections


async def test_a_broadcast_keeps_a_bounded_number_of_bytes_for_a_peer_that_stopped_reading(loopback: Loopback):
    async with meeting(loopback, hold, compression=None, ping_interval=None) as met:
        for _ in range(2048):  # 128 MiB
            broadcast(met.server.connections, bytes(65536))
            await asyncio.sleep(0)
        heard = 0
        reading = asyncio.create_task(met.peer.hear(65536))
        while True:
            done, _ = await asyncio.wait([reading], timeout=0.5)
            if not done or not (data := reading.result()):
                break
            heard += len(data)
            reading = asyncio.create_task(met.peer.hear(65536))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert heard <= 64 * 2**20
