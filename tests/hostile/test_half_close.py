"""Bytes that wait for a slow reader are delivered whatever else ends: the peer's half, both Closes, our own message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.rawclient import DEFLATE, RawClient, dialled, frame
from tests.hostile.slowpeer import REQUEST, Meeting, SecureClient, frames_of, meeting, patiently

from wssure import ConnectionClosed, Headers, Request, Response, WebSocket

pytestmark = pytest.mark.matrix
TEXT, BINARY, CLOSE = 0x81, 0x82, 0x88
NORMAL = b"\x03\xe8"
SIZE = 2**20
UPGRADE = "\r\n".join((*REQUEST, DEFLATE, "", "")).encode()
OPTIONS = {"compression": None, "write_limit": 2 * SIZE, "ping_interval": None, "max_size": None}
# Longer than the end of a connection may take that has nothing to deliver; the wait is the slow reader's.
SLOW_S = 1.3


async def says_much(ws: WebSocket) -> None:
    await ws.send(bytes(SIZE))
    await ws.wait_closed()


async def waiting(met: Meeting) -> None:
    """Wait until the kernel takes no more of the message."""
    await patiently(turns(lambda: met.ours._stream.pending()))


async def half_close(peer: RawClient, *, cleanly: bool) -> None:
    """End what the peer sends; `cleanly` sends a close_notify before that, if there is TLS."""
    if cleanly and isinstance(peer, SecureClient):
        await peer.leave()
    peer.sock.shutdown(socket.SHUT_WR)


async def taken(peer: RawClient) -> list[tuple[int, int]]:
    """Read to the end; return the first octet and the length of each frame."""
    frames, rest = frames_of(await patiently(peer.hear_all()))
    assert rest == b""
    return [(first, len(payload)) for first, payload in frames]


@pytest.mark.parametrize("cleanly", [True, False], ids=["close_notify", "cut"])
async def test_a_peer_that_closes_and_half_closes_gets_what_was_sent_before(loopback: Loopback, cleanly):
    async with meeting(loopback, says_much, **OPTIONS) as met:
        await waiting(met)
        await met.peer.say(frame(CLOSE, NORMAL))
        await patiently(turns(lambda: met.ours.close_code == 1000))
        await half_close(met.peer, cleanly=cleanly)
        await asyncio.sleep(SLOW_S)
        assert await taken(met.peer) == [(BINARY, SIZE), (CLOSE, 2)]


@pytest.mark.parametrize("cleanly", [True, False], ids=["close_notify", "cut"])
async def test_a_peer_that_only_half_closes_gets_what_was_sent_before(loopback: Loopback, cleanly):
    async with meeting(loopback, says_much, **OPTIONS) as met:
        await waiting(met)
        await half_close(met.peer, cleanly=cleanly)
        await patiently(turns(lambda: met.ours.ended))
        await asyncio.sleep(SLOW_S)
        assert await taken(met.peer) == [(BINARY, SIZE)]


async def test_a_peer_that_sends_on_after_our_message_broke_off_gets_what_was_sent_before(loopback: Loopback):
    async def breaks_off() -> AsyncIterator[bytes]:
        yield bytes(SIZE)
        yield b"more"
        raise KeyError("our own error")

    async def handler(ws: WebSocket) -> None:
        with pytest.raises(KeyError):
            await ws.send(breaks_off())
        await ws.wait_closed()

    async with meeting(loopback, handler, **OPTIONS) as met:
        await patiently(turns(lambda: met.ours.ended))
        # More than is discarded after our half is shut down.
        await met.peer.say(frame(BINARY, bytes(4 * 65536)))
        await asyncio.sleep(SLOW_S)
        assert await taken(met.peer) == [(0x02, SIZE), (CLOSE, 2 + len("a fragmented message was not finished"))]


async def test_an_answer_reaches_a_client_that_half_closed_after_its_request(plain: Loopback):
    body = b"x" * (8 * SIZE)

    def answers(ws: WebSocket, request: Request) -> Response:
        return Response(200, "", "HTTP/1.1", Headers(), body)

    async with plain.server(hold, process_request=answers) as server, dialled(server, small=True) as peer:
        await peer.say(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        head = await peer.hear(16)
        peer.sock.shutdown(socket.SHUT_WR)
        for _ in range(20):
            await asyncio.sleep(0)
        heard = head + await patiently(peer.hear_all())
    assert heard.endswith(b"\r\n\r\n" + body)


async def test_the_end_of_a_peer_that_came_with_more_messages_than_the_queue_holds_is_seen(plain: Loopback):
    count, came = 60, []

    async def waits(ws: WebSocket, request: Request) -> None:
        for _ in range(20):  # until the peer's end has arrived, too
            await asyncio.sleep(0)

    async def handler(ws: WebSocket) -> None:
        await asyncio.sleep(0)
        try:
            while True:
                came.append(await patiently(ws.recv()))
        except ConnectionClosed:
            came.append(b"end")

    async with plain.server(handler, max_queue=2, process_request=waits) as server, dialled(server) as peer:
        # In one segment, so that the reader of the request takes them, too.
        peer.sock.setsockopt(socket.SOL_TCP, socket.TCP_CORK, 1)
        assert peer.say_some(UPGRADE + frame(BINARY, bytes(2000)) * count) > 2000 * count
        peer.sock.shutdown(socket.SHUT_WR)
        await patiently(peer.hear_all())
        await patiently(turns(lambda: not server.connections))
    assert came == [bytes(2000)] * count + [b"end"]


async def test_a_hook_that_aborts_ends_the_connection_and_touches_no_other_socket(plain: Loopback, open_fds):
    ran: list[WebSocket] = []

    def aborts(ws: WebSocket, request: Request) -> None:
        ws.abort()

    async def handler(ws: WebSocket) -> None:
        ran.append(ws)
        with pytest.raises(ConnectionClosed):
            await ws.recv()

    async with plain.server(handler, process_request=aborts) as server, dialled(server) as peer:
        await peer.say(UPGRADE)
        assert await patiently(peer.hear_all()) == b""
        await patiently(turns(lambda: not server.connections))
