"""Clients that open slowly, wrongly, without end or not at all: each is let go, and an honest one is served."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from contextlib import AsyncExitStack

import pytest
from tests.aio.serving import Loopback, age, hold, turns
from tests.hostile.faultproxy import FaultProxy
from tests.hostile.rawclient import dialled, silent_sockets, still_echoes

from wssure import HttpLimits, InvalidStatus, Site
from wssure.aio.metrics import RECORDS
from wssure.aio.stream import SCRATCH_BYTES
from wssure.facts import TimedOut
from wssure.tls.connection import MAX_HANDSHAKE_BYTES

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
async def test_a_giant_request_is_refused_before_it_is_whole(plain: Loopback, giant):
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
async def test_the_limits_of_a_request_are_settings(plain: Loopback, limits):
    async with plain.server(http_limits=limits) as server:
        with pytest.raises(InvalidStatus) as caught:
            await plain.connect(server, additional_headers={"X-Long": "x" * 100})
    assert caught.value.response.status == 431


async def test_a_client_hello_without_end_is_refused_at_its_limit(secure: Loopback):
    async with secure.server() as server:
        async with dialled(server) as peer:
            saying = asyncio.create_task(peer.say(ENDLESS_HELLO))
            answer = await peer.hear_all()
            await asyncio.gather(saying, return_exceptions=True)
        assert answer[:1] == b"\x15", answer  # an alert
        await turns(lambda: not server._handshakes)
        assert await still_echoes(secure, server)


def hello_of(version: ssl.TLSVersion) -> bytes:
    """Return the ClientHello of a client that speaks one version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = version
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(received, sent, server_hostname="a.example")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


# What costs a client next to nothing and could keep a handshake busy: RFC 8446 sections 5, 5.1, 4.1.2, 6 and 4.4.2.
JUNK = {
    "change_cipher_spec": lambda hello: b"\x14\x03\x03\x00\x01\x01",
    "the ClientHello again": lambda hello: hello,
    "warning alerts": lambda hello: b"\x15\x03\x03\x00\x02\x01\x5a",
    "empty application data": lambda hello: b"\x17\x03\x03\x00\x00",
    "a certificate in single bytes": lambda hello: b"\x16\x03\x03\x00\x01\x0b",
}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_a_handshake_of_junk_is_ended_before_long(secure: Loopback, junk, version, caplog):
    hello = hello_of(version)
    flood = junk(hello) * (4 * MAX_HANDSHAKE_BYTES // len(junk(hello)))
    async with secure.server(**ENDLESS) as server, dialled(server) as peer:
        await peer.say(hello)
        assert await peer.hear(1), "the server has answered: its part of the work is done once"
        (opening,) = server._handshakes._queues
        saying = asyncio.create_task(peer.say(flood))
        await turns(lambda: server._policy.metrics.failures)
        assert opening.stream.received_bytes <= MAX_HANDSHAKE_BYTES + SCRATCH_BYTES
        peer.close()
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


async def drip(peer, data: bytes) -> None:
    """Send a byte at a time until the server has enough of it."""
    try:
        for at in range(len(data)):
            await peer.say(data[at : at + 1])
            await asyncio.sleep(0.005)
    except ConnectionError:
        pass


async def test_a_slow_opening_ends_in_time_though_bytes_keep_coming(loopback: Loopback, caplog):
    step = "tls" if loopback.secure else "upgrade"
    slow = ENDLESS_HELLO if loopback.secure else HEAD + b"X: y\r\n" * 1000
    async with loopback.server(timeouts={step: 0.2}) as server:
        async with dialled(server) as peer:
            dripping = asyncio.create_task(drip(peer, slow))
            await peer.hear_all()
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
        assert await still_echoes(loopback, server)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    over = record.failure.fact(TimedOut)
    assert (over.phase, over.limit_s) == (step, 0.2)
    assert (over.seen_bytes > 0) == (not loopback.secure)


# No time-out can help an honest client in these tests: only openings that give way can.
ENDLESS = {"open_timeout": None, "timeouts": {"first_byte": None, "stall": 0.4}}


async def test_silent_sockets_that_are_opened_again_and_again_lock_nobody_out(loopback: Loopback, caplog):
    # The default of `stall`: the honest clients share the loop with the server, and must not seem silent on a busy machine.
    endless = {"open_timeout": None, "timeouts": {"first_byte": None}}
    async with loopback.server(**endless) as server, silent_sockets(server.port, 600):
        await turns(lambda: len(server._handshakes) >= 256)
        honest = [still_echoes(loopback, server, open_timeout=None) for _ in range(40)]
        assert await asyncio.gather(*honest) == [True] * 40
        assert len(server._handshakes) <= 256
        assert server._policy.metrics.evicted["silent"] >= 344
    gave_way = [record for record in caplog.records if "gave way" in record.getMessage()]
    assert len(gave_way) == RECORDS + 1, "the log has a limit, and one line says how many records it left out"


BEGINNINGS = {
    "one byte": lambda loopback: b"\x16" if loopback.secure else b"G",
    "half": lambda loopback: ENDLESS_HELLO[:100] if loopback.secure else HEAD,
}


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
async def test_openings_that_go_no_further_lock_nobody_out(loopback: Loopback, beginning):
    options = {"max_handshakes": 8, "open_timeout": None, "timeouts": {"stall": 0.05}}
    async with loopback.server(**options) as server, AsyncExitStack() as stack:
        for _ in range(24):
            peer = await stack.enter_async_context(dialled(server))
            await peer.say(beginning(loopback))
        assert await still_echoes(loopback, server, open_timeout=None)
        assert server._policy.metrics.evicted["stalled"] >= 16


async def test_clients_that_finish_tls_and_ask_nothing_lock_nobody_out(secure: Loopback):
    options = {"max_handshakes": 4, "open_timeout": None, "timeouts": {"stall": 0.2}}
    tls = {"ssl": ssl.create_default_context(cadata=secure.ca_pem.decode()), "server_hostname": "a.example"}
    async with secure.server(**options) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port, **tls) for _ in range(4)]
        assert await still_echoes(secure, server, open_timeout=None)
        assert server._policy.metrics.evicted["stalled"] >= 1
        for _, writer in idle:
            writer.transport.abort()


