"""A wrong argument is an error before anything is queued: the peer sees nothing of it, and the connection works on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.aio.concurrency import patiently
from tests.aio.serving import Loopback, echo, hold, turns
from tests.hostile.rawclient import DEFLATE, frame
from tests.hostile.slowpeer import frames_of, meeting

from wssure import Server, State, WebSocket, broadcast

pytestmark = pytest.mark.matrix
LONE = "a lone surrogate: \ud800"
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536 + 1000, -1)
LONG_REASONS = {"124 letters": "x" * 124, "62 letters of two bytes": "é" * 62, "31 emoji": "🙂" * 31}
Case = tuple[Callable[[Any], Any], type[Exception] | tuple[type[Exception], ...]]
NEITHER_TEXT_NOR_BYTES = (5, 0, 1.5, True, [1], (b"x",), {"a": 1}, object())


def cases() -> dict[str, Case]:
    """Return calls of a connection that must be refused, by what is wrong."""
    found: dict[str, Case] = {}
    for name in ("ping", "pong"):
        for data in NEITHER_TEXT_NOR_BYTES:
            found[f"{name} {type(data).__name__} {str(data)[:7]}"] = calling(name, data), TypeError
        for kind, data in {
            "126 letters": "x" * 126,
            "126 bytes": b"x" * 126,
            "63 letters of two bytes": "é" * 63,
        }.items():
            found[f"{name} {kind}"] = calling(name, data), ValueError
        found[f"{name} surrogate"] = calling(name, LONE), ValueError
    found["pong None"] = calling("pong", None), TypeError
    for message in (None, 5, 1.5, True, object(), {"a": "b"}, [1], [None], [["a"]]):
        found[f"send {type(message).__name__} {str(message)[:7]}"] = calling("send", message), TypeError
    found["send surrogate"] = calling("send", LONE), ValueError
    found["send fragments surrogate"] = calling("send", [LONE]), ValueError
    found["send fragments surrogate first"] = calling("send", [LONE, "rest"]), ValueError
    for code in BAD_CODES:
        found[f"close {code}"] = calling("close", code), ValueError
    for code in ("1000", b"1000", None, 1000.0, [1000]):
        found[f"close {type(code).__name__} code"] = calling("close", code), TypeError
    found["close True"] = calling("close", True), (TypeError, ValueError)
    for kind, reason in LONG_REASONS.items():
        found[f"close {kind}"] = calling("close", 1000, reason), ValueError
    found["close surrogate"] = calling("close", 1000, LONE), ValueError
    for reason in (b"bytes", None, 5, ["a"]):
        found[f"close {type(reason).__name__} reason"] = calling("close", 1000, reason), TypeError
    return found


def calling(name: str, *arguments: object) -> Callable[[Any], Any]:
    """Return a call of the method of that name."""
    return lambda target: getattr(target, name)(*arguments)


CASES = cases()


async def heard_until_close(peer: Any) -> list[tuple[int, bytes]]:
    """Return the frames that a peer gets, up to a Close."""
    heard = b""
    while (data := await patiently(peer.hear())) and not any(first == 0x88 for first, _ in frames_of(heard + data)[0]):
        heard += data
    return frames_of(heard + data)[0]


@pytest.mark.parametrize("compression", ["deflate", None], ids=["deflate", "no compression"])
async def test_a_wrong_argument_is_an_error_and_the_peer_sees_nothing_of_it(plain: Loopback, compression):
    headers = [DEFLATE] if compression else []
    async with meeting(plain, hold, *headers, compression=compression, ping_interval=None, close_timeout=1) as met:
        for name, (call, error) in CASES.items():
            with pytest.raises(error):
                await patiently(call(met.ours))
            assert met.ours.state is State.OPEN, name
            await patiently(met.ours.pong(name.encode()))
            await patiently(met.ours.send(b""))
        await met.peer.say(frame(0x88, b"\x03\xe8"))
        frames = await heard_until_close(met.peer)
    assert [first & 0x8F for first, _ in frames] == [*[0x8A, 0x82] * len(CASES), 0x88]
    assert [data.decode() for first, data in frames if first == 0x8A] == list(CASES)


async def test_all_wrong_arguments_one_after_the_other_leave_a_connection_as_it_was(loopback: Loopback):
    async with loopback.server(echo) as server, loopback.connect(server) as ws:
        for name, (call, error) in CASES.items():
            with pytest.raises(error):
                await patiently(call(ws))
            await ws.send(name)
            assert await patiently(ws.recv()) == name
            await ws.send([name, " in", " parts"])
            assert await patiently(ws.recv()) == f"{name} in parts"
        assert await patiently(await ws.ping()) >= 0


async def test_a_server_refuses_to_close_with_what_must_not_be_sent_and_serves_on(plain: Loopback):
    calls = {name: case for name, case in CASES.items() if name.startswith("close ")}
    async with plain.server(echo) as server, plain.connect(server) as ws:
        for name, (call, error) in calls.items():
            with pytest.raises(error):
                call(server)
            assert server.sockets, name
            await ws.send(name)
            assert await patiently(ws.recv()) == name
            async with plain.connect(server) as another:
                await another.send("new")
                assert await patiently(another.recv()) == "new"


async def test_a_broadcast_of_a_wrong_message_reaches_nobody_and_harms_nobody(loopback: Loopback):
    async with loopback.server(hold) as server:
        clients: list[WebSocket] = [await loopback.connect(server) for _ in range(2)]
        await patiently(turns(lambda: len(server.connections) == 2))
        for message, error in ((LONE, ValueError), (5, TypeError), (None, TypeError), (["a"], TypeError)):
            with pytest.raises(error):
                broadcast(server.connections, message)  # type: ignore[arg-type]
        broadcast(server.connections, "the next")
        for client in clients:
            assert await patiently(client.recv()) == "the next"
            await client.close()


@pytest.mark.parametrize("code", [1000, 1001, 1012, 3000, 4999])
async def test_the_codes_and_reasons_that_may_be_sent_arrive(plain: Loopback, code):
    reason = "é" * 61 + "x"  # 123 bytes
    async with plain.server(hold) as server:
        ws = await plain.connect(server)
        await patiently(turns(lambda: server.connections))
        await patiently(close_all(server, code, reason))
        await patiently(ws.wait_closed())
        assert (ws.close_code, ws.close_reason) == (code, reason)


async def close_all(server: Server, code: int, reason: str) -> None:
    await server.close(code, reason)
