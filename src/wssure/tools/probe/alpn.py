"""Experiments with ALPN: without it, and with h2 in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wssure.tools.probe.attempt import shake_hands
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import Experiment, Probed

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


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with ALPN."""
    if not probed.unanswered:
        return
    offered = probed.settings.offered_alpn
    for name, question, protocols in _VARIANTS:
        if protocols != offered:
            yield _variant(probed, name, question, protocols)


def _variant(probed: Probed, name: str, question: str, protocols: tuple[str, ...]) -> Experiment:
    async def run(limit_s: float) -> Outcome:
        return (await shake_hands(probed.route, probed.tls(alpn=protocols), limit_s)).outcome

    return Experiment(name, question, _SEPARATES, "tls.alpn", run)
