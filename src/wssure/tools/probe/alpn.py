"""Experiments with ALPN: without it, and with h2 in it."""

from collections.abc import Iterator
from typing import Final

from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed

_SEPARATES: Final = UNEXPLAINED | {"tls.alpn", "tls.no-common-params"}
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
            yield probed.handshake(name, question, _SEPARATES, "tls.alpn", alpn=protocols)
