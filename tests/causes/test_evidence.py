import random
from collections.abc import Iterable

import pytest
from tests.causes import cases_after_tls, cases_before_tls, cases_both_sides, cases_certificate, cases_tls
from tests.causes.build import Case

from wssure.diagnose import catalogue, conclude, render
from wssure.evidence import Failure
from wssure.facts import CertificateSeen, Fact

CASES = [
    *cases_before_tls.CASES,
    *cases_tls.CASES,
    *cases_certificate.CASES,
    *cases_after_tls.CASES,
    *cases_both_sides.CASES,
]
# Shown only as an alternative by one connection: the first cause of the same evidence says what happened.
ONLY_RIVAL = {"tcp.v6-broken"}

each_case = pytest.mark.parametrize("case", CASES, ids=[f"{index}-{case.cause}" for index, case in enumerate(CASES)])


@each_case
def test_evidence_gives_its_cause(case: Case):
    failure = conclude(case.stage, case.facts, case.attempts, role=case.role)
    assert failure.cause == case.cause
    assert failure.confidence == case.confidence
    assert all(word in failure.summary + failure.fix for word in case.says), failure.summary
    others = [alternative.cause for alternative in failure.alternatives]
    assert set(case.others) <= set(others)
    if case.said_stage is not None:
        assert failure.stage == case.said_stage
    assert failure.facts == case.facts


def concluded(case: Case, facts: Iterable[Fact] | None = None) -> Failure:
    return conclude(case.stage, case.facts if facts is None else facts, case.attempts, role=case.role)


def test_the_same_facts_in_another_order_give_the_same_cause():
    for case in CASES:
        shuffled = list(case.facts)
        random.Random(7).shuffle(shuffled)
        first, second = concluded(case), concluded(case, shuffled)
        assert (first.cause, first.summary, first.fix) == (second.cause, second.summary, second.fix)


def test_without_its_evidence_a_cause_is_not_said():
    for case in CASES:
        facts = [fact for fact in case.facts if fact.kind.startswith(("endpoint.", "settings."))]
        if case.cause == "dns.url-as-name":
            facts = []
        assert conclude(case.stage, facts, (), role=case.role).cause == f"unknown.{case.stage}", case


def test_every_alternative_is_a_cause_with_a_reason_and_an_experiment():
    known = {cause.id for cause in catalogue()}
    for case in CASES:
        for alternative in concluded(case).alternatives:
            assert alternative.cause in known
            assert alternative.why, (case, alternative)
            assert alternative.fix, (case, alternative)


def test_an_explanation_never_says_to_trust_what_the_peer_showed():
    said = 0
    for case in CASES:
        failure = concluded(case)
        text = render(failure).lower()
        assert "verify=" not in text
        assert "--insecure" not in text
        presented = {name for fact in case.facts if isinstance(fact, CertificateSeen) for name in fact.dns_names}
        # The first two are what the user asked for.
        for name in presented - {"b.example.net", "127.0.0.1"}:
            if name in failure.fix and case.says != ("default.example",):
                assert f"if {name} is the intended service" in failure.fix
                said += 1
    assert said


def test_no_secret_of_a_redirect_is_shown():
    assert any("s3cret" in repr(case.facts) for case in CASES)
    for case in CASES:
        assert "s3cret" not in render(concluded(case)), case


def test_every_cause_has_a_test():
    tested = {case.cause for case in CASES} | ONLY_RIVAL
    assert tested == {cause.id for cause in catalogue()}
    named = {other for case in CASES for other in case.others}
    assert named >= ONLY_RIVAL
