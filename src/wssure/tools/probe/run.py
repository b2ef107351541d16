"""Select, order and run the experiments within a time budget."""

from __future__ import annotations

import time
from typing import Final

from wssure.aio.dial import address_text
from wssure.aio.target import Target
from wssure.evidence import Confidence, Failure, Stage
from wssure.facts import Fact, ProbeBudget, ProbeResult, UpgradeBroken
from wssure.tools.probe import addresses, alpn, hellos, names, plain, proxies, upgrade, versions
from wssure.tools.probe.case import Case, Experiment
from wssure.tools.probe.fetch import MOST_FETCHES
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.settle import settle
from wssure.tools.probe.trial import ask_upgrade, shake_hands

MOST_CONNECTIONS: Final = 12
# The most decisive first, in case there is no time for all.
_ORDER: Final = (
    *(
        "name.checked",
        "sni.name",
        "sni.none",
        "sni.other",
        "hello.small",
        "version.1.2",
        "hello.groups",
        "hello.suites",
    ),
    *("address.family", "address.other", "hello.announced", "plain.tls", "plain.http", "plain.banner"),
    *("accept.again", "subprotocol.own", "request.bare", "host.other", "origin.own", "origin.none"),
    *("route.direct", "proxy.tls", "proxy.socks", "alpn.none", "alpn.http1", "version.old", "version.1.3", "alpn.h2"),
)
# A shorter rest of the budget is not enough for an answer.
_SHORTEST_S: Final = 0.1


async def plan(case: Case) -> list[Experiment]:
    """Return the experiments that distinguish the possible causes of this failure, the most decisive first."""
    stage = case.failure.stage
    certain = case.failure.confidence is Confidence.CERTAIN and not case.failure.alternatives
    if certain and stage is not Stage.PROXY and UpgradeBroken not in case.evidence:
        return [] if case.unanswered else _chosen(case, [*addresses.experiments(case)])
    if stage is Stage.PROXY or case.target.proxy_wants_user:
        # A proxy that refuses, or needs credentials that experiments do not send, blocks the way to the server.
        return _chosen(case, [*proxies.experiments(case)])
    known = await names.known_names(case)
    every = [
        *proxies.experiments(case),
        *names.experiments(case, known),
        *versions.experiments(case),
        *hellos.experiments(case),
        *addresses.experiments(case),
        *alpn.experiments(case),
        *plain.experiments(case),
        *upgrade.experiments(case),
    ]
    return _chosen(case, every)


def _chosen(case: Case, every: list[Experiment]) -> list[Experiment]:
    chosen, connections = [], 1  # the control
    for experiment in sorted(every, key=lambda one: _ORDER.index(one.id)):
        wanted = bool(experiment.separates & case.candidates)
        if wanted and connections + experiment.connections <= MOST_CONNECTIONS:
            chosen.append(experiment)
            connections += experiment.connections
    return chosen


class Examination:
    """The experiments of one failure, planned and not yet run.

    Args:
        case: The failure.
        experiments: The experiments in order.
        fetch: True to fetch published data about the certificate.

    Attributes:
        connections: Maximum number of connections, including the control.
        fetches: Maximum number of fetches; 0 without fetches.
    """

    def __init__(self, case: Case, experiments: list[Experiment], *, fetch: bool = False) -> None:
        self._case = case
        self._experiments = experiments
        # With fetches: one to get the certificates, and one with the fetched certificates.
        self.connections = 1 + sum(one.connections for one in experiments) + 2 * fetch
        self.fetches = MOST_FETCHES * fetch

    @property
    def place(self) -> str:
        """The target of the experiments, as `ip:port`."""
        return address_text(*self._case.address)

    async def run(self, budget_s: float) -> Failure:
        """Run the experiments one after another and return the updated failure."""
        began = time.monotonic()
        bench = _Bench(self._case, began + budget_s)
        fetched: tuple[Fact, ...] = ()
        experiments = list(self._experiments)
        if self.fetches:
            from wssure.tools.probe.published import Published  # needs the extra `fetch`

            published = Published(self._case, began + budget_s)
            fetched = await published.look()
            bench.connections += published.connections
            further = published.experiment()
            experiments = experiments if further is None else [further, *experiments]
        for experiment in experiments:
            await bench.run(experiment)
            if bench.unstable:
                break
        spent_s = round(time.monotonic() - began, 3)
        budget = ProbeBudget(budget_s, spent_s, bench.connections, tuple(bench.left_out))
        return settle(self._case.failure, (*fetched, *bench.results, budget))


async def prepare(failure: Failure, target: Target, *, fetch: bool = False) -> Examination | None:
    """Plan the experiments of a failure; None if there is nothing to test, or no address.

    Args:
        failure: The failure.
        target: The target of the connection.
        fetch: True to fetch published data about the certificate.
    """
    case = Case.of(failure, target)
    if case is None:
        return None
    experiments = await plan(case)
    fetch = fetch and case.secure and bool(case.evidence.flags) and not case.target.own_context
    return Examination(case, experiments, fetch=fetch) if experiments or fetch else None


class _Bench:
    """Runs experiments and stores their results. After the first different result, the control repeats the failure.

    Attributes:
        results: Oldest first.
        connections: How many were made.
        left_out: Ids of the experiments there was no time for.
        unstable: True once the control got further than the failure: then nothing that flips means anything.
    """

    def __init__(self, case: Case, end: float) -> None:
        self.case = case
        self.end = end
        self.results: list[ProbeResult] = []
        self.connections = 0
        self.left_out: list[str] = []
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
            self.left_out.append(experiment.id)
            return False
        began = time.monotonic()
        outcome = await experiment.run(min(self.case.limit_s, left_s / experiment.connections))
        self.connections += outcome.connections
        baseline = self.case.baseline
        flipped = outcome.reach > baseline.reach
        self.results.append(
            ProbeResult(
                experiment.id,
                experiment.question,
                experiment.decides,
                baseline.said,
                outcome.said,
                flipped,
                _note(outcome, flipped),
                round((time.monotonic() - began) * 1000, 1),
            )
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
            return (await ask_upgrade(case.route, case.verified_tls(), usual, limit_s)).outcome
        return (await shake_hands(case.route, case.tls(), limit_s)).outcome

    return Experiment("control", "the same again", frozenset(), None, run)
