"""Experiments with the protocol: plain HTTP and silence instead of TLS, and TLS instead of plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from wssure.facts import AlertSeen, NotTlsSeen, ResponseSeen
from wssure.tls.settings import TLSSettings
from wssure.tools.probe.case import Case, Experiment
from wssure.tools.probe.outcome import Outcome, Reach
from wssure.tools.probe.trial import Route, Tls, ask_plainly, listen, shake_hands

_NOT_TLS: Final = frozenset(
    {
        "tls.not-tls-http",
        "tls.not-tls-other",
        "tls.eof-in-handshake",
        "tcp.reset-in-handshake",
        "tls.timeout-after-hello",
        "unknown.tls",
        "tls.alert",
    }
)
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


def experiments(case: Case) -> Iterator[Experiment]:
    """Yield the experiments with the protocol of the port."""
    if not case.secure:
        question = "with TLS instead of plain HTTP"
        yield Experiment("plain.tls", question, _IS_TLS, "ws.to-tls-port", lambda limit_s: _tls(case, limit_s))
        return
    if not case.unanswered or case.evidence.refusals:
        return  # an alert, or more, is TLS
    yield Experiment(
        "plain.banner", "saying nothing", _NOT_TLS, "tls.not-tls-other", lambda limit_s: _banner(case, limit_s)
    )
    yield Experiment(
        "plain.http", "with plain HTTP", _NOT_TLS, "tls.not-tls-http", lambda limit_s: _http(case, limit_s)
    )


async def _tls(case: Case, limit_s: float) -> Outcome:
    outcome = await speaks_tls(case, case.route, limit_s)
    # Further than plain HTTP can get.
    return replace(outcome, reach=Reach.UPGRADED if outcome.reach is Reach.ANSWERED else Reach.NOTHING)


async def speaks_tls(case: Case, route: Route, limit_s: float) -> Outcome:
    """Return ANSWERED if the server at the end of a route speaks TLS, else NOTHING."""
    told = await shake_hands(route, Tls(case.backend, TLSSettings(), case.target.endpoint.server_name), limit_s)
    speaks = told.outcome.reach >= Reach.ANSWERED or told.fact(AlertSeen) is not None
    return Outcome(Reach.ANSWERED if speaks else Reach.NOTHING, told.outcome.said, told.outcome.silent)


async def _banner(case: Case, limit_s: float) -> Outcome:
    told = await listen(case.route, min(limit_s, _LISTEN_S))
    greets = told.fact(NotTlsSeen) is not None
    return Outcome(Reach.ANSWERED if greets else case.baseline.reach, told.outcome.said, told.outcome.silent)


async def _http(case: Case, limit_s: float) -> Outcome:
    told = await ask_plainly(case.route, case.target.endpoint.host_header, limit_s)
    response = told.fact(ResponseSeen)
    if response is None:
        return Outcome(case.baseline.reach, told.outcome.said, told.outcome.silent)
    words = f"{response.body} {response.headers}"
    is_tls = response.status in (301, 302, 307, 308, 400, 497) and _SAYS_TLS.search(words)
    return Outcome(case.baseline.reach if is_tls else Reach.ANSWERED, told.outcome.said)
