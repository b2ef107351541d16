"""374 recorded first flights of 60 programs: each is decoded to the name that was recorded, and a right name is no fault."""

from __future__ import annotations

import datetime
from collections import Counter

from tests.tools.stacks.atlas import rows, score
from tests.wire.recordings import HELLOS, flight

from wssure.diagnose import render
from wssure.tools.stacks.clients import identify, stacks_on
from wssure.tools.stacks.hello import Sender, missing_name
from wssure.tools.stacks.table import facts, load, programs
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


def test_sender_first_reason_and_kept_names_are_right() -> None:
    counts, misses = score(rows())
    assert misses == []
    assert (counts["kept"], counts["lost: right"], counts["no name, rightly: right"]) == (216, 106, 23)
    assert counts["sender right"] == 374


def test_each_measured_fact_is_what_its_flight_shows() -> None:
    by_file = {row["file"]: row for row in rows()}
    for fact in facts():
        folder, _, file = fact.flight.rpartition("/")
        row = by_file.get(file, {})
        if folder:
            name = find_client_hello(flight(folder, f"{file}.hex")).server_name
        elif row:
            name = find_client_hello(bytes.fromhex(row["bytes"])).server_name
            assert fact.checked in (row["name_checked"], "unknown") or row["name_checked"] == "unknown", fact
            assert row["verdict"] == fact.name, fact
        else:
            assert "measured" not in fact.source or fact.flight == "", fact
            continue
        assert ("empty" if name == "" else "lost" if name is None else "sent") == (
            "empty" if fact.empty else "lost" if fact.name == "lost" else "sent"
        ), fact


def test_each_recording_is_the_hello_of_a_flight_and_names_it_alone() -> None:
    hellos = [find_client_hello(bytes.fromhex(row["bytes"])) for row in rows()]
    hellos += [find_client_hello(flight(*which)) for which in HELLOS]
    named = {(guess.library, guess.recorded_from) for hello in hellos for guess in identify(hello)[:1]}
    recordings = {(row["library"], row["programs"]) for row in load("senders")["recording"]}
    assert recordings <= named


def test_the_first_reason_is_printed_whole() -> None:
    senders = [Sender(tls, stacks_on(tls)) for tls in {tls for fact in facts() for tls in fact.tls}]
    senders += [
        Sender(row["tls"], row["stacks"], f"what looks like {row['library']}") for row in load("senders")["recording"]
    ]
    for sender in senders:
        for empty in (False, True):
            failure = missing_name(sender, empty=empty)
            assert failure.summary in render(failure)


def test_no_fact_is_older_than_a_year() -> None:
    # Red is the reminder: measure the fact again, or read its source again, and write the new date.
    today = datetime.datetime.now(tz=datetime.UTC).date()
    assert [(fact.stack, fact.setting) for fact in facts() if (today - fact.date).days > 366] == []


def test_facts_and_senders_name_known_programs() -> None:
    stacks = {stack for kind in ("recording", "order") for row in load("senders")[kind] for stack in row["stacks"]}
    assert stacks <= set(programs())
    assert {fact.stack for fact in facts()} == set(programs())
    assert {fact.name for fact in facts()} == {"kept", "lost", "falsified"}
    assert {fact.checked for fact in facts()} == {"yes", "no", "unknown"}
    assert all(fact.write and fact.zh and fact.source and fact.versions for fact in facts())
    assert max(len(fact.write) for fact in facts()) <= 300  # a longer value of a fix is cut
