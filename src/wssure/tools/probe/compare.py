"""Apply experiments to a failure: the confirmed cause comes first, refuted causes are dropped, the rest stays.

Pure: takes `probe.result` facts (docs/facts.md), wherever they come from. An experiment differs from the failed connection in
one thing; if it gets further ("flipped"), this thing is the cause. Four rules keep that honest: the failure repeated
unchanged must still fail; an experiment that changes several things is dropped if a narrower pair explains the failure;
the result is `certain` only if one cause alone flipped and experiments excluded its rivals; and no advice repeats an
experiment that was made, or a change that it refuted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from wssure.diagnose.causes import find
from wssure.diagnose.causes.tls_no_common_params import NO_REASON
from wssure.diagnose.chain import reaches_anchor, reaches_unknown_root
from wssure.diagnose.view import Evidence, answered_hello
from wssure.evidence import Alternative, Confidence, Failure, Stage
from wssure.facts import Fact, ProbeResult, Revocation
from wssure.fixes import Fix, fix
from wssure.text import printable
from wssure.tools.probe.advice import advise, bears_on, without_effect
from wssure.tools.probe.conclusions import conclude

# Narrow pairs before wide ones: a hello for TLS 1.2 alone is also a small one, a nameless one too.
_RANK: Final = (
    "cert.hostname",
    "tls.large-hello-dropped",
    "tls.sni-missing",
    "tls.sni-filtered",
    "tls.sni-unknown",
    "tls.no-common-group",
    "tls.no-common-params",
    "tls.proxy-header-missing",
    "tls.version",
    "tls.alpn",
    "tcp.v6-broken",
    "tls.not-tls-http",
    "tls.not-tls-other",
    "ws.to-tls-port",
    "cert.chain-incomplete",
    "http.host-header",
    "http.origin",
    "proxy.intercepts-tls",
    "proxy.not-http",
)
# From here the server and a device before it look alike when one drops by name. So do all services that answer in HTTP.
_NEVER_CERTAIN: Final = frozenset(
    {
        "cert.hostname",
        "tls.sni-filtered",
        "tls.sni-unknown",
        "tls.not-tls-http",
        "tls.not-tls-other",
        "tcp.v6-broken",
        "proxy.intercepts-tls",
        "proxy.not-http",
    }
)
# Both drop one name alone, so each keeps the other in the list.
_INDISTINGUISHABLE: Final = {"tls.sni-filtered": "tls.sni-unknown", "tls.sni-unknown": "tls.sni-filtered"}
# Causes that flip along, because their experiments make the hello smaller or change the route.
_IMPLIED: Final = {
    "tls.large-hello-dropped": frozenset({"tls.version", "tls.alpn", "tls.sni-unknown", "tls.sni-filtered"}),
    "tls.sni-filtered": frozenset({"tls.sni-unknown"}),
    # In TLS 1.2 alone a server may do without the group (RSA), and without the suite.
    "tls.no-common-group": frozenset({"tls.no-common-params", "tls.version"}),
    "cert.hostname": frozenset({"tls.sni-missing"}),
    # The issuers that were fetched lead to a trust anchor.
    "cert.chain-incomplete": frozenset({"cert.untrusted-root", "proxy.intercepts-tls"}),
}
# A hello for one version alone differs in groups and suites, too: its flip is a proof only if these changed nothing.
_ALSO_CHANGES: Final = {
    "version.1.2": frozenset({"hello.groups", "hello.suites"}),
    "version.1.3": frozenset({"hello.groups", "hello.suites"}),
    "version.old": frozenset({"hello.suites"}),
    "request.bare": frozenset({"each part of the request"}),
}
# The published issuers decide between these two: they lead to a trust anchor or not.
_CHAIN: Final = frozenset({"cert.chain-incomplete", "cert.untrusted-root"})
# Experiments of a cause, which is refuted if all of them ran and none flipped.
_REFUTED_BY: Final = {
    "tls.version": frozenset({"version.1.2", "version.old"}),
    "tls.large-hello-dropped": frozenset({"hello.small"}),
    "tls.no-common-group": frozenset({"hello.groups"}),
    "tls.no-common-params": frozenset({"hello.suites"}),
    "tls.proxy-header-missing": frozenset({"hello.announced"}),
    "tls.sni-filtered": frozenset({"sni.none", "sni.other"}),
    "http.host-header": frozenset({"host.other"}),
    "http.origin": frozenset({"origin.own"}),
    "tcp.v6-broken": frozenset({"address.family"}),
    "ws.to-tls-port": frozenset({"plain.tls"}),
}
# Experiments that send a hello without a header before it: if one is answered, none is needed.
_BARE: Final = ("sni.", "version.", "hello.", "alpn.")
# Causes that describe the end of the connection and have no rivals: every cause of such an end fits.
_DESCRIPTIONS: Final = ("tls.eof", "tcp.reset", "tls.timeout", "tls.no-common-params", "http.", "unknown.")


def compare(failure: Failure, results: Sequence[Fact]) -> Failure:
    """Return a failure as experiments leave it.

    Args:
        failure: The failure before the experiments.
        results: The `probe.*` and `fetch.*` facts, in the order of the experiments.

    Returns:
        The failure with these facts among its own. Without a flip it keeps its cause; refuted causes are gone.
    """
    values = [fact for fact in results if isinstance(fact, ProbeResult)]
    extended = replace(failure, facts=(*failure.facts, *results))
    if any(value.experiment == "control" and value.flipped for value in values):
        return _unstable(extended)
    confirmed = _find_confirmed(values)
    compared = _apply_published(_promote(extended, confirmed, values) if confirmed else _drop_refuted(extended, values))
    return advise(compared, values, proved=bool(confirmed))


def _apply_published(failure: Failure) -> Failure:
    """Apply published data about the certificate: a missing issuer, a root that is not trusted, or a revocation."""
    evidence = Evidence(failure.stage, failure.facts, failure.attempts)
    unsure = failure.confidence is not Confidence.CERTAIN
    if unsure and reaches_anchor(evidence) and failure.cause in _CHAIN:
        failure = _explain_by("cert.chain-incomplete", failure, evidence)
    elif reaches_unknown_root(evidence) and failure.cause in _CHAIN:
        failure = _explain_by("cert.untrusted-root", failure, evidence)
    asked = evidence.last(Revocation)
    if asked is None or asked.status != "revoked":
        return failure
    if not evidence.name_mismatch:
        return _explain_by("cert.revoked", failure, evidence)
    # The certificate belongs to another host: its revocation is an alternative, not the cause.
    page = find("cert.revoked")
    match = page.match(evidence) if page is not None else None
    if page is None or match is None:
        return failure
    also = Alternative(page.id, match.confidence, printable(match.summary, 400), page.probe, (page.fix,))
    return replace(failure, alternatives=(also, *failure.alternatives))


def _explain_by(cause: str, failure: Failure, evidence: Evidence) -> Failure:
    """Give a failure to a cause by its own words; another one that was said before stands behind it."""
    page = find(cause)
    match = page.match(evidence) if page is not None else None
    if page is None or match is None:
        return failure
    before = Alternative(failure.cause, Confidence.POSSIBLE, failure.summary, fixes=failure.fixes)
    if match.confidence is Confidence.CERTAIN:
        # Both are true: the handshake ended for the one, and its fix would not make the certificate good.
        before = replace(before, confidence=failure.confidence)
    others = (before, *failure.alternatives)
    return replace(
        failure,
        stage=page.stage,
        cause=cause,
        fault=page.fault,
        summary=printable(match.summary, 400),
        fixes=(match.fix or page.fix,),
        confidence=match.confidence,
        transient=page.transient,
        alternatives=tuple(alternative for alternative in others if alternative.cause != cause),
    )


def _unstable(failure: Failure) -> Failure:
    """Return the failure as intermittent: the same connection, repeated, got further."""
    return replace(
        failure,
        transient=True,
        confidence=Confidence.POSSIBLE,
        fixes=(fix("again"), *failure.fixes),
    )


def _find_confirmed(values: Iterable[ProbeResult]) -> list[str]:
    """Return the causes that flipped something, best first, without those a narrower pair explains."""
    flips = {value.experiment: value.decides for value in values if value.flipped and value.decides}
    if "hello.suites" in flips:
        # Old versions were offered with old suites: if these alone are enough, the versions have no part in it.
        flips.pop("version.old", None)
    flipped = set(flips.values())
    for cause, implied in _IMPLIED.items():
        if cause in flipped:
            flipped -= implied
    return sorted(flipped, key=lambda cause: (_RANK.index(cause) if cause in _RANK else len(_RANK), cause))


def _find_refuted(values: Sequence[ProbeResult]) -> frozenset[str]:
    """Return the refuted causes: all their experiments ran, were answered, and changed nothing.

    Silence within an experiment's short time refutes nothing: the answer may have been on its way.
    """
    flipped_or_not = without_effect(values)
    refuted = {cause for cause, needed in _REFUTED_BY.items() if needed <= flipped_or_not}
    if any(one.flipped and one.experiment.startswith(_BARE) and one.experiment != "hello.announced" for one in values):
        refuted.add("tls.proxy-header-missing")
    return frozenset(refuted)


def _drop_refuted(failure: Failure, values: Sequence[ProbeResult]) -> Failure:
    """Drop refuted alternatives; if the cause's own experiment changed nothing, it is possible at most."""
    refuted = _find_refuted(values)
    alternatives = tuple(alternative for alternative in failure.alternatives if alternative.cause not in refuted)
    tested = failure.stage is Stage.TLS and any(value.decides == failure.cause for value in values)
    confidence = Confidence.POSSIBLE if tested and failure.confidence is Confidence.LIKELY else failure.confidence
    stale = _stale_record(failure, values)
    fixes = (*((stale,) if stale else _other_way(values)), *failure.fixes)
    summary = failure.summary
    if failure.cause in refuted and summary.endswith(NO_REASON):
        summary = summary.removesuffix(NO_REASON) + ", and every other hello in the same way"
    if stale is not None:
        what = "handshake" if failure.stage is Stage.TLS else "request"
        summary = printable(f"{summary}; at {dict(stale.values)['address']} the same {what} succeeds", 400)
    return replace(failure, alternatives=alternatives, confidence=confidence, fixes=fixes, summary=summary)


