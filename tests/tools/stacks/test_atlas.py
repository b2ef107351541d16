"""374 recorded first flights of 60 programs: each is decoded to the name that was recorded, and a right name is no fault."""

from __future__ import annotations

from collections import Counter

from tests.tools.stacks.atlas import rows, score

from wssure.wire.hello import find_client_hello


def test_every_flight_is_decoded_to_the_name_that_was_recorded() -> None:
    texts = {"(absent)": None, "(present, empty)": ""}
    wrong = [
        row["file"]
        for row in rows()
        if find_client_hello(bytes.fromhex(row["bytes"])).server_name
        != texts.get(row["server_name"], row["server_name"])
    ]
    assert wrong == []


def test_the_halves_are_disjoint_and_complete() -> None:
    halves = Counter(row["file"] for half in ("learn", "test") for row in rows(half))
    assert halves == Counter(row["file"] for row in rows())


def test_a_name_that_was_kept_is_never_a_finding() -> None:
    counts, misses = score(rows())
    assert (counts["kept"], counts["false finding"]) == (216, 0), misses
