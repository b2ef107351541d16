"""Which experiments run, in which order, and within which budget."""

from __future__ import annotations

import time
from typing import Any, Final

from wssure.aio.target import Target
from wssure.diagnose.outcome import Outcome
from wssure.diagnose.settle import settle
from wssure.diagnose.view import text_of
from wssure.evidence import Confidence, Fact, Failure
from wssure.probe import addresses, alpn, hellos, names, plain, upgrade, versions
from wssure.probe.case import Case, Experiment
from wssure.probe.trial import ask_upgrade, shake_hands

__all__ = ["MOST_CONNECTIONS", "investigate", "plan"]

MOST_CONNECTIONS: Final = 12
# What is left at the end is too short for an answer.
_SHORTEST_S: Final = 0.1


async def plan(case: Case) -> list[Experiment]:
    """Return the experiments that can tell this failure's possible causes apart, the most telling first."""
    if case.failure.confidence is Confidence.CERTAIN and not case.failure.alternatives:
        return []
    known = await names.known_names(case)
    every = [
        *names.experiments(case, known),
        *versions.experiments(case),
        *hellos.experiments(case),
        *addresses.experiments(case),
        *alpn.experiments(case),
        *plain.experiments(case),
        *upgrade.experiments(case),
    ]
    chosen, connections = [], 1  # the control
    for experiment in every:
        wanted = bool(experiment.separates & case.candidates)
        if wanted and connections + experiment.connections <= MOST_CONNECTIONS:
            chosen.append(experiment)
            connections += experiment.connections
    return chosen


async def investigate(failure: Failure, target: Target, *, budget_s: float) -> Failure:
    """Run the experiments one after the other and return what they settle.

    Args:
        failure: As it was judged.
        target: What was connected to.
        budget_s: Seconds for all of it.
    """
    case = Case.of(failure, target)
    if case is None:
        return failure
    began = time.monotonic()
    experiments = await plan(case)
    if not experiments:
        return failure
    bench = _Bench(case, began + budget_s)
    for experiment in experiments:
        await bench.run(experiment)
        if bench.unstable:
            break
    done = {result["experiment"] for result in bench.results}
    budget = {
        "limit_s": budget_s,
        "spent_s": round(time.monotonic() - began, 3),
        "connections": bench.connections,
        "left_out": [one.id for one in experiments if one.id not in done],
    }
    results = [Fact("probe.result", result) for result in bench.results]
    return settle(failure, (*results, Fact("probe.budget", budget)))


class _Bench:
    """Runs experiments and keeps their results. The first that flips is followed by the control: the failure repeated.

    Attributes:
        results: Values of `probe.result`, oldest first.
        connections: How many were made.
        unstable: True once the control got further than the failure: then nothing that flips means anything.
    """

    def __init__(self, case: Case, end: float) -> None:
        self.case = case
        self.end = end
        self.results: list[dict[str, Any]] = []
        self.connections = 0
        self.unstable = False
        self._controlled = False

    async def run(self, experiment: Experiment) -> None:
        """Run one experiment, if there is time."""
        flipped = await self._one(experiment)
        if flipped and experiment.controllable and not self._controlled:
            self._controlled = True
            self.unstable = await self._one(_control(self.case))

    async def _one(self, experiment: Experiment) -> bool:
        left_s = self.end - time.monotonic()
        if left_s < _SHORTEST_S:
            return False
        began = time.monotonic()
        outcome = await experiment.run(min(self.case.limit_s, left_s / experiment.connections))
        self.connections += experiment.connections
        baseline = self.case.baseline
        flipped = outcome.reach > baseline.reach
        self.results.append(
            {
                "experiment": experiment.id,
                "question": text_of(experiment.question, 300),
                "decides": experiment.decides,
                "baseline": text_of(baseline.said),
                "variant": text_of(outcome.said, 200),
                "flipped": flipped,
                "note": _note(outcome, flipped),
                "ms": round((time.monotonic() - began) * 1000, 1),
            }
        )
        return flipped


def _note(outcome: Outcome, flipped: bool) -> str:
    if flipped:
        return "gets further"
    return "no answer in its time" if outcome.silent else "makes no difference"


def _control(case: Case) -> Experiment:
    async def run(limit_s: float) -> Outcome:
        usual = upgrade.usual_request(case)
        if usual is not None:
            return (await ask_upgrade(case.address, case.verified_tls(), usual, limit_s)).outcome
        return (await shake_hands(case.address, case.tls(), limit_s)).outcome

    return Experiment("control", "the same again", frozenset(), None, run)
