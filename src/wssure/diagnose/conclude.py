"""Explain a failure from its facts: the first cause in the list that matches the evidence.

Pure: the same facts give the same explanation live, from a capture and from a tap. If no cause matches, the
answer is `unknown.STAGE` with every fact kept, because a confident wrong answer costs more than none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from wssure.diagnose.cause import Cause, Match
from wssure.diagnose.causes import catalogue, find
from wssure.diagnose.proxy import at_proxy
from wssure.diagnose.view import Evidence, text_of
from wssure.evidence import Alternative, Attempt, Confidence, Failure, Fault, Stage
from wssure.facts import Fact, VerifyDefect
from wssure.fixes import SENTENCES, Fix, fix
from wssure.text import printable

_SUMMARY_LIMIT: Final = 400
# These say of any answer that it is none of ours: beside a cause that knows the answer they add nothing.
_CATCH_ALL: Final = frozenset({"http.unexpected-status", "proxy.unexpected-status", "tls.alert"})
_ACTIVITY: Final = {
    Stage.USAGE: "checking the arguments",
    Stage.RESOLVE: "resolving the name",
    Stage.DIAL: "connecting",
    Stage.PROXY: "asking the proxy for a tunnel",
    Stage.TLS: "the tls handshake",
    Stage.UPGRADE: "the websocket upgrade",
    Stage.OPEN: "the open connection",
    Stage.CLOSE: "closing",
}


def conclude(stage: Stage, facts: Sequence[Fact], attempts: Sequence[Attempt] = (), *, role: str = "client") -> Failure:
    """Explain a failed connection.

    Args:
        stage: The step in which it failed, as the caller saw it; the cause may know better.
        facts: The observations, with the vocabulary of docs/facts.md.
        attempts: One per address tried.
        role: `client` or `server`: which side we are.

    Returns:
        The failure, with every fact kept.
    """
    evidence = Evidence(stage, facts, attempts, role)
    matches = [(cause, match) for cause in catalogue() if (match := cause.match(evidence)) is not None]
    if not matches:
        return _unknown(evidence)
    cause, match = matches[0]
    if evidence.at_proxy:
        match = at_proxy(match, evidence)
    alternatives = list(match.others)
    if match.confidence is not Confidence.CERTAIN:
        alternatives += [
            Alternative(
                other.id,
                min_confidence(other_match.confidence, match.confidence),
                other_match.summary,
                fixes=(other_match.fix,) if other_match.fix else (),
            )
            for other, other_match in matches[1:]
            if other.id not in _CATCH_ALL
        ]
    return _failure(cause, match, evidence, _complete(alternatives, cause.id))


def _failure(cause: Cause, match: Match, evidence: Evidence, alternatives: tuple[Alternative, ...]) -> Failure:
    return Failure(
        stage=match.stage or cause.stage,
        cause=cause.id,
        fault=match.fault or cause.fault,
        summary=printable(match.summary, _SUMMARY_LIMIT),
        fixes=(match.fix or _standing(cause, evidence),),
        facts=evidence.facts,
        attempts=evidence.attempts,
        confidence=match.confidence,
        transient=cause.transient if match.transient is None else match.transient,
        alternatives=alternatives,
    )


def _standing(cause: Cause, evidence: Evidence) -> Fix:
    """Return the standing fix of a cause: on a server the one for the owner of a server, if they differ."""
    own = f"server.{cause.id}"
    return fix(own) if evidence.is_server and own in SENTENCES else cause.fix


def _unknown(evidence: Evidence) -> Failure:
    activity = _ACTIVITY[evidence.stage]
    alerts = ", ".join(str(number) for number in sorted(evidence.refusals))
    refused = ", ".join(text_of(defect.text) for defect in evidence.all(VerifyDefect))
    seen = next(
        (
            text
            for text in (
                f"the certificate was refused: {refused}" if refused else "",
                f"the peer sent alert {alerts}" if alerts else "",
                f"the system reported {evidence.os_error}" if evidence.os_error else "",
                f"no answer within {evidence.limit}" if evidence.timeout_phase else "",
            )
            if text
        ),
        "no cause has its evidence in what was seen",
    )
    return Failure(
        stage=evidence.stage,
        cause=f"unknown.{evidence.stage}",
        fault=Fault.UNKNOWN,
        summary=printable(f"{activity} failed: {seen}", _SUMMARY_LIMIT),
        fixes=(fix("unknown"),),
        facts=evidence.facts,
        attempts=evidence.attempts,
        confidence=Confidence.POSSIBLE,
        transient=bool(evidence.timeout_phase) or evidence.lost,
    )


def min_confidence(first: Confidence, second: Confidence) -> Confidence:
    """Return the lower of two confidences: an alternative is never surer than the cause before it."""
    order = list(Confidence)
    return order[max(order.index(first), order.index(second))]


def _complete(alternatives: Iterable[Alternative], chosen: str) -> tuple[Alternative, ...]:
    """Drop repetitions, and give each alternative its cause's own probe and fix if it has none."""
    done: dict[str, Alternative] = {}
    for alternative in alternatives:
        if alternative.cause == chosen or alternative.cause in done:
            continue
        cause = find(alternative.cause)
        done[alternative.cause] = replace(
            alternative,
            why=printable(alternative.why, _SUMMARY_LIMIT),
            probe=alternative.probe or (cause.probe if cause else None),
            fixes=alternative.fixes or ((cause.fix,) if cause else ()),
        )
    return tuple(sorted(done.values(), key=lambda alternative: list(Confidence).index(alternative.confidence)))
