"""Experiments with ALPN: without it, and with h2 in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wssure.tools.probe.case import Case, Experiment
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.trial import shake_hands

_SEPARATES: Final = frozenset(
    {
        "tls.alpn",
        "tls.no-common-params",
        "tls.eof-in-handshake",
        "tcp.reset-in-handshake",
        "tls.timeout-after-hello",
        "unknown.tls",
        "tls.alert",
    }
)
_VARIANTS: Final = (
    ("alpn.none", "without ALPN", ()),
    ("alpn.http1", "with ALPN http/1.1 alone", ("http/1.1",)),
    ("alpn.h2", "with ALPN h2 and http/1.1", ("h2", "http/1.1")),
)


def experiments(case: Case) -> Iterator[Experiment]:
    """Yield the experiments with ALPN."""
    if not case.unanswered:
        return
    offered = case.settings.offered_alpn
    for name, question, protocols in _VARIANTS:
        if protocols != offered:
            yield _variant(case, name, question, protocols)


def _variant(case: Case, name: str, question: str, protocols: tuple[str, ...]) -> Experiment:
    async def run(limit_s: float) -> Outcome:
        return (await shake_hands(case.route, case.tls(alpn=protocols), limit_s)).outcome

    return Experiment(name, question, _SEPARATES, "tls.alpn", run)