def _stale_record(failure: Failure, values: Sequence[ProbeResult]) -> Fix | None:
    """Return the fix for an answer that only one of several addresses gives, if another one was proven to be good."""
    evidence = Evidence(failure.stage, failure.facts, failure.attempts)
    upgrading = failure.stage is Stage.UPGRADE
    good = next(
        (one for one in values if one.flipped and one.decides is None and (upgrading or "verified" in one.variant)),
        None,
    )
    if good is None or not good.experiment.startswith("address.") or not (upgrading or answered_hello(evidence)):
        return None
    record = "AAAA" if "[" in evidence.peer else "A"
    return fix("tcp.stale-record", address=good.question.removeprefix("at "), record=record, peer=evidence.peer)


def _other_way(values: Sequence[ProbeResult]) -> tuple[Fix, ...]:
    """Another address of the same family, or no proxy, speaks for no cause, and is a way out all the same."""
    flipped = {value.experiment: value for value in values if value.flipped}
    if "route.direct" in flipped:
        return (fix("proxy.direct"),)
    at = flipped.get("address.other")
    return () if at is None else (fix("tcp.other-address", address=at.question.removeprefix("at ")),)


def _promote(failure: Failure, confirmed: Sequence[str], values: Sequence[ProbeResult]) -> Failure:
    """Put the confirmed cause first."""
    cause = confirmed[0]
    evidence = Evidence(failure.stage, failure.facts, failure.attempts)
    alone = len(confirmed) == 1 and cause not in _NEVER_CERTAIN and _proved(failure, cause, evidence, values)
    conclusion = conclude(cause, evidence, [value for value in values if value.flipped and value.decides == cause])
    page = find(cause)
    own = failure.cause == cause
    others = [_as_alternative(other, values) for other in confirmed[1:]]
    if not alone:
        others += _still_possible(failure, cause, {*confirmed, *_find_refuted(values)})
    return replace(
        failure,
        stage=failure.stage if own or page is None else page.stage,
        cause=cause,
        fault=failure.fault if own or page is None else page.fault,
        summary=printable(conclusion.summary or failure.summary, 400),
        fixes=(conclusion.fix,) if conclusion.fix else failure.fixes,
        # A certain cause stays certain if an experiment confirms it.
        confidence=Confidence.CERTAIN
        if alone or (own and failure.confidence is Confidence.CERTAIN)
        else Confidence.LIKELY,
        transient=failure.transient if own or page is None else page.transient,
        alternatives=tuple(others),
    )


