"""The steps of an opening read an HTTP message whole however it is cut, and its facts are the same for both sides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from wssure.aio.opening import Opening, collect
from wssure.evidence import Recorder
from wssure.facts import HttpEof, MalformedHttp, NotHttpSeen, RequestSeen, ResponseSeen
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.exchange import PlainAsking, Refused
from wssure.protocol.server_handshake import ServerHandshake
from wssure.session.opening import Steps
from wssure.wire.http_message import HttpError

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
FOREVER_S = 3600.0


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Opening, socket.socket, Recorder]]:
    """Give an opening, the other end of its connection, and its recorder."""
    near, far = socket.socketpair()
    opening = Opening(None)
    opening.take(near)
    try:
        with far:
            yield opening, far, opening.recorder
    finally:
        opening.abort()


def kinds(recorder: Recorder) -> list[str]:
    return [fact.kind for fact in recorder.facts()]


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_every_answer_is_good_for_a_plain_request(status):
    async with pair() as (opening, far, recorder):
        far.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok" % status)
        answer = await opening.exchange(PlainAsking(REQUEST))
        assert far.recv(1000) == REQUEST
    assert (answer.response.status, answer.response.body) == (status, b"ok")
    assert recorder.saw(ResponseSeen)[0].status == status


async def test_a_body_that_does_not_go_on_is_cut_and_the_answer_counts():
    async with pair() as (opening, far, _):
        far.sendall(b"HTTP/1.1 404 Not Found\r\n\r\nnot he")
        answer = await opening.exchange(PlainAsking(REQUEST), body_s=0.01)
    assert answer.response.body == b"not he"


async def test_a_body_that_never_ends_is_cut_and_the_answer_counts():
    """A server sends one byte whenever the last was read."""
    async with pair() as (opening, far, _):
        far.setblocking(False)
        far.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        loop = asyncio.get_running_loop()

        async def trickle() -> None:
            while True:
                await loop.sock_sendall(far, b"x")
                await asyncio.sleep(0.001)

        trickling = asyncio.create_task(trickle())
        answer = await opening.exchange(PlainAsking(REQUEST), body_s=0.05)
        trickling.cancel()
        await asyncio.wait([trickling])
    assert answer.response.status == 403
    assert set(answer.response.body) <= set(b"x")


class Dripping(Steps):
    """A peer that sends part of a TLS record in each second, and never the end of one."""

    def __init__(self) -> None:
        self.now_s = 0
        super().__init__(Recorder(lambda: self.now_s * 1_000_000_000), memoryview(bytearray(1)))

    async def wait(self, limit_s: float | None = None) -> bool:
        self.now_s += 1
        assert self.now_s < 10, "read past its limit"
        return True

    def write(self, data: bytes) -> None:
        """Send nothing."""

    def flush(self) -> None:
        """Send nothing."""


async def test_bytes_that_end_no_record_do_not_extend_the_limit_of_a_read():
    assert await Dripping().read(3) == b""


async def test_an_upgrade_leaves_request_answer_and_the_broken_rule():
    async with pair() as (opening, far, recorder):
        far.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        with pytest.raises(Refused) as caught:
            await opening.exchange(ClientHandshake("a.example", "/", key=bytes(16)))
    assert caught.value.kind == "accept"
    assert kinds(recorder) == [RequestSeen.kind, ResponseSeen.kind, "http.upgrade"]


BROKEN = {
    "no HTTP": (b"\x16\x03\x01" + bytes(20), [NotHttpSeen.kind]),
    "broken HTTP": (b"%s\r\nno colon\r\n\r\n", [NotHttpSeen.kind, MalformedHttp.kind]),
    "an end": (b"%s\r\nHost", [HttpEof.kind]),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_both_sides_note_the_same_of_a_message_that_is_none(case):
    data, expected = BROKEN[case]
    async with pair() as (opening, far, recorder):
        far.sendall(data.replace(b"%s", b"HTTP/1.1 200 OK"))
        far.shutdown(socket.SHUT_WR)
        with pytest.raises((Refused, ConnectionResetError)):
            await opening.exchange(PlainAsking(REQUEST))
        assert kinds(recorder) == expected
    async with pair() as (opening, far, recorder):
        far.sendall(data.replace(b"%s", b"GET / HTTP/1.1"))
        far.shutdown(socket.SHUT_WR)
        handshake = ServerHandshake()
        try:
            await opening.read_message(handshake)
        except HttpError as error:
            recorder.note(handshake.facts, error)
        except ConnectionResetError:
            pass
        assert kinds(recorder) == expected


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_a_request_is_read_whole_however_it_is_cut(step):
    async with pair() as (opening, far, _):
        reading = asyncio.create_task(opening.read_message(ServerHandshake()))
        for at in range(0, len(REQUEST), step):
            far.sendall(REQUEST[at : at + step])
            await asyncio.sleep(0)
        assert (await reading).target == "/"


@pytest.mark.parametrize(
    ("most_bytes", "limit_s", "ended_by", "expected"),
    [
        (100, FOREVER_S, lambda piece: "complete", (b"abc", "complete")),
        (100, 0.01, lambda piece: "", (b"abc", "timeout")),
        (100, 0.01, None, (b"abc", "timeout")),
        (2, FOREVER_S, lambda piece: "", (b"ab", "limit")),
    ],
    ids=["complete", "silence", "silence after a piece", "limit"],
)
async def test_what_came_is_kept_and_its_end_is_named(most_bytes, limit_s, ended_by, expected):
    async with pair() as (opening, far, _):
        far.sendall(b"abc")
        assert await collect(opening, most_bytes, limit_s, ended_by=ended_by) == expected
