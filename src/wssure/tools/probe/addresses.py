"""Experiments with the address: the same handshake with each other address of the name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wssure.aio.resolve import Address
from wssure.diagnose.view import answers
from wssure.evidence import Stage
from wssure.tools.probe.case import Case, Experiment, Run, parse_address
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.trial import Route, shake_hands

_SEPARATES: Final = frozenset(
    {
        "tcp.v6-broken",
        "tls.eof-in-handshake",
        "tcp.reset-in-handshake",
        "tls.timeout-after-hello",
        "unknown.tls",
        "tls.alert",
    }
)
_MOST: Final = 3


def experiments(case: Case) -> Iterator[Experiment]:
    """Yield one experiment for each further address, the other family's first."""
    # Behind a proxy the answers are its own addresses: the server's are the proxy's to choose.
    if case.failure.stage is not Stage.TLS or not case.secure or case.route.proxy is not None:
        return
    port = case.address[1][1]
    others = [address for one in answers(case.evidence) if (address := parse_address(f"[{one}]:{port}")) is not None]
    others = [address for address in others if address[1][0] != case.address[1][0]]
    others.sort(key=lambda address: address[0] == case.address[0])
    for address in others[:_MOST]:
        family = address[0] != case.address[0]
        name = "address.family" if family else "address.other"
        # Of an answer that was refused the other address shows only that the two differ, and not why.
        decides = "tcp.v6-broken" if family and case.unanswered else None
        separates = _SEPARATES if case.unanswered else case.candidates
        yield Experiment(name, f"at {address[1][0]}", separates, decides, _at(case, address))


def _at(case: Case, address: Address) -> Run:
    async def run(limit_s: float) -> Outcome:
        return (await shake_hands(Route(address), case.tls(), limit_s)).outcome

    return run