def _proved(failure: Failure, cause: str, evidence: Evidence, values: Sequence[ProbeResult]) -> bool:
    """Tell whether a flip excludes everything else: it changed one thing, and no rival is left that was not tested."""
    result = without_effect(values)
    also = dict(_ALSO_CHANGES)
    if evidence.name_mismatch:
        # A certificate came: another name also changes the name that is verified.
        also["sni.name"] = also["sni.other"] = frozenset({"name.checked"})
    flips = {value.experiment for value in values if value.flipped and value.decides == cause}
    if not any(also.get(flip, frozenset()) <= result for flip in flips):
        return False
    rivals = (
        {failure.cause, *(probe_id.cause for probe_id in failure.alternatives)}
        - {cause}
        - _IMPLIED.get(cause, frozenset())
    )
    rivals -= _find_refuted(values)
    return all(probe_id.startswith(_DESCRIPTIONS) or bears_on(probe_id, result) for probe_id in rivals)


def _as_alternative(cause: str, values: Sequence[ProbeResult]) -> Alternative:
    value = next(value for value in values if value.flipped and value.decides == cause)
    return _alternative(cause, Confidence.LIKELY, f"{value.question} it gets further, too: {value.variant}")


def _alternative(cause: str, confidence: Confidence, why: str) -> Alternative:
    """Return a cause as an alternative, with the experiment and the fix of its page."""
    page = find(cause)
    return Alternative(
        cause, confidence, printable(why, 400), page.probe if page else None, (page.fix,) if page else ()
    )


def _still_possible(failure: Failure, cause: str, excluded: set[str]) -> list[Alternative]:
    """Return the earlier causes and the one that looks like `cause`, once each, without those that experiments decided."""
    by_cause: dict[str, Alternative] = {}
    for alternative in (*_before(failure), *_indistinguishable(cause)):
        if alternative.cause not in excluded:
            by_cause.setdefault(alternative.cause, alternative)
    return list(by_cause.values())


def _indistinguishable(cause: str) -> list[Alternative]:
    page = find(_INDISTINGUISHABLE.get(cause, ""))
    if page is None:
        return []
    why = "the server and a device before it cannot be told apart from here"
    return [Alternative(page.id, Confidence.POSSIBLE, why, "the same from another network", (page.fix,))]


def _before(failure: Failure) -> list[Alternative]:
    """Return the causes from before the experiments as alternatives, the failure's own first."""
    own = _alternative(failure.cause, Confidence.POSSIBLE, failure.summary)
    first = [] if failure.cause.startswith("unknown.") else [own]
    return [*first, *(replace(alternative, confidence=Confidence.POSSIBLE) for alternative in failure.alternatives)]
