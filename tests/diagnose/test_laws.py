import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from tests.causes.test_evidence import CASES
from tests.facts import facts

from wssure.diagnose import conclude, render
from wssure.evidence import Attempt, Stage
from wssure.facts import (
    AlertSeen,
    CertificateRequested,
    CertificateSeen,
    Fact,
    NameCheck,
    OwnError,
    VerifyDefect,
)

OF_CERTIFICATES = (CertificateSeen, VerifyDefect, NameCheck, CertificateRequested)
ALERTS_OF_CERTIFICATES = {41, 42, 43, 44, 45, 46, 48, 49, 111, 113, 114, 116}
OWN_OF_CERTIFICATES = {"no-ca", "no-client-certificate"}

real_facts = st.sampled_from([fact for case in CASES for fact in case.facts])
stages = st.sampled_from(list(Stage))
roles = st.sampled_from(["client", "server"])
attempts = st.lists(
    st.builds(
        Attempt,
        st.sampled_from(["192.0.2.1:443", "[2001:db8::1]:443"]),
        st.booleans(),
        st.none(),
        st.sampled_from([None, 111, 110, 101]),
    ),
    max_size=2,
)


def about_a_certificate(fact: Fact) -> bool:
    return (
        isinstance(fact, OF_CERTIFICATES)
        or (isinstance(fact, AlertSeen) and fact.number in ALERTS_OF_CERTIFICATES)
        or (isinstance(fact, OwnError) and fact.reason in OWN_OF_CERTIFICATES)
    )


@given(stages, st.lists(facts() | real_facts, max_size=8), attempts, roles)
def test_no_facts_make_judging_or_rendering_fail(stage, facts, tried, role):
    failure = conclude(stage, facts, tried, role=role)
    block = render(failure)
    assert failure.facts == tuple(facts)
    assert failure.summary
    assert "\n" not in failure.summary
    assert failure.fix
    assert block.startswith(f"error[{failure.cause}]: ")
    assert not any(ord(character) < 32 and character != "\n" for character in block)


@given(stages, st.lists(real_facts.filter(lambda fact: not about_a_certificate(fact)), max_size=8), attempts)
def test_a_certificate_is_never_mentioned_when_none_arrived(stage, facts, tried):
    failure = conclude(stage, facts, tried)
    said = [failure.summary, failure.fix]
    said += [text or "" for one in failure.alternatives for text in (one.why, one.probe, one.fix)]
    peer_text = " ".join(str(fact) for fact in facts).lower()
    if "certificate" not in peer_text:
        assert not [text for text in said if "certificate" in text.lower()]


@given(stages, st.lists(real_facts, max_size=8), attempts, roles, st.randoms())
def test_facts_of_different_kinds_may_come_in_any_order(stage, facts, tried, role, random):
    one_of_each = list({fact.kind: fact for fact in facts}.values())
    shuffled = list(one_of_each)
    random.shuffle(shuffled)
    first, second = (conclude(stage, order, tried, role=role) for order in (one_of_each, shuffled))
    assert dataclasses.replace(first, facts=()) == dataclasses.replace(second, facts=())


@given(stages, st.lists(real_facts, max_size=8), attempts, roles)
def test_only_what_is_not_certain_is_ranked_below_what_is(stage, facts, tried, role):
    failure = conclude(stage, facts, tried, role=role)
    order = ["certain", "likely", "possible"]
    ranks = [order.index(one.confidence) for one in failure.alternatives]
    assert ranks == sorted(ranks)
    assert failure.cause not in [one.cause for one in failure.alternatives]
