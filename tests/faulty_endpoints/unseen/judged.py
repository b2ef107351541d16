"""How each of the unseen forty is judged, from `judged.tsv`.

The file was written after the forty were first checked: which ids mean the true cause, by the pages that `wssure explain ID`
shows ("-" where no cause does), what summary or fix have to say for it (a regular expression), and whether it is missed, how
and why. How: `unknown`, `called ok`, `wrong`, `general` (what is said is so, and does not name the cause), or `at times` (it
depends on what comes first, and what else is said is no cause).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from tests.faulty_endpoints.endpoint import Endpoint
from tests.faulty_endpoints.unseen.entry import Unseen
from tests.faulty_endpoints.unseen.every import UNSEEN

__all__ = ["JUDGED", "Judged"]

FILE = Path(__file__).with_name("judged.tsv")


@dataclass(frozen=True)
class Judged:
    """One of the forty with its judgement.

    Args:
        unseen: The endpoint.
        causes: The ids that mean its true cause; empty where no cause does.
        words: What summary or fix have to match; "" for anything.
        missed: How it is missed; "" where the true cause is said first.
        reason: Why it is missed.
    """

    unseen: Unseen
    causes: tuple[str, ...]
    words: str
    missed: str
    reason: str

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint with the first id of its true cause."""
        return self.unseen.endpoint(self.causes[0] if self.causes else "-")

    def first(self, said: str, words: str) -> bool:
        """Return whether the cause said first is the true one, in words that say so."""
        return said in self.causes and re.search(self.words, words) is not None


def _judged(row: dict[str, str]) -> Judged:
    causes = tuple(row["causes"].split()) if row["causes"] != "-" else ()
    return Judged(_BY_ID[row["endpoint"]], causes, row["words"], row["missed"], row["reason"])


_BY_ID = {one.id: one for one in UNSEEN}
with FILE.open(encoding="utf-8", newline="") as _lines:
    JUDGED = tuple(map(_judged, csv.DictReader(_lines, delimiter="\t", quoting=csv.QUOTE_NONE)))
