"""What is concluded from several causes that match, and what is said where none does."""

import pytest
from tests.causes.test_evidence import CASES

from wssure.diagnose import catalogue, conclude
from wssure.diagnose.cause import Cause, Match
from wssure.diagnose.view import Evidence
from wssure.evidence import Attempt, Confidence, Fault, Stage
from wssure.facts import AlertSeen, EndpointHost, OsErrorSeen, TimedOut, VerifyDefect
from wssure.fixes import SENTENCES, fix
from wssure.text import printable

pytestmark = pytest.mark.matrix

REFUSED = OsErrorSeen(errno=111, name="ECONNREFUSED", text="Connection refused", call="connect").at(1.0)
RESET = OsErrorSeen(errno=104, name="ECONNRESET", text="reset", call="recv")
ALERTS = tuple(AlertSeen("received", "fatal", number, "any", encrypted=False) for number in (80, 47))
# Causes that say of any answer that it is none of ours; beside another they add nothing.
ANY_ANSWER = {"http.unexpected-status", "proxy.unexpected-status", "tls.alert"}
SURENESS = list(Confidence)


def test_a_cause_with_its_evidence_names_where():
    failure = conclude(Stage.DIAL, [REFUSED], [Attempt("192.0.2.7:443", ok=False, error="refused", errno=111)])
    assert failure.cause == "tcp.refused"
    assert "192.0.2.7:443" in failure.summary


def test_no_cause_without_its_evidence():
    facts = (EndpointHost("a.example"),)
    failure = conclude(Stage.TLS, facts)
    assert (failure.cause, failure.fault, failure.facts) == ("unknown.tls", Fault.UNKNOWN, facts)


@pytest.mark.parametrize(
    ("stage", "facts", "summary", "transient"),
    [
        (Stage.USAGE, (), "checking the arguments failed: no cause has its evidence in what was seen", False),
        (Stage.RESOLVE, (), "resolving the name failed: no cause has its evidence in what was seen", False),
        (Stage.DIAL, (), "connecting failed: no cause has its evidence in what was seen", False),
        (Stage.PROXY, (), "asking the proxy for a tunnel failed: no cause has its evidence in what was seen", False),
        (Stage.TLS, (), "the tls handshake failed: no cause has its evidence in what was seen", False),
        (Stage.UPGRADE, (), "the websocket upgrade failed: no cause has its evidence in what was seen", False),
        (Stage.OPEN, (), "the open connection failed: no cause has its evidence in what was seen", False),
        (Stage.CLOSE, (), "closing failed: no cause has its evidence in what was seen", False),
        (Stage.USAGE, ALERTS, "checking the arguments failed: the peer sent alert 47, 80", False),
        (Stage.USAGE, (RESET,), "checking the arguments failed: the system reported ECONNRESET", True),
        (Stage.RESOLVE, (REFUSED,), "resolving the name failed: the system reported ECONNREFUSED", False),
        (Stage.RESOLVE, (TimedOut("dial", 10),), "resolving the name failed: no answer within 10 s", True),
        (
            Stage.USAGE,
            (VerifyDefect(0, "odd", 7, "its words"), *ALERTS),
            "checking the arguments failed: the certificate was refused: its words",
            False,
        ),
    ],
)
def test_without_a_cause_the_step_and_the_plainest_observation_are_said(stage, facts, summary, transient):
    failure = conclude(stage, facts)
    assert (failure.cause, failure.summary, failure.transient) == (f"unknown.{stage}", summary, transient)
    assert (failure.fixes, failure.alternatives, failure.confidence) == ((fix("unknown"),), (), Confidence.POSSIBLE)


def matching(case) -> list[tuple[Cause, Match]]:
    evidence = Evidence(case.stage, case.facts, case.attempts, case.role)
    if evidence.at_proxy:
        return []  # the proxy is named in place of the server
    return [(cause, match) for cause in catalogue() if (match := cause.match(evidence)) is not None]


def test_the_first_match_is_said_with_what_it_knows_better_than_its_cause():
    overridden = set()
    for case in CASES:
        failure = conclude(case.stage, case.facts, case.attempts, role=case.role)
        for cause, match in matching(case)[:1]:
            own = f"server.{cause.id}"
            standing = fix(own) if case.role == "server" and own in SENTENCES else cause.fix
            assert (failure.cause, failure.confidence) == (cause.id, match.confidence)
            assert (failure.stage, failure.fault) == (match.stage or cause.stage, match.fault or cause.fault)
            assert failure.transient == (cause.transient if match.transient is None else match.transient)
            assert failure.fixes == (match.fix or standing,)
            overridden |= {name for name in ("stage", "fault", "transient", "fix") if getattr(match, name) is not None}
            overridden |= {"standing"} if standing is not cause.fix and not match.fix else set()
    assert overridden == {"stage", "fault", "transient", "fix", "standing"}


def test_a_cause_that_is_not_certain_stands_before_every_other_that_matches():
    seen = 0
    for case in CASES:
        failure = conclude(case.stage, case.facts, case.attempts, role=case.role)
        others = {other.cause: other for other in failure.alternatives}
        assert len(others) == len(failure.alternatives)
        assert failure.cause not in others
        ranks = [SURENESS.index(other.confidence) for other in failure.alternatives]
        assert ranks == sorted(ranks)
        for (_, first), *rest in filter(None, [matching(case)]):
            named = {other.cause: other.why for other in reversed(first.others)}
            assert all(others[name].why == printable(why, 400) for name, why in named.items())
            certain = first.confidence is Confidence.CERTAIN
            added = {} if certain else {cause.id: (cause, match) for cause, match in rest if cause.id not in ANY_ANSWER}
            assert set(others) == set(named) | set(added), case
            for name in set(added) - set(named):
                cause, match = added[name]
                other = others[name]
                assert SURENESS.index(other.confidence) == max(
                    map(SURENESS.index, (match.confidence, first.confidence))
                )
                assert (other.fixes, other.probe) == ((match.fix or cause.fix,), cause.probe)
                seen += 1
    assert seen > 10
