"""Branch coverage by room: `python tools/coverage.py`. Run by `make coverage` and in CI.

The rooms that decide without I/O are held to 95 % of their branches by their own tests alone; the others to a floor of their own,
kept in tools/coverage.tsv, by the tests that run in this process. Measured on the interpreted form, in a copy without compiled
parts, because a tracer does not see into those.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ROOT / "tools" / "coverage.tsv"
PURE_FLOOR = 95.0
# What a room's own tests are.
PURE = {
    "wire": (("wire",), ("tests/wire",)),
    "protocol": (("protocol",), ("tests/protocol",)),
    "diagnose": (("diagnose",), ("tests/diagnose", "tests/causes/test_evidence.py", "tests/causes/test_pages.py")),
    "names and values": (
        ("endpoint", "name", "evidence", "errors", "proxy"),
        ("tests/test_endpoint.py", "tests/test_errors.py", "tests/test_proxy.py"),
    ),
}
REST = ("aio", "tls", "probe", "lint", "cli")
REST_TESTS = ("tests/aio", "tests/tls", "tests/probe", "tests/lint", "tests/cli", "tests/causes", "tests/zoo")
# A floor is raised by hand once coverage is this far above it: below that it would only follow the noise of chance and load.
_RAISE_AT = 2.0


def main() -> int:
    """Measure, print a table, and return 1 where a room is below its floor."""
    floors = dict(line.split("\t") for line in FLOORS.read_text().splitlines() if line and not line.startswith("#"))
    below = 0
    with tempfile.TemporaryDirectory() as name:
        copy = interpreted(Path(name) / "copy")
        print(f"{'room':<18} {'branches':>8} {'covered':>8}   floor")
        for title, (rooms, tests) in PURE.items():
            below += tell(title, measured(copy, tests), rooms, PURE_FLOOR)
        rest = measured(copy, REST_TESTS)
        for room in REST:
            below += tell(room, rest, (room,), float(floors[room]))
    return 1 if below else 0


def interpreted(copy: Path) -> Path:
    """Return a copy of what git tracks, without compiled parts."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for file in filter(None, map(os.fsdecode, files)):
        if (ROOT / file).is_file():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, copy / file)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (copy.parent / "shared").symlink_to(shared)
    return copy


def measured(copy: Path, tests: tuple[str, ...]) -> dict[str, Counter[str]]:
    """Run tests and return, for each room, how many branches it has and how many were taken."""
    report = copy / "coverage.json"
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--cov=wssure", "--cov-branch"]
    done = subprocess.run(
        [*words, f"--cov-report=json:{report}", *(test for test in tests if (copy / test).exists())],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
        raise SystemExit(f"coverage: tests failed: {' '.join(tests)}")
    rooms: dict[str, Counter[str]] = {}
    for file, found in json.loads(report.read_text())["files"].items():
        room = Path(file.partition("src/wssure/")[2]).parts[0].removesuffix(".py")
        summary = found["summary"]
        rooms.setdefault(room, Counter()).update(all=summary["num_branches"], taken=summary["covered_branches"])
    return rooms


def tell(title: str, found: dict[str, Counter[str]], rooms: tuple[str, ...], floor: float) -> bool:
    """Print one row; True where it is below its floor."""
    total = sum((found[room] for room in rooms if room in found), Counter())
    percent = 100 * total["taken"] / total["all"]
    verdict = "BELOW" if percent < floor else ""
    if floor != PURE_FLOOR and percent >= floor + _RAISE_AT:
        verdict = f"may be raised to {percent - _RAISE_AT / 2:.0f} in tools/coverage.tsv"
    print(f"{title:<18} {total['all']:>8} {percent:>7.1f}%   {floor:.0f}  {verdict}".rstrip(), flush=True)
    return percent < floor


if __name__ == "__main__":
    sys.exit(main())