async def test_bytes_that_complete_no_step_are_no_progress(loopback: Loopback):
    slow = ENDLESS_HELLO if loopback.secure else HEAD + b"X: y\r\n" * 1000
    options = {"max_handshakes": 1, "open_timeout": None, "timeouts": {"stall": 0.05}}
    async with loopback.server(**options) as server, dialled(server) as peer:
        dripping = asyncio.create_task(drip(peer, slow))
        await turns(lambda: any(opening.progress for opening in server._handshakes._queues))
        assert await still_echoes(loopback, server, open_timeout=None)
        await dripping  # it ends because the server has closed
        assert server._policy.metrics.evicted == {"stalled": 1}


async def test_failed_openings_that_linger_lock_nobody_out(loopback: Loopback, caplog):
    # Each of them may linger for a second, one after another: longer than this test may take.
    async with loopback.server(max_handshakes=1) as server, AsyncExitStack() as stack:
        for _ in range(60):
            peer = await stack.enter_async_context(dialled(server))
            await peer.say(b"garbage\r\n\r\n")
        assert await still_echoes(loopback, server, open_timeout=None)
    assert server._policy.metrics.evicted == {}


async def test_silent_openings_leave_the_connections_to_others(loopback: Loopback):
    async with loopback.server(max_connections=2, **ENDLESS) as server, AsyncExitStack() as stack:
        for _ in range(6):
            await stack.enter_async_context(dialled(server))
        assert await still_echoes(loopback, server, open_timeout=None)


