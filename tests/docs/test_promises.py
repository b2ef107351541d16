"""The claims ledger, docs/promises.md: each promise has its test, and each row its sentence."""

from __future__ import annotations

import pytest
from tests.docs.commands import ROOT
from tests.docs.promises import HELP, LEDGER, PAGES, REASONS, ledger, names_in, normal, of_page, rewritten, units
from tests.docs.scratch import VECTORS

TODAY = units()
ROWS = ledger(LEDGER.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [*PAGES, HELP])
def test_each_sentence_has_its_row(page: str):
    rows = ROWS[page]
    missing = [unit for key, (unit, header) in TODAY[page].items() if key not in rows and normal(header) not in rows]
    assert missing == [], "run `python tools/promises.py`, and write into docs/promises.md which test holds them"


@pytest.mark.parametrize("page", [*PAGES, HELP])
def test_each_row_has_its_sentence(page: str):
    there = set(TODAY[page]) | {normal(header) for _, header in TODAY[page].values()}
    gone = set(ROWS[page]) - there
    assert gone == set(), "the page does not say this any more: run `python tools/promises.py`"


@pytest.mark.parametrize("page", [*PAGES, HELP])
def test_each_row_names_tests_that_exist_or_why_there_is_none(page: str):
    for sentence, holds in ROWS[page].items():
        for one in holds:
            path, _, name = one.partition("::")
            if name:
                assert (ROOT / path).exists(), f"{path} of {sentence!r}"
                assert name in names_in(ROOT / path), f"{one} of {sentence!r}"
            else:
                assert holds == [one], sentence
                assert one in REASONS, f"{sentence!r} has {one!r}, expected path::test or one of {sorted(REASONS)}"


def test_the_ledger_has_the_pages_and_the_reasons_and_nothing_else():
    text = LEDGER.read_text(encoding="utf-8")
    assert list(ROWS) == [*PAGES, HELP]
    assert rewritten(text) == text
    for word, meaning in REASONS.items():
        assert f"* {word}: {meaning}" in text


PAGE = """# A title

It **promises** [one](a.md) thing. And `another`.

* An item: with
  two lines.

| a | b |
|---|---|
| c | d |

    code
"""


def test_a_unit_is_a_sentence_or_a_row():
    assert list(of_page(PAGE)) == [
        ("It **promises** one thing.", ""),
        ("And `another`.", ""),
        ("An item: with two lines.", ""),
        ("c d", "table: a b"),
    ]
    assert normal("It **promises** one thing.") == "it promises one thing"


def test_a_table_may_be_held_as_a_whole_and_a_new_sentence_is_asked_for():
    old = "head\n\n## README.md\n\n| sentence | held by |\n|---|---|\n| This is gone. | background |\n"
    new = rewritten(old)
    assert "This is gone" not in new
    assert new.startswith("head\n\n## README.md\n\n| sentence | held by |\n|---|---|\n| A WebSocket client")
    assert "| ? |" in new


def test_the_kept_hellos_of_the_600_runs_are_as_many_as_the_readme_says():
    kept = len(list(VECTORS.glob("*.hex")))
    assert f"({kept} of their ClientHellos are kept in" in " ".join((ROOT / "README.md").read_text().split())
