"""The clock of an opening: the limit that ends it is named, and each step is timed once."""

from __future__ import annotations

import asyncio

import pytest

from wssure.aio.phase import Clock
from wssure.evidence import Recorder, Stage
from wssure.facts import TimedOut

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


async def hang(clock: Clock, *stages: Stage) -> None:
    """Go through the steps of an opening, and hang in the last one."""
    async with clock:
        for stage in stages:
            clock.begin(stage)
        await asyncio.Event().wait()


async def fail(clock: Clock, error: Exception, *stages: Stage) -> None:
    """Go through the steps of an opening, and fail in the last one."""
    async with clock:
        for stage in stages:
            clock.begin(stage, "192.0.2.1:443")
        raise error


@pytest.mark.parametrize(
    ("whole_s", "limits", "stage", "limit_s"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS]
)
async def test_the_limit_that_ends_an_opening_is_named_with_its_step(whole_s, limits, stage, limit_s):
    recorder = Recorder(Ticks())
    clock = Clock(recorder, whole_s, limits)
    with pytest.raises(TimeoutError):
        await hang(clock, stage)
    assert clock.expired
    (fact,) = recorder.facts()
    assert isinstance(fact, TimedOut)
    assert (fact.phase, fact.limit_s) == (stage.value, limit_s)


async def test_a_step_that_ended_in_time_does_not_end_the_next_one():
    recorder = Recorder(Ticks())
    async with Clock(recorder, None, {"dial": NOW_S}) as clock:
        clock.begin(Stage.DIAL)
        clock.begin(Stage.TLS)
        await asyncio.sleep(0.01)  # A limit of the step before would end it here.
        clock.finish()
    assert not clock.expired
    assert recorder.facts() == ()


async def test_a_time_out_of_something_else_is_not_the_clocks():
    clock = Clock(Recorder(Ticks()), FOREVER_S)
    with pytest.raises(TimeoutError, match="the system's"):
        await fail(clock, TimeoutError("the system's"), Stage.UPGRADE)
    assert not clock.expired


async def test_a_limit_that_is_checked_elsewhere_ends_the_running_step():
    recorder = Recorder(Ticks())
    clock = Clock(recorder, FOREVER_S)
    asyncio.get_running_loop().call_soon(clock.expire, 5.0)
    with pytest.raises(TimeoutError):
        await hang(clock, Stage.TLS)
    assert [timed_out.limit_s for timed_out in recorder.saw(TimedOut)] == [5.0]


async def test_each_step_is_timed_once_and_only_the_last_one_can_have_failed():
    recorder = Recorder(Ticks())
    stages = Stage.RESOLVE, Stage.DIAL, Stage.TLS, Stage.UPGRADE
    with pytest.raises(OSError, match="broken"):
        await fail(Clock(recorder, FOREVER_S), OSError("broken"), *stages)
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
    clock = Clock(recorder, FOREVER_S, {"tls": FOREVER_S})

    task = asyncio.create_task(hang(clock, Stage.TLS))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not clock.expired
    assert recorder.facts() == ()
