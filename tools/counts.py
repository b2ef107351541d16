"""Compare the number of passed tests, by run, package and TLS backend, with the minimum counts in tests/counts.tsv.

    python tools/counts.py            compare the results of the last runs in build/tally
    python tools/counts.py --write    raise the minimums to 95 % of them, and add new rows

A run is a folder of build/tally with a file for each of its parts. A run of the table without results fails unless
tests/not-run.tsv lists it.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import floors

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "counts.tsv"
TALLY = ROOT / "build" / "tally"
# The tolerance of a minimum, for differences between machines and for merged tests.
SLACK_PERCENT = 5


def main() -> int:
    """Compare or raise the minimums; returns 1 if a count is too low."""
    counted = tallies()
    if "--write" in sys.argv[1:]:
        write(counted)
        return 0
    troubles = floors.lowered(TABLE)
    missing = set()
    for name, (floor, _) in floors.read(TABLE.read_text()).items():
        if floor and not (TALLY / name[0]).is_dir():
            missing.add(name[0])
        elif counted[name] < floor:
            troubles.append(f"counts: {' '.join(name)}: {counted[name]} tests passed, the floor is {floor:g}")
    troubles += [f"counts: the run {run} left no counts" for run in sorted(missing) if not may_be_missing(run)]
    for trouble in troubles:
        print(trouble)
    runs = Counter[str]()
    for (run, _, _), count in counted.items():
        runs[run] += count
    print("counts:", ", ".join(f"{run} {count}" for run, count in sorted(runs.items())) or "nothing was counted")
    return 1 if troubles else 0


def may_be_missing(run: str) -> bool:
    """Return True if the list of optional runs has this run."""
    command = ["sh", str(ROOT / "tools" / "not-run.sh"), run, "it left no counts"]
    return subprocess.run(command, check=False).returncode == 0


def tallies() -> Counter[floors.Name]:
    """Return the number of passed tests by run, package and backend."""
    found: Counter[floors.Name] = Counter()
    for path in sorted(TALLY.glob("*/*.tsv")):
        for line in path.read_text().splitlines():
            package, backend, count = line.split("\t")
            found[path.parent.name, package, backend] += int(count)
    return found


def write(counted: Counter[floors.Name]) -> None:
    """Raise minimums and add rows; nothing is lowered or removed."""
    head = [line for line in TABLE.read_text().splitlines() if line.startswith("#")]
    rows = floors.read(TABLE.read_text())
    for name, count in counted.items():
        floor, reason = rows.get(name, (0.0, ""))
        wanted = max(1, count * (100 - SLACK_PERCENT) // 100)
        if wanted > floor:
            rows[name] = wanted, reason
    lines = [
        "\t".join([*name, f"{floor:g}", *filter(None, [reason])]) for name, (floor, reason) in sorted(rows.items())
    ]
    TABLE.write_text("\n".join([*head, *lines]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
