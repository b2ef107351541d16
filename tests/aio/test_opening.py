"""One opening: the limit that ends it is named, each step is timed once, and only a cancelled one closes by itself."""

from __future__ import annotations

import asyncio
import socket

import pytest

from wssure.aio.opening import Opening
from wssure.evidence import Recorder, Stage
from wssure.facts import AlertSeen, TimedOut, TlsReceived
from wssure.tls.contract import EngineFailed

FOREVER_S = 3600.0
# A limit that has passed with the next turn of the loop.
NOW_S = 1e-9
LIMITS = [
    # id, whole, limits, the step that hangs, the limit that ends it
    ("the whole", NOW_S, {}, Stage.TLS, NOW_S),
    ("a step's own", FOREVER_S, {"tls": NOW_S}, Stage.TLS, NOW_S),
    ("a step's own without a whole", None, {"tls": NOW_S}, Stage.TLS, NOW_S),
    ("the whole, though the step has more", NOW_S, {"tls": FOREVER_S}, Stage.TLS, NOW_S),
    ("the whole, in a step without a limit", NOW_S, {"dial": FOREVER_S}, Stage.UPGRADE, NOW_S),
]


class Ticks:
    """A clock of nanoseconds that advances a millisecond with each look."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


async def hang(opening: Opening, *stages: Stage) -> None:
    """Go through the steps of an opening, and hang in the last one."""
    async with opening:
        for stage in stages:
            opening.begin(stage)
        await asyncio.Event().wait()


async def fail(opening: Opening, error: Exception, *stages: Stage) -> None:
    """Go through the steps of an opening, and fail in the last one."""
    async with opening:
        for stage in stages:
            opening.begin(stage, "192.0.2.1:443")
        raise error


@pytest.mark.parametrize(
    ("whole_s", "limits", "stage", "limit_s"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS]
)
async def test_the_limit_that_ends_an_opening_is_named_with_its_step(whole_s, limits, stage, limit_s):
    recorder = Recorder(Ticks())
    opening = Opening(whole_s, limits, recorder)
    with pytest.raises(TimeoutError):
        await hang(opening, stage)
    assert opening.expired
    assert recorder.facts() == (TimedOut(stage.value, limit_s),)


async def test_a_step_that_ended_in_time_does_not_end_the_next_one():
    recorder = Recorder(Ticks())
    async with Opening(None, {"dial": NOW_S}, recorder) as opening:
        opening.begin(Stage.DIAL)
        opening.begin(Stage.TLS)
        await asyncio.sleep(0.01)  # A limit of the step before would end it here.
        opening.finish()
    assert not opening.expired
    assert recorder.facts() == ()


async def test_a_time_out_of_something_else_is_not_the_openings():
    opening = Opening(FOREVER_S)
    with pytest.raises(TimeoutError, match="the system's"):
        await fail(opening, TimeoutError("the system's"), Stage.UPGRADE)
    assert not opening.expired


async def test_a_limit_that_is_checked_elsewhere_ends_the_running_step():
    recorder = Recorder(Ticks())
    opening = Opening(FOREVER_S, recorder=recorder)
    asyncio.get_running_loop().call_soon(opening.expire, 5.0)
    with pytest.raises(TimeoutError):
        await hang(opening, Stage.TLS)
    assert [fact.limit_s for fact in recorder.saw(TimedOut)] == [5.0]


async def test_each_step_is_timed_once_and_only_the_last_one_can_have_failed():
    recorder = Recorder(Ticks())
    stages = Stage.RESOLVE, Stage.DIAL, Stage.TLS, Stage.UPGRADE
    with pytest.raises(OSError, match="broken"):
        await fail(Opening(FOREVER_S, recorder=recorder), OSError("broken"), *stages)
    # Dialling times each address by itself.
    assert [(phase.name, phase.ok) for phase in recorder.phases] == [
        ("resolve", True),
        ("tls", True),
        ("upgrade", False),
    ]
    assert {phase.address for phase in recorder.phases} == {"192.0.2.1:443"}
    assert all(phase.ms > 0 for phase in recorder.phases)
    starts = [phase.start_ms for phase in recorder.phases]
    assert starts == sorted(starts)


async def test_cancelling_an_opening_is_no_time_out():
    recorder = Recorder(Ticks())
    opening = Opening(FOREVER_S, {"tls": FOREVER_S}, recorder)

    task = asyncio.create_task(hang(opening, Stage.TLS))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not opening.expired
    assert recorder.facts() == ()


LATE = AlertSeen("received", "fatal", 116, "certificate_required", True, True)


def owned(opening: Opening) -> tuple[socket.socket, socket.socket]:
    """Give an opening one end of a pair of sockets; return both."""
    near, far = socket.socketpair()
    opening.take(near)
    return near, far


@pytest.mark.parametrize(
    ("stage", "alert", "expected"),
    [
        (Stage.UPGRADE, True, Stage.TLS),
        (Stage.UPGRADE, False, Stage.UPGRADE),
        (Stage.PROXY, True, Stage.PROXY),
    ],
)
async def test_an_alert_that_comes_after_the_handshake_belongs_to_it(stage, alert, expected):
    opening = Opening(FOREVER_S)
    if alert:
        opening.recorder.note(LATE.at)
    with pytest.raises(EngineFailed):
        await fail(opening, EngineFailed("refused"), stage)
    assert opening.stage is expected


async def test_what_came_before_the_handshake_failed_is_counted():
    opening = Opening(FOREVER_S)
    near, far = owned(opening)
    with far:
        far.sendall(b"abc")
        assert await opening.read() == b"abc"
        with pytest.raises(OSError, match="broken"):
            await fail(opening, OSError("broken"), Stage.TLS)
    assert opening.recorder.saw(TlsReceived) == (TlsReceived(3),)
    assert near.fileno() >= 0  # for `close`, which delivers what is owed
    opening.abort()
    assert near.fileno() < 0


async def test_a_failed_opening_delivers_what_was_written_and_ends():
    opening = Opening(FOREVER_S)
    near, far = owned(opening)
    with far:
        opening.write(b"last words")
        with pytest.raises(OSError, match="broken"):
            await fail(opening, OSError("broken"), Stage.UPGRADE)
        closing = asyncio.create_task(opening.close())
        await asyncio.sleep(0)
        assert far.recv(100) == b"last words"
        assert far.recv(100) == b""
        far.close()
        await closing
    assert near.fileno() < 0


async def test_an_opening_out_of_time_closes_at_once():
    opening = Opening(NOW_S)
    near, far = owned(opening)
    with far:
        with pytest.raises(TimeoutError):
            await hang(opening, Stage.TLS)
        await opening.close()
        assert near.fileno() < 0


async def test_a_cancelled_opening_closes_its_socket():
    opening = Opening(FOREVER_S)
    near, far = owned(opening)
    with far:
        task = asyncio.create_task(hang(opening, Stage.UPGRADE))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert near.fileno() < 0