@pytest.mark.parametrize("first", [HEAD, b"SSH-2.0-x", b"EHLO a"])
async def test_an_opening_that_gives_way_is_closed_cleanly(plain: Loopback, first):
    options = {"max_handshakes": 1, "open_timeout": None, "timeouts": {"stall": 0.05}}
    async with plain.server(**options) as server, dialled(server) as silent:
        await turns(lambda: server._handshakes)
        async with dialled(server) as stalled:
            await stalled.say(first)
            assert await asyncio.get_running_loop().sock_recv(silent.sock, 1) == b"", "an end, not a reset"
            assert await still_echoes(plain, server)
            answer = await stalled.hear_all()
    assert answer.startswith(b"HTTP/1.1 503 ") == (first == HEAD)
    assert (b"\r\nRetry-After: " in answer) == bool(answer), "a client that speaks no HTTP gets none"


@pytest.mark.parametrize(("share", "gives_way"), [(1, "greedy"), (None, "oldest")])
async def test_an_address_beyond_its_share_gives_way_first(plain: Loopback, share, gives_way):
    sources = {"oldest": "127.0.0.2", "first": "127.0.0.1", "greedy": "127.0.0.1"}
    patient = {"open_timeout": None, "timeouts": {"first_byte": None, "stall": 3600}}
    options = {"max_handshakes": 3, "handshakes_per_address": share, **patient}
    async with plain.server(**options) as server, AsyncExitStack() as stack:
        ends: dict[asyncio.Task[bytes], str] = {}
        for number, (name, source) in enumerate(sources.items(), 1):
            peer = await stack.enter_async_context(dialled(server, source=source))
            await turns(lambda number=number: server._policy.metrics.accepted == number)
            ends[asyncio.create_task(peer.hear())] = name
        age(server, 3600)
        server._resume_accepting()
        await stack.enter_async_context(dialled(server, source="127.0.0.3"))
        done, others = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert [ends[task] for task in done] == [gives_way]
        for task in others:
            task.cancel()
        await asyncio.wait(others)


async def test_the_first_byte_has_a_limit_of_its_own(loopback: Loopback, caplog):
    options = {"open_timeout": None, "timeouts": {"first_byte": 0.05}}
    async with loopback.server(**options) as server, dialled(server) as begun, dialled(server) as silent:
        await begun.say(b"\x16" if loopback.secure else b"G")
        assert await silent.hear() == b""
        assert len(server._handshakes) == 1
        (record,) = caplog.records
        assert record.failure.fact(TimedOut).limit_s == 0.05


async def test_slow_openings_within_the_limit_delay_nobody(loopback: Loopback):
    async with loopback.server(max_handshakes=100, open_timeout=10) as server:
        async with asyncio.TaskGroup() as group:
            done = asyncio.Event()

            async def lingers() -> None:
                async with dialled(server) as peer:
                    await peer.say(b"\x16\x03\x01" if loopback.secure else HEAD)
                    await done.wait()

            for _ in range(50):
                group.create_task(lingers())
            await turns(lambda: len(server._handshakes) == 50)
            assert await still_echoes(loopback, server)
            done.set()
        await turns(lambda: not server._handshakes)


async def test_a_half_open_connection_is_found_by_keepalive(loopback: Loopback, caplog):
    async with loopback.server(hold, ping_interval=0.1, ping_timeout=0.1) as server, FaultProxy(server.port) as proxy:
        ws = await loopback.connect(proxy.port, ping_interval=None, close_timeout=0.1)
        await turns(lambda: server.connections)
        (theirs,) = server.connections
        proxy.freeze()
        await turns(lambda: not server.connections)
        assert theirs.close_code == 1006
        assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
            "keepalive ping unanswered (peer-silent), closing with 1011"
        ]
        await ws.close()


async def test_garbage_in_place_of_a_hello_harms_nobody(secure: Loopback):
    sites = [Site(("a.example",), secure.pem)]
    async with secure.server(sites=sites, strict_sni=True) as server:
        for data in (b"", b"\x16", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)), b"\x16\x03\x01\x00\x00" * 100):
            async with dialled(server) as peer:
                await peer.say(data)
                peer.close()
        await turns(lambda: not server._handshakes)
        assert await still_echoes(secure, server)
