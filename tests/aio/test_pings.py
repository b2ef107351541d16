"""Pings and their pongs, against a peer whose every frame is written by hand."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.concurrency import patiently
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.rawclient import RawClient, frame, upgraded

from wssure import ConnectionClosed, Server, State, WebSocket

pytestmark = pytest.mark.matrix

PING, PONG = 0x89, 0x8A


def only(server: Server) -> WebSocket:
    (websocket,) = server.connections
    return websocket


async def heard(peer: RawClient, *payloads: bytes) -> None:
    """Read pings with these payloads."""
    expected = b"".join(bytes((PING, len(payload))) + payload for payload in payloads)
    received = b""
    while len(received) < len(expected):
        received += await peer.hear()
    assert received == expected


async def test_a_pong_answers_its_ping_and_every_ping_before_it(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server) as peer:
        ws = only(server)
        first, second, third = [await ws.ping(data) for data in ("one", "two", "three")]
        await heard(peer, b"one", b"two", b"three")
        await peer.say(frame(PONG, b"two"))
        # RFC 6455 section 5.5.3: a peer may answer only the most recent ping that it has processed.
        assert (await first) >= (await second) > 0
        assert not third.done()
        assert ws.latency == await second
        await peer.say(frame(PONG, b"three"))
        assert await third == ws.latency


@pytest.mark.parametrize("payload", [b"", b"nobody asked", b"tw"], ids=["empty", "foreign", "a part"])
async def test_a_pong_that_answers_no_ping_changes_nothing(plain: Loopback, payload: bytes):
    async with plain.server(hold) as server, upgraded(server) as peer:
        ws = only(server)
        waiter = await ws.ping("two")
        await heard(peer, b"two")
        await peer.say(frame(PONG, payload) + frame(PING, b"read so far"))
        answer = b""
        while not answer.endswith(b"read so far"):
            answer += await peer.hear()
        assert not waiter.done()
        assert ws.latency == 0.0
        await peer.say(frame(PONG, b"two"))
        assert await waiter > 0


async def test_the_same_data_may_be_sent_again_once_its_pong_has_come(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server) as peer:
        ws = only(server)
        for _ in range(3):
            waiter = await ws.ping("same")
            with pytest.raises(ValueError, match="still waits"):
                await ws.ping("same")
            await heard(peer, b"same")
            await peer.say(frame(PONG, b"same"))
            await waiter


async def test_pings_without_data_differ(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server) as peer:
        for _ in range(16):
            await only(server).ping()
        received = b""
        while len(received) < 16 * 6:
            received += await peer.hear()
        payloads = {received[start + 2 : start + 6] for start in range(0, len(received), 6)}
        assert len(payloads) == 16


async def test_a_ping_that_is_no_longer_awaited_still_takes_its_pong(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server) as peer:
        ws = only(server)
        cancelled, other = await ws.ping("one"), await ws.ping("two")
        task = asyncio.ensure_future(cancelled)
        task.cancel()
        await peer.say(frame(PONG, b"one"))
        await turns(lambda: ws.latency > 0)
        assert not other.done()
        assert await ws.ping("one")


async def test_every_ping_fails_with_the_connection_and_none_needs_to_be_awaited(plain: Loopback):
    async with plain.server(hold) as server, upgraded(server) as peer:
        ws = only(server)
        waiters = [await ws.ping() for _ in range(3)]
        peer.close()
        for waiter in waiters[:2]:
            with pytest.raises(ConnectionClosed):
                await waiter
        with pytest.raises(ConnectionClosed):
            await ws.ping()


async def test_a_peer_that_answers_is_asked_again_and_again_and_stays(plain: Loopback):
    # A pong that is ignored leaves the first ping waiting: no second one is sent before its time is over.
    async with plain.server(hold, ping_interval=0.01, ping_timeout=100) as server, upgraded(server) as peer:
        asked = set()
        for _ in range(5):
            received = b""
            while len(received) < 6:
                received += await patiently(peer.hear())
            assert received[0] == PING
            asked.add(received[2:])
            await peer.say(frame(PONG, received[2:]))
        await patiently(turns(lambda: only(server).latency > 0))
        assert len(asked) == 5
        assert only(server).state is State.OPEN
