"""Experiments with the protocol: plain HTTP and silence instead of TLS, and TLS instead of plain HTTP."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from wssure.facts import AlertSeen, NotTlsSeen, ResponseSeen
from wssure.tls.settings import TLSSettings
from wssure.tools.probe.attempt import Route, Tls, ask_plainly, listen, shake_hands
from wssure.tools.probe.outcome import Outcome, Progress
from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed

_NOT_TLS: Final = UNEXPLAINED | {"tls.not-tls-http", "tls.not-tls-other"}
_IS_TLS: Final = frozenset(
    {
        "ws.to-tls-port",
        "http.eof",
        "http.timeout",
        "http.garbage",
        "http.400",
        "tcp.reset-in-handshake",
        "unknown.upgrade",
    }
)
# Answers of TLS ports to plain HTTP: a text from nginx, Apache, Go and haproxy, or a redirect to https.
_SAYS_TLS: Final = re.compile(r"https|ssl|tls", re.IGNORECASE)
_LISTEN_S: Final = 0.6


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with the protocol of the port."""
    if not probed.secure:
        question = "with TLS instead of plain HTTP"
        yield Experiment("plain.tls", question, _IS_TLS, "ws.to-tls-port", lambda limit_s: _tls(probed, limit_s))
        return
    if not probed.unanswered or probed.evidence.refusals:
        return  # an alert, or more, is TLS
    yield Experiment(
        "plain.banner", "saying nothing", _NOT_TLS, "tls.not-tls-other", lambda limit_s: _banner(probed, limit_s)
    )
    yield Experiment(
        "plain.http", "with plain HTTP", _NOT_TLS, "tls.not-tls-http", lambda limit_s: _http(probed, limit_s)
    )


async def _tls(probed: Probed, limit_s: float) -> Outcome:
    outcome = await speaks_tls(probed, probed.route, limit_s)
    # Further than plain HTTP can get.
    return replace(outcome, progress=Progress.UPGRADED if outcome.progress is Progress.ANSWERED else Progress.NOTHING)


async def speaks_tls(probed: Probed, route: Route, limit_s: float) -> Outcome:
    """Return ANSWERED if the server at the end of a route speaks TLS, else NOTHING."""
    result = await shake_hands(route, Tls(probed.backend, TLSSettings(), probed.target.endpoint.server_name), limit_s)
    speaks = result.outcome.progress >= Progress.ANSWERED or result.fact(AlertSeen) is not None
    return Outcome(Progress.ANSWERED if speaks else Progress.NOTHING, result.outcome.answer, result.outcome.silent)


async def _banner(probed: Probed, limit_s: float) -> Outcome:
    result = await listen(probed.route, min(limit_s, _LISTEN_S))
    greets = result.fact(NotTlsSeen) is not None
    return Outcome(
        Progress.ANSWERED if greets else probed.baseline.progress, result.outcome.answer, result.outcome.silent
    )


async def _http(probed: Probed, limit_s: float) -> Outcome:
    result = await ask_plainly(probed.route, probed.target.endpoint.host_header, limit_s)
    response = result.fact(ResponseSeen)
    if response is None:
        return Outcome(probed.baseline.progress, result.outcome.answer, result.outcome.silent)
    words = f"{response.body} {response.headers}"
    is_tls = response.status in (301, 302, 307, 308, 400, 497) and _SAYS_TLS.search(words)
    return Outcome(probed.baseline.progress if is_tls else Progress.ANSWERED, result.outcome.answer)
