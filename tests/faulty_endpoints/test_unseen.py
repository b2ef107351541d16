"""The unseen forty: those whose cause is said stay so, and those that are missed are missed as `judged.tsv` says."""

from __future__ import annotations

import datetime
import json
from functools import cache

import pytest
from tests.faulty_endpoints.look import Row, look
from tests.faulty_endpoints.unseen.every import UNSEEN
from tests.faulty_endpoints.unseen.judged import JUDGED
from tests.faulty_endpoints.unseen.score import MODULE, NAMED, Scored, report
from tests.peers.namespace import run_inside

from wssure.diagnose import catalogue

HOW = {"", "unknown", "called ok", "wrong", "general", "at times"}


def is_judged_rightly(result: Scored) -> None:
    if result.judged.missed == "at times":
        assert result.sometimes_first or result.row.said.startswith("unknown"), result.row
        return
    assert result.first == (not result.judged.missed), f"judged.tsv says otherwise: {result.row}"
    assert result.called_ok == (result.judged.missed == "called ok"), result.row
    assert result.unknown == (result.judged.missed == "unknown"), result.row


@pytest.mark.parametrize("judged", [one for one in JUDGED if one not in NAMED], ids=lambda one: one.unseen.id)
def test_each_endpoint_is_explained_or_missed_as_judged(judged, material):
    is_judged_rightly(Scored(judged, look(judged.endpoint, material)))


@cache
def looked_at_inside() -> dict[str, Row]:
    return {row["endpoint"]: Row.of_json(row) for row in json.loads(run_inside(MODULE, "--inside"))}


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("judged", NAMED, ids=lambda one: one.unseen.id)
def test_each_name_is_explained_or_missed_as_judged(judged):
    is_judged_rightly(Scored(judged, looked_at_inside()[judged.unseen.id]))


def test_each_of_the_forty_is_judged_once_with_known_causes():
    assert {one.unseen.id for one in JUDGED} == {one.id for one in UNSEEN}
    assert len({one.id for one in UNSEEN}) == len(UNSEEN) == len(JUDGED) == 40
    known = {cause.id for cause in catalogue()}
    assert {cause for one in JUDGED for cause in one.causes} <= known
    assert {one.missed for one in JUDGED} <= HOW
    assert all(bool(one.missed) == bool(one.reason) for one in JUDGED)
    assert all(one.unseen.source and one.unseen.truth.endswith(".") for one in JUDGED)


def scored(said: str, confidence: str, others: tuple[str, ...] = ()) -> Scored:
    judged = next(one for one in JUDGED if one.unseen.id == "address-as-dns-name")
    return Scored(
        judged, Row("address-as-dns-name", "cert.hostname", said, confidence, others, 0, 1.0, "", True, False)
    )


@pytest.mark.parametrize(
    ("result", "true"),
    [
        (scored("cert.hostname", "certain"), {"first", "in_three"}),
        (scored("cert.expired", "likely", ("cert.no-san", "cert.hostname")), {"in_three"}),
        (scored("cert.expired", "likely", ("cert.no-san", "cert.purpose", "cert.hostname")), set()),
        (scored("cert.expired", "certain"), {"wrong_and_certain"}),
        (scored("unknown.tls", "possible"), {"unknown"}),
        (scored("", ""), {"called_ok"}),
    ],
)
def test_a_score_counts_each_way_to_be_right_or_wrong(result, true):
    names = ("first", "in_three", "unknown", "called_ok", "wrong_and_certain")
    assert {name for name in names if getattr(result, name)} == true


def test_a_report_names_the_misses_only():
    good, bad = scored("cert.hostname", "certain"), scored("unknown.tls", "possible")
    text = report([good, bad], datetime.date(2026, 11, 28), "abcdef0")
    assert "1 (50%) of 2" in text
    assert text.count("address-as-dns-name") == 1
