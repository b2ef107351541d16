"""The open connection: messages, fragments, pings, backpressure and every way it ends."""

from __future__ import annotations

import asyncio
import gc
import itertools
import weakref

import pytest
from tests.aio.serving import Loopback, echo, hold, turns

from wssure import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, State, WebSocket, broadcast
from wssure.facts import ViolationSeen
from wssure.tls.backends import backend

pytestmark = pytest.mark.matrix

MESSAGES = [
    ("empty text", ""),
    ("text", "grüße ☃"),
    ("empty binary", b""),
    ("binary", bytes(range(256))),
    ("more than a record", b"\xa5" * 70_000),
    ("text of more than a record", "ä" * 40_000),
    ("as large as may be", b"\x5a" * 2**20),
]


@pytest.mark.parametrize("message", [case[1] for case in MESSAGES], ids=[case[0] for case in MESSAGES])
async def test_a_message_comes_back_as_it_went(loopback: Loopback, message):
    async with loopback.server() as server, loopback.connect(server) as ws:
        await ws.send(message)
        assert await ws.recv() == message


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_messages_keep_their_order_however_they_are_gathered(loopback: Loopback, compression):
    count = 3000
    async with (
        loopback.server(compression=compression) as server,
        loopback.connect(server, compression=compression) as ws,
    ):

        async def send() -> None:
            for number in range(count):
                await ws.send(f"message {number}")

        sender = asyncio.create_task(send())
        assert [await ws.recv() for _ in range(count)] == [f"message {number}" for number in range(count)]
        await sender


KINDS = [
    ("bytearray", bytearray(b"abc"), b"abc"),
    ("memoryview", memoryview(b"abc"), b"abc"),
    ("list of text", ["a", "b", "c"], "abc"),
    ("list of bytes", [b"a", bytearray(b"b"), memoryview(b"c")], b"abc"),
    ("one fragment", ["abc"], "abc"),
]


