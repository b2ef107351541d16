"""Client and server on a path that breaks at every byte: nothing hangs, nothing leaks, and each end says what happened.

The ordinary run tries every so many bytes; the run marked `soak` tries each.
"""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import NAME, Loopback
from tests.backends import EXPECTED
from tests.hostile.exchange import Outcome, Way, exchange
from tests.hostile.faultproxy import Act, Damage

from wssure import ConnectionClosedError, ConnectTimedOut, TLSFailed, UpgradeFailed
from wssure.tls.backends import backend, problem


def versions_of(name: str) -> tuple[str, ...]:
    """Return the TLS versions to try; one that does not load keeps its tests, which then fail."""
    has_tls13 = problem(name) is not None or backend(name).capabilities.tls13
    return ("TLSv1.2", "TLSv1.3") if has_tls13 else ("TLSv1.2",)


WAYS = [(None, None), *((name, version) for name in EXPECTED for version in versions_of(name))]
DIRECTIONS = ("up", "down")
# A signature is a few bytes longer or shorter each time, and with it everything that follows.
JITTER = 8
AT_ONCE = 16
EVERY = pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=[pytest.mark.soak, pytest.mark.timeout(900)], id="every-byte"), 0]
)


@pytest.fixture(params=WAYS, ids=lambda way: f"wss-{way[0]}-{way[1]}" if way[0] else "ws")
def way(request: pytest.FixtureRequest, site_pem, ca_pem) -> Way:
    backend, version = request.param
    return Way(Loopback(backend, site_pem(NAME), ca_pem), version)


async def sweep(
    way: Way, act: Act, direction: str, stride: int, *, limit_s: float = 10, at_once: int = AT_ONCE
) -> list[tuple[int, Outcome]]:
    """Break the path at each place, in order; several exchanges at once."""
    clean = await exchange(way)
    assert clean.reached == "done"
    total = clean.passed[1][DIRECTIONS.index(direction)]
    turn = asyncio.Semaphore(at_once)

    async def one(at: int) -> tuple[int, Outcome]:
        async with turn:
            return at, await exchange(way, limit_s=limit_s, **{direction: Damage(act, at)})

    return await asyncio.gather(*(one(at) for at in range(0, total, stride)))


def never_goes_back(outcomes: list[tuple[int, Outcome]]) -> bool:
    """Tell whether the later the path breaks, the further the exchange comes."""
    furthest = 0
    late: list[tuple[int, int]] = []
    for at, outcome in outcomes:
        while late and late[0][0] <= at - JITTER:
            furthest = max(furthest, late.pop(0)[1])
        if outcome.rank < furthest:
            return False
        late.append((at, outcome.rank))
    return True


def check_explained(way: Way, at: int, outcome: Outcome, *, timed_out: bool) -> None:
    """Each end names the step, has the class that fits it, and a cause."""
    error = outcome.error
    if outcome.reached == "done":
        assert error is None
        return
    assert error is not None
    failure = error.failure
    assert failure is not None, at
    assert failure.cause != f"unknown.{failure.stage.value}", (at, failure)
    if outcome.reached == "open":
        assert isinstance(error, ConnectionClosedError), at
    else:
        assert isinstance(error, TLSFailed if outcome.reached == "tls" else UpgradeFailed), at
        assert isinstance(error, ConnectTimedOut) is timed_out, (at, failure)
    for said in outcome.said:
        assert said.stage.value in ("tls", "upgrade")
        assert said.cause != f"unknown.{said.stage.value}", (at, said)


@EVERY
@pytest.mark.parametrize("direction", DIRECTIONS)
async def test_a_split_anywhere_changes_nothing(way: Way, direction, stride):
    for at, outcome in await sweep(way, Act.SPLIT, direction, stride or 31):
        assert outcome.reached == "done", (at, outcome)
        assert outcome.said == ()


@EVERY
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("act", [Act.RESET, Act.HALF_CLOSE], ids=lambda act: act.value)
async def test_a_cut_anywhere_is_explained_in_its_step(way: Way, act, direction, stride):
    outcomes = await sweep(way, act, direction, stride or 61)
    assert outcomes[0][1].reached == ("upgrade" if way.version is None else "tls")
    assert never_goes_back(outcomes), [(at, outcome.reached) for at, outcome in outcomes]
    for at, outcome in outcomes:
        check_explained(way, at, outcome, timed_out=False)


@EVERY
async def test_silence_anywhere_times_out_in_its_step(way: Way, stride):
    # Thousands of exchanges make a step late: what is not silent must come within the limit. Those that wait cost nothing.
    limit_s, at_once = (2.5, 3 * AT_ONCE) if stride else (1.5, AT_ONCE)
    sweeps = [
        sweep(way, Act.STALL, direction, stride or 131, limit_s=limit_s, at_once=at_once) for direction in DIRECTIONS
    ]
    for outcomes in await asyncio.gather(*sweeps):
        assert never_goes_back(outcomes), [(at, outcome.reached) for at, outcome in outcomes]
        for at, outcome in outcomes:
            check_explained(way, at, outcome, timed_out=True)


SHAPES = {
    "a byte at a time": Damage(chunk=1),
    "seven bytes at a time": Damage(chunk=7),
    "coalesced": Damage(gather_s=0.02),
    "late": Damage(delay_s=0.02),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_however_slow_and_in_what_pieces_bytes_come_they_mean_the_same(way: Way, shape):
    outcome = await exchange(way, up=shape, down=shape)
    assert outcome.reached == "done"
    assert outcome.said == ()
