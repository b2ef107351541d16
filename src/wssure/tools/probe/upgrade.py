"""Experiments with the upgrade request after a verified handshake: Host and Origin, without data of the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from wssure.diagnose.view import text_of
from wssure.evidence import Stage
from wssure.facts import HostHeaderGiven, UpgradeBroken
from wssure.tools.probe.attempt import Request, ask_upgrade
from wssure.tools.probe.outcome import Outcome, Progress
from wssure.tools.probe.probed import Experiment, Probed
from wssure.wire.http_message import is_token

_HOST: Final = frozenset({"http.host-header", "http.404", "http.misdirected-421", "unknown.upgrade"})
_ORIGIN: Final = frozenset({"http.origin", "http.403"})
_BARE: Final = _HOST | _ORIGIN | {"http.400", "http.unexpected-status", "http.eof"}
_MOST_HOSTS: Final = 4
# A 101 that breaks a rule of RFC 6455.
_BROKEN: Final = frozenset({"ws.subprotocol", "ws.extension", "ws.bad-accept", "ws.upgrade-headers"})


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with the request."""
    if probed.failure.stage is not Stage.UPGRADE or not probed.may_ask:
        return
    asked = _Asked(probed)
    broken = probed.evidence.last(UpgradeBroken)
    if broken is not None:
        yield from _of_broken(asked, broken)
        return
    if not probed.target.plain_request:
        decides = "http.host-header" if HostHeaderGiven in probed.evidence else None
        yield asked.experiment("request.bare", "without headers and query of your own", _BARE, decides, asked.usual)
    for host in _hosts(probed):
        request = Request(host, asked.usual.path, asked.usual.origin)
        yield asked.experiment("host.other", f"with the Host {host}", _HOST, "http.host-header", request)
    for origin in _origins(probed):
        request = Request(asked.usual.host_header, asked.usual.path, origin)
        question = "without an Origin" if origin is None else f"with the Origin {origin}"
        yield asked.experiment(
            "origin.none" if origin is None else "origin.own", question, _ORIGIN, "http.origin", request
        )


def _of_broken(asked: _Asked, broken: UpgradeBroken) -> Iterator[Experiment]:
    """Yield the experiments that decide why a 101 breaks a rule."""
    usual, cause = asked.usual, asked.probed.failure.cause
    if broken.rule == "accept":
        # Each request has a key of its own, so the control would be the same experiment.
        question = "with another Sec-WebSocket-Key"
        yield asked.experiment("accept.again", question, _BROKEN, cause, usual, controllable=False)
        return
    got = broken.got or ""
    if broken.rule == "subprotocol" and is_token(got):
        yield asked.experiment(
            "subprotocol.own",
            f"with the subprotocol {got}",
            _BROKEN,
            cause,
            replace(usual, subprotocols=(got,)),
            controllable=False,
        )
    decides = cause if broken.rule in ("subprotocol", "extension") else None
    question = "without subprotocols, extensions, headers and query of your own"
    yield asked.experiment("request.bare", question, _BROKEN, decides, usual)


def _usual(probed: Probed) -> Request:
    endpoint = probed.target.endpoint
    return Request(endpoint.host_header, endpoint.path, probed.target.origin)


def usual_request(probed: Probed) -> Request | None:
    """Return the failed request without the caller's data; None if there is none, or it must not be repeated."""
    return _usual(probed) if probed.failure.stage is Stage.UPGRADE and probed.may_ask else None


class _Asked:
    """Makes the experiments of one case; a bare request that succeeds has priority over all others."""

    def __init__(self, probed: Probed) -> None:
        self.probed = probed
        self.usual = _usual(probed)
        self.bare_works = False

    def experiment(
        self,
        name: str,
        question: str,
        separates: frozenset[str],
        decides: str | None,
        request: Request,
        *,
        controllable: bool = True,
    ) -> Experiment:
        async def run(limit_s: float) -> Outcome:
            result = await ask_upgrade(self.probed.route, self.probed.verified_tls(), request, limit_s)
            outcome, broken = result.outcome, result.fact(UpgradeBroken)
            if broken is not None:
                outcome = replace(outcome, answer=f"{outcome.answer}, {broken.rule}: {text_of(broken.got) or 'none'}")
            if name == "request.bare":
                self.bare_works = outcome.progress is Progress.UPGRADED
            elif self.bare_works:
                return Outcome(self.probed.baseline.progress, outcome.answer)  # the bare request has shown it already
            return outcome

        return Experiment(name, question, separates, decides, run, controllable=controllable and name != "request.bare")


def _hosts(probed: Probed) -> list[str]:
    """Return Host headers to try: without the port, with it, the certificate's names, with www and without."""
    endpoint = probed.target.endpoint
    bare = endpoint.bracketed_host
    names = [bare, f"{bare}:{endpoint.port}"]
    names += [name for name in probed.evidence.presented if not name.startswith("*") and name != bare]
    names.append(bare.removeprefix("www.") if bare.startswith("www.") else f"www.{bare}")
    return [name for name in dict.fromkeys(names) if name != endpoint.host_header][:_MOST_HOSTS]


def _origins(probed: Probed) -> list[str | None]:
    endpoint = probed.target.endpoint
    own = ("https://" if endpoint.secure else "http://") + endpoint.host_header
    return [origin for origin in (own, None) if origin != probed.target.origin]
