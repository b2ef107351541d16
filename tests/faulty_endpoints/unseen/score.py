"""`python -m tests.faulty_endpoints.unseen.score` checks the unseen forty and prints the score; `--write` adds it to docs/accuracy.md."""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faulty_endpoints.endpoint import Material
from tests.faulty_endpoints.look import Row, look, resolving
from tests.faulty_endpoints.unseen.judged import JUDGED, Judged
from tests.peers.namespace import denied, furnish, run_inside

__all__ = ["Scored", "scored"]

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "accuracy.md"
MODULE = "tests.faulty_endpoints.unseen.score"
NAMED = tuple(one for one in JUDGED if one.endpoint.names)


@dataclass(frozen=True)
class Scored:
    """One of the forty and what `check` said of it."""

    judged: Judged
    row: Row

    @property
    def first(self) -> bool:
        """The true cause was said first, and is each time."""
        return self.sometimes_first and self.judged.missed != "at times"

    @property
    def sometimes_first(self) -> bool:
        """The true cause was said first this time."""
        return self.judged.first(self.row.said, self.row.words)

    @property
    def in_three(self) -> bool:
        """The true cause was said first, or is one of the first two alternatives."""
        return self.first or bool({*self.judged.causes} & {*self.row.others[:2]})

    @property
    def unknown(self) -> bool:
        """No cause was said, or none is at times."""
        return self.row.said.startswith("unknown") or self.judged.missed == "at times"

    @property
    def called_ok(self) -> bool:
        """It was called a success."""
        return not self.row.said

    @property
    def wrong_and_certain(self) -> bool:
        """A cause that is not the true one was said with certainty; one that is only too general is no such."""
        named = not (self.first or self.unknown or self.called_ok)
        return named and self.row.confidence == "certain" and self.judged.missed != "general"


def scored() -> list[Scored]:
    """Check all of the forty, those of the name service in a namespace."""
    with tempfile.TemporaryDirectory() as folder:
        material = Material(Path(folder))
        here = [Scored(one, look(one.endpoint, material)) for one in JUDGED if one not in NAMED]
    rows = {row["endpoint"]: Row.of_json(row) for row in json.loads(run_inside(MODULE, "--inside"))}
    return [*here, *(Scored(one, rows[one.unseen.id]) for one in NAMED)]


def _inside() -> None:
    furnish()
    endpoints = [one.endpoint for one in NAMED]
    with tempfile.TemporaryDirectory() as folder, resolving(endpoints):
        material = Material(Path(folder))
        print(json.dumps([look(one, material).to_json() for one in endpoints]))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in lines)


def report(results: Sequence[Scored], when: datetime.date, commit: str) -> str:
    """Return the score and the table of misses as a section of the page."""
    total = len(results)

    def count(name: str) -> str:
        number = sum(getattr(one, name) for one in results)
        return f"{number} ({number / total:.0%})"

    names = ("first", "in_three", "unknown", "called_ok", "wrong_and_certain")
    heads = ("true cause first", "in three", "unknown.*", "called ok", "wrong and certain")
    misses = [
        (
            one.row.endpoint,
            one.judged.unseen.truth,
            f"{one.row.said or 'ok'} {one.row.confidence}".strip(),
            one.judged.missed,
            one.judged.reason,
        )
        for one in results
        if not one.first
    ]
    return "\n\n".join(
        [
            f"## After learning, {when.isoformat()}, commit {commit}: {count('first')} of {total}",
            _table(heads, [[count(name) for name in names]]),
            _table(("endpoint", "true cause", "said", "miss", "why"), misses) if misses else "No endpoint is missed.",
        ]
    )


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=__doc__)
    parser.add_argument("--write", action="store_true", help="add the score to docs/accuracy.md")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        _inside()
        return 0
    if reason := denied():
        print(f"two of the forty need a namespace: {reason}", file=sys.stderr)
        return 1
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    section = report(scored(), datetime.datetime.now(datetime.UTC).date(), commit)
    print(section)
    if args.write:
        PAGE.write_text(f"{PAGE.read_text(encoding='utf-8').rstrip()}\n\n{section}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
