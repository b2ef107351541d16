"""Select, order and run the experiments within a time budget."""

import time
from typing import Final

from wssure.aio.dial import address_text
from wssure.aio.target import Target
from wssure.evidence import Confidence, Failure, Stage
from wssure.facts import Fact, ProbeBudget, ProbeResult, UpgradeBroken
from wssure.tools.probe import addresses, alpn, hellos, names, plain, proxies, upgrade, versions
from wssure.tools.probe.attempt import ask_upgrade, shake_hands
from wssure.tools.probe.compare import compare
from wssure.tools.probe.fetch import MOST_FETCHES
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import Experiment, Probed

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


async def plan(probed: Probed) -> list[Experiment]:
    """Return the experiments that distinguish the possible causes of this failure, the most decisive first."""
    stage = probed.failure.stage
    certain = probed.failure.confidence is Confidence.CERTAIN and not probed.failure.alternatives
    if certain and stage is not Stage.PROXY and UpgradeBroken not in probed.evidence:
        return [] if probed.unanswered else _choose(probed, [*addresses.experiments(probed)])
    if stage is Stage.PROXY or probed.target.proxy_wants_user:
        # A proxy that refuses, or needs credentials that experiments do not send, blocks the way to the server.
        return _choose(probed, [*proxies.experiments(probed)])
    known_names = await names.known_names(probed)
    every = [
        *proxies.experiments(probed),
        *names.experiments(probed, known_names),
        *versions.experiments(probed),
        *hellos.experiments(probed),
        *addresses.experiments(probed),
        *alpn.experiments(probed),
        *plain.experiments(probed),
        *upgrade.experiments(probed),
    ]
    return _choose(probed, every)


def _choose(probed: Probed, every: list[Experiment]) -> list[Experiment]:
    chosen, connections = [], 1  # the control
    for experiment in sorted(every, key=lambda item: _ORDER.index(item.id)):
        wanted = bool(experiment.separates & probed.candidates)
        if wanted and connections + experiment.connections <= MOST_CONNECTIONS:
            chosen.append(experiment)
            connections += experiment.connections
    return chosen


class Examination:
    """The experiments of one failure, planned and not yet run.

    Args:
        probed: The failure.
        experiments: The experiments in order.
        fetch: True to fetch published data about the certificate.

    Attributes:
        connections: Maximum number of connections, including the control.
        fetches: Maximum number of fetches; 0 without fetches.
    """

    def __init__(self, probed: Probed, experiments: list[Experiment], *, fetch: bool = False) -> None:
        self._probed = probed
        self._experiments = experiments
        # With fetches: one to get the certificates, and one with the fetched certificates.
        self.connections = 1 + sum(experiment.connections for experiment in experiments) + 2 * fetch
        self.fetches = MOST_FETCHES * fetch

    @property
    def destination(self) -> str:
        """The target of the experiments, as `ip:port`."""
        return address_text(*self._probed.address)

    async def run(self, budget_s: float) -> Failure:
        """Run the experiments one after another and return the updated failure."""
        began = time.monotonic()
        runner = _Runner(self._probed, began + budget_s)
        fetched: tuple[Fact, ...] = ()
        experiments = list(self._experiments)
        if self.fetches:
            from wssure.tools.probe.published import Published  # needs the extra `fetch`

            published = Published(self._probed, began + budget_s)
            fetched = await published.look()
            runner.connections += published.connections
            further = published.experiment()
            experiments = experiments if further is None else [further, *experiments]
        for experiment in experiments:
            await runner.run(experiment)
            if runner.unstable:
                break
        spent_s = round(time.monotonic() - began, 3)
        budget = ProbeBudget(budget_s, spent_s, runner.connections, tuple(runner.left_out))
        return compare(self._probed.failure, (*fetched, *runner.results, budget))


async def prepare(failure: Failure, target: Target, *, fetch: bool = False) -> Examination | None:
    """Plan the experiments of a failure; None if there is nothing to test, or no address.

    Args:
        failure: The failure.
        target: The target of the connection.
        fetch: True to fetch published data about the certificate.
    """
    probed = Probed.of(failure, target)
    if probed is None:
        return None
    experiments = await plan(probed)
    fetch = fetch and probed.secure and bool(probed.evidence.flags) and not probed.target.own_context
    return Examination(probed, experiments, fetch=fetch) if experiments or fetch else None


class _Runner:
    """Runs experiments and stores their results. After the first different result, the control repeats the failure.

    Attributes:
        results: Oldest first.
        connections: How many were made.
        left_out: Ids of the experiments there was no time for.
        unstable: True once the control got further than the failure: then nothing that flips means anything.
    """

    def __init__(self, probed: Probed, end: float) -> None:
        self.probed = probed
        self.end = end
        self.results: list[ProbeResult] = []
        self.connections = 0
        self.left_out: list[str] = []
        self.unstable = False
        self._controlled = False

    async def run(self, experiment: Experiment) -> None:
        """Run one experiment, if there is time."""
        flipped = await self._run(experiment)
        if flipped and experiment.controllable and not self._controlled:
            self._controlled = True
            self.unstable = await self._run(_control(self.probed))

    async def _run(self, experiment: Experiment) -> bool:
        left_s = self.end - time.monotonic()
        if left_s < _SHORTEST_S:
            self.left_out.append(experiment.id)
            return False
        began = time.monotonic()
        outcome = await experiment.run(min(self.probed.limit_s, left_s / experiment.connections))
        self.connections += outcome.connections
        baseline = self.probed.baseline
        flipped = outcome.progress > baseline.progress
        self.results.append(
            ProbeResult(
                experiment.id,
                experiment.question,
                experiment.decides,
                baseline.answer,
                outcome.answer,
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


def _control(probed: Probed) -> Experiment:
    async def run(limit_s: float) -> Outcome:
        usual = upgrade.usual_request(probed)
        if usual is not None:
            return (await ask_upgrade(probed.route, probed.verified_tls(), usual, limit_s)).outcome
        return (await shake_hands(probed.route, probed.tls() if probed.secure else None, limit_s)).outcome

    return Experiment("control", "the same again", frozenset(), None, run)
