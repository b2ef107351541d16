"""Ends that this side brings about: each has its own cause, and none is blamed on somebody else."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback, hold, turns
from tests.hostile.rawclient import frame
from tests.hostile.slowpeer import meeting, patiently

from wssure import ConnectionClosedError, Fault, broadcast

pytestmark = pytest.mark.matrix
PLAIN = Loopback(None, b"", b"")


async def cause_of(ws) -> tuple[str, Fault]:
    """Return the cause and the fault of an end."""
    error: ConnectionClosedError | None = None
    while error is None:
        try:
            await patiently(ws.recv())
        except ConnectionClosedError as caught:
            error = caught
    assert error.failure is not None
    return error.failure.cause, error.failure.fault


async def fails_halfway():
    yield "first"
    yield "second"
    raise KeyError


async def closes(ws) -> None:
    await ws.close(1012)


async def aborts(ws) -> None:
    ws.abort()


async def gives_up_closing(ws) -> None:
    closing = asyncio.create_task(ws.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])


async def breaks_off(ws) -> None:
    with pytest.raises(KeyError):
        await ws.send(fails_halfway())


async def broadcasts(ws) -> None:
    while not ws.ended:
        broadcast([ws], bytes(65536))


ENDS = [
    (closes, "ws.close-unanswered", Fault.PEER),
    (gives_up_closing, "ws.close-unanswered", Fault.PEER),
    (aborts, "ws.aborted", Fault.CALLER),
    (breaks_off, "ws.message-unfinished", Fault.CALLER),
    (broadcasts, "ws.slow-reader", Fault.PEER),
]


@pytest.mark.parametrize(("end", "cause", "fault"), ENDS)
async def test_an_end_of_our_own_has_its_cause(end, cause, fault):
    limits = {"close_timeout": 0.05, "ping_interval": None, "compression": None, "broadcast_limit": 100_000}
    async with meeting(PLAIN, hold, **limits) as met:
        await patiently(end(met.ours))
        assert await cause_of(met.ours) == (cause, fault)


async def test_a_code_of_ours_that_is_confirmed_is_ours():
    async with PLAIN.server(hold) as server:
        ws = await PLAIN.connect(server)
        await ws.close(1011, "we are broken")
        assert await cause_of(ws) == ("ws.closed-by-us", Fault.CALLER)


@pytest.mark.parametrize("reason", ["keepalive ping timeout", "Pong timed out", "heartbeat time-out"])
async def test_a_close_for_the_pongs_that_we_owe_is_not_the_peers_fault(reason):
    async def gives_up(ws) -> None:
        await ws.close(1011, reason)

    async with PLAIN.server(gives_up) as server, PLAIN.connect(server) as ws:
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
    assert caught.value.failure is not None
    assert (caught.value.failure.cause, caught.value.failure.fault) == ("ws.close-code", Fault.UNKNOWN)
    assert "answer pings" in caught.value.failure.fix


async def test_a_server_calls_its_peer_the_client():
    said: list[str] = []

    async def closes_first(ws) -> None:
        await ws.close(4001)
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        said.append(str(caught.value))

    async with PLAIN.server(closes_first) as server, PLAIN.connect(server) as ws:
        await ws.wait_closed()
    assert said == ["ws.closed-by-us: this side closed with 4001, and the client confirmed it"]


async def test_an_application_that_takes_no_messages_is_told():
    async with meeting(PLAIN, hold, ping_interval=0.02, ping_timeout=0.05, compression=None) as met:
        saying = asyncio.create_task(met.peer.say(frame(0x82, bytes(1000)) * 1000))
        await patiently(turns(lambda: met.ours.ended))
        saying.cancel()
        await asyncio.wait([saying])
        assert await cause_of(met.ours) == ("ws.messages-unread", Fault.CALLER)