@pytest.mark.parametrize(("message", "expected"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
async def test_what_is_like_bytes_or_made_of_parts_is_one_message(loopback: Loopback, message, expected):
    async with loopback.server() as server, loopback.connect(server) as ws:
        await ws.send(message)
        assert await ws.recv() == expected


async def test_an_asynchronous_iterable_is_one_message(plain: Loopback):
    async def parts():
        for part in ("a", "b"):
            await asyncio.sleep(0)
            yield part

    async with plain.server() as server, plain.connect(server) as ws:
        await ws.send(parts())
        assert await ws.recv() == "ab"


@pytest.mark.parametrize("message", [{"a": 1}, 7, None], ids=repr)
async def test_what_is_no_message_is_a_type_error_and_harms_nothing(plain: Loopback, message):
    async with plain.server() as server, plain.connect(server) as ws:
        with pytest.raises(TypeError):
            await ws.send(message)
        await ws.send("still here")
        assert await ws.recv() == "still here"


async def test_a_message_never_lands_between_the_fragments_of_another(plain: Loopback):
    release = asyncio.Event()

    async def parts():
        yield "a"
        yield "b"
        await release.wait()
        yield "c"

    async with plain.server() as server, plain.connect(server) as ws:
        fragments = asyncio.create_task(ws.send(parts()))
        await turns(lambda: ws._sending is not None)
        other = asyncio.create_task(ws.send("other"))
        await asyncio.sleep(0)
        assert not other.done()
        release.set()
        await asyncio.gather(fragments, other)
        assert [await ws.recv(), await ws.recv()] == ["abc", "other"]


async def test_a_message_that_cannot_be_finished_ends_the_connection(plain: Loopback):
    async def parts():
        yield "a"
        yield "b"
        raise KeyError("source")

    async with plain.server() as server, plain.connect(server) as ws:
        with pytest.raises(KeyError):
            await ws.send(parts())
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert caught.value.sent.code == 1011


async def test_recv_decodes_as_asked(plain: Loopback):
    async with plain.server() as server, plain.connect(server) as ws:
        for message in ("text", b"bytes"):
            for _ in range(3):
                await ws.send(message)
        assert [await ws.recv(decode=choice) for choice in (None, True, False)] == ["text", "text", b"text"]
        assert [await ws.recv(decode=choice) for choice in (None, True, False)] == [b"bytes", "bytes", b"bytes"]


async def test_a_streamed_message_comes_in_its_pieces(plain: Loopback):
    proceed = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        async def parts():
            yield b"first"
            yield b"second"
            await proceed.wait()
            yield b"third"

        await ws.send(parts())
        await ws.send("whole")
        await ws.wait_closed()

    async with plain.server(handler) as server, plain.connect(server) as ws:
        stream = ws.recv_streaming()
        assert await anext(stream) == b"first"
        proceed.set()
        assert b"".join([piece async for piece in stream]) == b"secondthird"
        assert await ws.recv() == "whole"


async def test_a_second_recv_is_a_runtime_error_and_the_first_goes_on(plain: Loopback):
    async with plain.server() as server, plain.connect(server) as ws:
        first = asyncio.create_task(ws.recv())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task waits"):
            await ws.recv()
        await ws.send("x")
        assert await first == "x"


async def test_a_cancelled_recv_loses_no_message(plain: Loopback):
    async with plain.server() as server, plain.connect(server) as ws:
        waiting = asyncio.create_task(ws.recv())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await ws.send("x")
        assert await ws.recv() == "x"


async def test_a_recv_cancelled_in_the_middle_of_a_message_loses_nothing_of_it(plain: Loopback):
    proceed = asyncio.Event()

    async def handler(ws: WebSocket) -> None:
        async def parts():
            yield "a"
            yield "b"
            await proceed.wait()
            yield "c"

        await ws.send(parts())
        await ws.wait_closed()

    async with plain.server(handler) as server, plain.connect(server) as ws:
        waiting = asyncio.create_task(ws.recv())
        await turns(lambda: ws._driver.queue.pieces)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        proceed.set()
        assert await ws.recv() == "abc"


async def test_send_makes_a_task_like_any_coroutine(plain: Loopback):
    async with plain.server() as server, plain.connect(server) as ws:
        await asyncio.create_task(ws.send("a"))
        await asyncio.gather(ws.send("b"), ws.send("c"))
        await asyncio.wait_for(ws.send("d"), 300)
        assert [await ws.recv() for _ in range(4)] == ["a", "b", "c", "d"]


async def test_a_ping_gives_the_latency(loopback: Loopback):
    async with loopback.server() as server, loopback.connect(server) as ws:
        assert ws.latency == 0.0
        took = await (await ws.ping())
        assert took > 0
        assert ws.latency == took
        waiter = await ws.ping("same")
        with pytest.raises(ValueError, match="still waits"):
            await ws.ping("same")
        await waiter
        await ws.pong(b"nobody asked")
        with pytest.raises(ValueError, match="126 bytes"):
            await ws.ping(b"x" * 126)


async def test_a_ping_that_gets_no_pong_fails_with_the_connection(plain: Loopback):
    async with plain.server(hold) as server, plain.connect(server) as ws:
        waiter = await ws.ping()
        ws.abort()
        with pytest.raises(ConnectionClosedError):
            await waiter


CLOSES = [
    ("normal", 1000, "", True),
    ("going away", 1001, "bye", True),
    ("internal error", 1011, "oops", False),
    ("own code", 4321, "ü" * 60, False),
]


@pytest.mark.parametrize(("code", "reason", "fine"), [case[1:] for case in CLOSES], ids=[case[0] for case in CLOSES])
async def test_the_peer_hears_code_and_reason(loopback: Loopback, code, reason, fine):
    async def handler(ws: WebSocket) -> None:
        await ws.send("last words")
        await ws.close(code, reason)

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        assert await ws.recv() == "last words"
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        error = caught.value
        assert isinstance(error, ConnectionClosedOK if fine else ConnectionClosedError)
        assert (error.rcvd.code, error.rcvd.reason, error.rcvd_then_sent) == (code, reason, True)
        assert (error.code, error.reason) == (code, reason)
        assert (ws.close_code, ws.close_reason) == (code, reason)
        with pytest.raises(ConnectionClosed):
            await ws.send("too late")
        await ws.wait_closed()
        assert ws.state is State.CLOSED


async def test_the_iterator_ends_quietly_on_a_normal_close_only(plain: Loopback):
    codes = [1000, 1001, 1011]

    async def handler(ws: WebSocket) -> None:
        await ws.send("x")
        await ws.close(codes[0])

    async with plain.server(handler) as server:
        for code in codes:
            codes[:] = [code]
            async with plain.connect(server) as ws:
                if code != 1011:
                    assert [message async for message in ws] == ["x"]
                    continue
                with pytest.raises(ConnectionClosedError):
                    [message async for message in ws]


async def test_messages_that_came_before_the_close_are_still_there(loopback: Loopback):
    async def handler(ws: WebSocket) -> None:
        for number in range(10):
            await ws.send(str(number))

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        await turns(lambda: ws.close_code is not None)
        assert [message async for message in ws] == [str(number) for number in range(10)]


async def test_closing_is_idempotent_and_waits_for_the_end(loopback: Loopback):
    async with loopback.server(hold) as server:
        ws = await loopback.connect(server)
        await asyncio.gather(ws.close(), ws.close(1001))
        await ws.close()
        assert ws.state is State.CLOSED
        assert (ws.close_code, ws.close_reason) == (1000, "")


@pytest.mark.parametrize(("code", "reason"), [(1006, ""), (999, ""), (1000, "x" * 124)])
async def test_a_close_that_must_not_be_sent_is_a_value_error(plain: Loopback, code, reason):
    async with plain.server() as server, plain.connect(server) as ws:
        with pytest.raises(ValueError):
            await ws.close(code, reason)


async def test_a_connection_that_breaks_is_closed_with_1006(loopback: Loopback):
    async def handler(ws: WebSocket) -> None:
        ws.abort()

    async with loopback.server(handler) as server, loopback.connect(server) as ws:
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert caught.value.rcvd is None
        assert caught.value.code == ws.close_code == 1006
        assert caught.value.failure.stage.value == "open"


async def test_a_peer_that_breaks_the_protocol_hears_why_and_so_do_we(plain: Loopback):
    seen = asyncio.get_running_loop().create_future()

    async def handler(ws: WebSocket) -> None:
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            seen.set_result(error)

    async with plain.server(handler) as server, plain.connect(server) as ws:
        ws._stream.write(b"\xff\x80\0\0\0\0")
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert caught.value.rcvd.code == 1002
        error = await seen
        assert type(error.__cause__).__name__ == "ProtocolViolation"
        assert error.failure.fact(ViolationSeen).section


async def test_a_message_beyond_max_size_ends_the_connection_with_1009(loopback: Loopback):
    async with loopback.server(max_size=1000) as server, loopback.connect(server) as ws:
        await ws.send(b"x" * 1000)
        assert await ws.recv() == b"x" * 1000
        await ws.send(b"x" * 1001)
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert caught.value.rcvd.code == 1009


async def test_a_slow_reader_makes_the_sender_wait_and_loses_nothing(loopback: Loopback):
    """Backpressure both ways: neither side keeps more than its limits, however much is sent."""
    started = asyncio.Event()
    count, size = 400, 60_000

    async def handler(ws: WebSocket) -> None:
        for number in range(count):
            await ws.send(number.to_bytes(4, "big") + bytes(size))
            started.set()

    client = {"max_queue": 4, "compression": None}
    async with loopback.server(handler, compression=None) as server, loopback.connect(server, **client) as ws:
        await turns(lambda: ws._driver.paused)
        (server_side,) = server.connections
        await turns(lambda: server_side._stream.pending() > 32768)
        assert len(ws._driver.queue.messages) <= 4 + 262144 // size + 1
        assert server_side._stream.pending() < 32768 + 2 * size
        for number in range(count):
            assert (await ws.recv())[:4] == number.to_bytes(4, "big")


async def test_messages_that_came_before_an_abort_are_read_in_order(loopback: Loopback):
    """Reading is paused, and goes on no more: nothing follows the messages that were queued."""

    async def handler(ws: WebSocket) -> None:
        for number in itertools.count():
            await ws.send(number.to_bytes(4, "big") + bytes(60_000))

    async with loopback.server(handler, compression=None) as server:
        ws = await loopback.connect(server, max_queue=4, compression=None)
        await turns(lambda: ws._driver.paused)
        queued = len(ws._driver.queue.messages)
        ws.abort()
        for number in range(queued):
            assert (await ws.recv())[:4] == number.to_bytes(4, "big")
        with pytest.raises(ConnectionClosed):
            await ws.recv()


async def test_what_is_known_about_a_connection(loopback: Loopback):
    ours, theirs = {"subprotocols": ["b", "a"]}, {"subprotocols": ["a", "b"]}
    async with loopback.server(hold, **ours) as server, loopback.connect(server, "/x?y=1", **theirs) as ws:
        (other,) = server.connections
        assert ws.subprotocol == other.subprotocol == "b"
        assert ws.request.target == other.request.target == "/x?y=1"
        assert ws.response.status == 101
        assert ws.remote_address == other.local_address
        assert ws.local_address == other.remote_address
        assert ws.state is State.OPEN
        assert ws.close_code is None
        assert ws.id != other.id
        assert ws.id == ws.id
        phases = ["resolve", "dial", "tls", "upgrade"] if loopback.secure else ["resolve", "dial", "upgrade"]
        assert [phase.name for phase in ws.timings] == phases
        assert all(phase.ok for phase in ws.timings)
        if loopback.secure:
            assert (ws.tls.server_name, ws.tls.alpn) == ("a.example", "http/1.1")
            newest = "TLSv1.3" if backend(loopback.backend).capabilities.tls13 else "TLSv1.2"
            assert ws.tls.version == newest
            assert ws.tls.peer_certificate
        else:
            assert ws.tls is None


async def test_a_broadcast_reaches_who_is_open_and_waits_for_nobody(plain: Loopback):
    async with plain.server(hold) as server:
        clients = [await plain.connect(server) for _ in range(3)]
        await clients[2].close()
        broadcast(server.connections, "news")
        broadcast(server.connections, bytearray(b"more"))
        for client in clients[:2]:
            assert [await client.recv(), await client.recv()] == ["news", b"more"]
            await client.close()
        with pytest.raises(TypeError):
            broadcast([], 7)


async def test_an_idle_connection_needs_no_task(plain: Loopback):
    async with plain.server(echo) as server:
        tasks = asyncio.all_tasks()
        ws = await plain.connect(server)
        await turns(lambda: len(server.connections) == 1)
        assert len(asyncio.all_tasks() - tasks) == 1  # the server's handler
        await ws.close()


async def test_a_closed_connection_is_freed_without_the_cyclic_collector(loopback: Loopback):
    freed = []

    async def handler(ws):
        freed.append(weakref.ref(ws))
        async for message in ws:
            await ws.send(message)

    async with loopback.server(handler) as server:
        gc.collect()
        gc.disable()
        try:
            async with loopback.connect(server) as ws:
                freed.append(weakref.ref(ws))
                await ws.send("hello")
                assert await ws.recv() == "hello"
            del ws
            await turns(lambda: not any(one() for one in freed))
        finally:
            gc.enable()
    assert [one() for one in freed] == [None, None]
