"""Measure branch coverage by package: `python tools/coverage.py`. Run by `make coverage` and in CI.

The packages without I/O must reach 95 % of their branches by their own tests alone. The others have their own minimums
in tools/coverage.tsv, measured with the tests that run in this process. Interpreted code is measured, in a copy without
compiled parts, because a tracer cannot trace those. Only the OpenSSL engine has no interpreted form. It is built to
report its lines (Cython reports lines, not branches), and has a minimum for those.
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
from typing import Any

import floors

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ROOT / "tools" / "coverage.tsv"
PURE_FLOOR = 95.0
# The own tests of each package.
PURE = {
    "wire": (("wire",), ("tests/wire",)),
    "protocol": (("protocol",), ("tests/protocol",)),
    "diagnose": (
        ("diagnose",),
        (
            "tests/diagnose",
            "tests/causes/test_evidence.py",
            "tests/causes/test_pages.py",
            "tests/tools/stacks/test_hello.py",
            "tests/tools/probe/test_compare.py",
        ),
    ),
    "explain": (("explain",), ("tests/tools/explain",)),
    "stacks": (("stacks",), ("tests/tools/stacks",)),
    "draw": (("draw",), ("tests/tools/draw", "tests/tools/cli/test_hello.py", "tests/tools/cli/test_diff.py")),
    "names and values": (
        ("endpoint", "name", "evidence", "errors", "proxy", "frozen", "facts", "fixes", "text"),
        (
            "tests/test_endpoint.py",
            "tests/test_errors.py",
            "tests/test_proxy.py",
            "tests/test_frozen.py",
            "tests/test_facts.py",
            "tests/test_fixes.py",
        ),
    ),
}
REST = ("aio", "tls", "probe", "lint", "cli")
REST_TESTS = (
    "tests/aio",
    "tests/tls",
    "tests/hostile",
    "tests/tools/probe",
    "tests/tools/lint",
    "tests/tools/cli",
    "tests/causes",
    "tests/faulty_endpoints",
)
ENGINE = "src/wssure/tls/_openssl"
ENGINE_TESTS = ("tests/tls", "tests/aio/test_connect.py", "tests/aio/test_tls_end.py", "tests/aio/test_close_notify.py")
# A minimum is raised by hand once coverage exceeds it by this many points; smaller differences are noise.
_RAISE_AT = 2.0


def main() -> int:
    """Measure, print a table, and return 1 if a package is below its minimum."""
    kept = {room: number for (room,), (number, _) in floors.read(FLOORS.read_text()).items()}
    troubles = floors.lowered(FLOORS)
    print(*troubles, sep="\n", end="\n" if troubles else "")
    below = len(troubles)
    with tempfile.TemporaryDirectory() as name:
        copy = interpreted(Path(name) / "copy")
        print(f"{'room':<18} {'branches':>8} {'covered':>8}   floor")
        for title, (rooms, tests) in PURE.items():
            below += tell(title, by_room(measured(copy, tests), "branches"), rooms, PURE_FLOOR)
        rest = by_room(measured(copy, REST_TESTS), "branches")
        for room in REST:
            below += tell(room, rest, (room,), kept[room])
        lines = by_room(engine(Path(name) / "engine"), "lines")
        below += tell("engine (lines)", lines, ("engine",), kept["engine"])
    return 1 if below else 0


def interpreted(copy: Path) -> Path:
    """Make a copy of the tracked files, without compiled parts."""
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
    return copy


def engine(copy: Path) -> dict[str, Any]:
    """Build the OpenSSL engine in a copy so that it reports its lines, and run its tests."""
    interpreted(copy)
    source = copy / f"{ENGINE}.pyx"
    source.write_text("# cython: linetrace=True\n" + source.read_text())
    flags = {"BUILD_EXTENSION": "yes", "WSSURE_CFLAGS": "-O0 -DCYTHON_TRACE=1 -DCYTHON_TRACE_NOGIL=1"}
    build = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    subprocess.run(build, cwd=copy, env={**os.environ, **flags}, check=True)
    # The plugin maps C lines to source lines with this file, beside the module.
    shutil.copy(copy / "build" / "cython" / f"{ENGINE}.c", copy / f"{ENGINE}.c")
    (copy / ".coveragerc").write_text("[run]\nplugins = Cython.Coverage\n")
    return measured(copy, ENGINE_TESTS, "--cov-config=.coveragerc", backends="openssl,stdlib")


def measured(copy: Path, tests: tuple[str, ...], *options: str, backends: str = "stdlib") -> dict[str, Any]:
    """Run tests and return the report of coverage on each file."""
    report = copy / "coverage.json"
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--tier",
        "quick",
        "--cov=wssure",
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "WSSURE_TEST_BACKENDS": backends}
    environment.pop("WSSURE_TALLY", None)
    done = subprocess.run(
        [*words, *(options or ["--cov-branch"]), f"--cov-report=json:{report}", *tests],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
        raise SystemExit(f"coverage: tests failed: {' '.join(tests)}")
    files: dict[str, Any] = json.loads(report.read_text())["files"]
    return files


def by_room(files: dict[str, Any], of: str) -> dict[str, Counter[str]]:
    """Count the existing and the covered branches or lines of each package; the engine is separate."""
    keys = ("num_branches", "covered_branches") if of == "branches" else ("num_statements", "covered_lines")
    rooms: dict[str, Counter[str]] = {}
    for file, found in files.items():
        below = file.partition("src/wssure/")[2].removeprefix("tools/")
        room = "engine" if ENGINE in file else Path(below).parts[0].removesuffix(".py")
        every, taken = (found["summary"][key] for key in keys)
        rooms.setdefault(room, Counter()).update(all=every, taken=taken)
    return rooms


def tell(title: str, found: dict[str, Counter[str]], rooms: tuple[str, ...], floor: float) -> bool:
    """Print one row; return True if it is below its minimum."""
    total = sum((found[room] for room in rooms if room in found), Counter())
    percent = 100 * total["taken"] / total["all"]
    verdict = "BELOW" if percent < floor else ""
    if floor != PURE_FLOOR and percent >= floor + _RAISE_AT:
        verdict = f"may be raised to {percent - _RAISE_AT / 2:.0f} in tools/coverage.tsv"
    print(f"{title:<18} {total['all']:>8} {percent:>7.1f}%   {floor:.0f}  {verdict}".rstrip(), flush=True)
    return percent < floor


if __name__ == "__main__":
    sys.exit(main())
