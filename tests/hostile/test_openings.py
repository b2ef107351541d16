"""Clients that open slowly, wrongly, without end or not at all: each is let go, and an honest one is served."""

from __future__ import annotations

import asyncio
import logging

import pytest
from tests.aio.serving import Place, hold, turns
from tests.hostile.faultproxy import FaultProxy
from tests.hostile.rawclient import dialled, still_echoes

from wssure import HttpLimits, InvalidStatus, Site, UsageError, serve

HEAD = b"GET / HTTP/1.1\r\nHost: a.example\r\n"
# The beginning of a handshake message of 16 MiB in the largest records there are (RFC 8446 sections 4 and 5.1).
RECORD = b"\x16\x03\x01\x40\x00"
ENDLESS_HELLO = RECORD + b"\x01\xff\xff\xff\x03\x03" + bytes(16378) + (RECORD + bytes(16384)) * 4
GIANTS = {
    "a line without end": HEAD + b"X: " + b"x" * 100_000,
    "a request target without end": b"GET /" + b"x" * 100_000,
    "thousands of headers": HEAD + b"X: y\r\n" * 5000 + b"\r\n",
    "headers without end": HEAD + (b"X: " + b"x" * 4000 + b"\r\n") * 100,
}


@pytest.mark.parametrize("giant", GIANTS.values(), ids=GIANTS)
async def test_a_giant_request_is_refused_before_it_is_whole(plain: Place, giant):
    async with plain.server() as server:
        async with dialled(server) as peer:
            saying = asyncio.create_task(peer.say(giant))
            answer = await peer.hear_all()
            await asyncio.gather(saying, return_exceptions=True)
        assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 ")), answer
        await turns(lambda: not server._handshakes)
        assert await still_echoes(plain, server)


LIMITS = {
    "a line": HttpLimits(line_bytes=100),
    "the number of headers": HttpLimits(header_count=4),
    "all of it": HttpLimits(total_bytes=200),
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
async def test_the_limits_of_a_request_are_settings(plain: Place, limits):
    async with plain.server(http_limits=limits) as server:
        with pytest.raises(InvalidStatus) as caught:
            await plain.connect(server, additional_headers={"X-Long": "x" * 100})
    assert caught.value.response.status == 431


@pytest.mark.parametrize("wrong", [8192, HttpLimits(line_bytes=0), HttpLimits(header_count="many")])
def test_limits_that_are_none_are_refused_before_any_io(wrong):
    with pytest.raises(UsageError, match="http_limits"):
        serve(hold, http_limits=wrong)


async def test_a_client_hello_without_end_is_refused_at_its_limit(secure: Place):
    async with secure.server() as server:
        async with dialled(server) as peer:
            saying = asyncio.create_task(peer.say(ENDLESS_HELLO))
            answer = await peer.hear_all()
            await asyncio.gather(saying, return_exceptions=True)
        assert answer[:1] == b"\x15", answer  # an alert
        await turns(lambda: not server._handshakes)
        assert await still_echoes(secure, server)


async def drip(peer, data: bytes) -> None:
    """Send a byte at a time until the server has enough of it."""
    try:
        for at in range(len(data)):
            await peer.say(data[at : at + 1])
            await asyncio.sleep(0.005)
    except ConnectionError:
        pass


async def test_a_slow_opening_ends_in_time_though_bytes_keep_coming(place: Place, caplog):
    step = "tls" if place.secure else "upgrade"
    slow = ENDLESS_HELLO if place.secure else HEAD + b"X: y\r\n" * 1000
    async with place.server(timeouts={step: 0.2}) as server:
        async with dialled(server) as peer:
            dripping = asyncio.create_task(drip(peer, slow))
            await peer.hear_all()
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
        assert await still_echoes(place, server)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.failure.fact("timeout") == {"phase": step, "limit_s": 0.2}


async def test_a_flood_of_slow_openings_delays_an_honest_client_by_their_time_and_no_more(place: Place):
    async with place.server(max_handshakes=8, open_timeout=0.2) as server:
        peers = []
        for _ in range(24):
            context = dialled(server)
            peers.append((context, await context.__aenter__()))
        await turns(lambda: len(server._handshakes) == 8)
        # Three times eight stand before it in the backlog, and nobody jumps the queue.
        assert await still_echoes(place, server)
        assert all(peer.sock.fileno() >= 0 for _, peer in peers)
        for context, _ in peers:
            await context.__aexit__(None, None, None)


async def test_slow_openings_within_the_limit_delay_nobody(place: Place):
    async with place.server(max_handshakes=100, open_timeout=10) as server:
        async with asyncio.TaskGroup() as group:
            done = asyncio.Event()

            async def lingers() -> None:
                async with dialled(server) as peer:
                    await peer.say(b"\x16\x03\x01" if place.secure else HEAD)
                    await done.wait()

            for _ in range(50):
                group.create_task(lingers())
            await turns(lambda: len(server._handshakes) == 50)
            assert await still_echoes(place, server)
            done.set()
        await turns(lambda: not server._handshakes)


async def test_a_half_open_connection_is_found_by_keepalive(place: Place, caplog):
    async with place.server(hold, ping_interval=0.1, ping_timeout=0.1) as server, FaultProxy(server.port) as proxy:
        ws = await place.connect(proxy.port, ping_interval=None, close_timeout=0.1)
        await turns(lambda: server.connections)
        (theirs,) = server.connections
        proxy.freeze()
        await turns(lambda: not server.connections)
        assert theirs.close_code == 1006
        assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
            "keepalive ping unanswered (peer-silent), closing with 1011"
        ]
        await ws.close()


async def test_garbage_in_place_of_a_hello_harms_nobody(secure: Place):
    sites = [Site(("a.example",), secure.pem)]
    async with secure.server(sites=sites, strict_sni=True) as server:
        for data in (b"", b"\x16", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)), b"\x16\x03\x01\x00\x00" * 100):
            async with dialled(server) as peer:
                await peer.say(data)
                peer.close()
        await turns(lambda: not server._handshakes)
        assert await still_echoes(secure, server)
