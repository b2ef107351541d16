"""Count the instructions per operation of six hot paths: `python tools/hotpaths.py`. Run by `make hotpaths`.

Callgrind counts every instruction of one process: the server for "accept", the client for the other paths. Its peer runs without
valgrind. The process runs parts of two lengths (`benchmarks/hotpaths.py`) and writes the counts after each part. The
difference of a long and a short part, divided by the difference of their operations, excludes the start-up. The figure
is the median of all pairs; the spread is the distance of the outermost pair from it.

Instructions of libcrypto are counted separately: they are 60 % of a handshake, depend on the processor and would hide a
change of ours.

    python tools/hotpaths.py                  all paths against tools/hotpaths.tsv; 1 if one is more than 3 % above its ceiling
    python tools/hotpaths.py --only connect   one path; repeat for more
    python tools/hotpaths.py --record         write the figures of this build as the ceilings
    python tools/hotpaths.py --keep FOLDER    keep the profiles, for callgrind_annotate
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CEILINGS = ROOT / "tools" / "hotpaths.tsv"
TOLERANCE = 0.03
TIMEOUT = 300
# The C function at which callgrind writes its counts; `benchmarks.hotpaths.mark` calls it.
MARK = "getpriority"
CRYPTO = "libcrypto"
HEAD = """\
# The most instructions per operation outside libcrypto, as `make hotpaths` counts them; the gate fails above +3 %.
# Lower a ceiling when a path gets cheaper; a higher one needs a reason in the commit. `make hotpaths RECORD=1` writes this file.
"""


@dataclass(frozen=True)
class HotPath:
    """A hot path with its operations before the first pair, and in the short and the long part of each pair."""

    name: str
    warm: int
    short: int
    long: int
    pairs: int = 3

    def parts(self) -> list[int]:
        return [self.warm, *([self.short, self.long] * self.pairs)]


PATHS = (
    HotPath("echo", 400, 200, 1000),
    HotPath("receive stream", 1280, 640, 3200),
    HotPath("send stream", 1280, 640, 3200),
    HotPath("accept", 20, 10, 40, pairs=4),
    HotPath("connect", 20, 10, 40, pairs=4),
    HotPath("ClientHello", 100, 50, 250),
)


@dataclass(frozen=True)
class Figure:
    """Instructions per operation: outside libcrypto, in libcrypto, and the spread of the first as a share."""

    own: float
    crypto: float
    spread: float


def costs(lines: Iterator[str] | list[str]) -> Counter[str]:
    """Add up the instructions of a callgrind profile by object file.

    Raises:
        ValueError: The sum differs from the total that the profile states.
    """
    names: dict[str, str] = {}
    by_object: Counter[str] = Counter()
    current, total, call = "???", None, False
    for line in lines:
        if found := re.match(r"(c?ob)=(\(\d+\))(?: (.*))?", line):
            kind, number, name = found.groups()
            # A file is named once; later lines have only its number.
            if name is not None:
                names[number] = name
            if kind == "ob":
                current = names[number]
        elif line.startswith("calls="):
            call = True  # The next line has the cost of the called function, which is counted in its own lines.
        elif line.startswith("totals:"):
            total = int(line.split()[1])
        elif re.match(r"[0-9+*-]", line):
            if not call:
                by_object[current] += int(line.split()[1])
            call = False
    if total != by_object.total():
        raise ValueError(f"profile got {by_object.total()} instructions in its lines, expected its total of {total}")
    return by_object


def figure(path: HotPath, counts: list[Counter[str]]) -> Figure:
    """Return instructions per operation from the profiles of all parts, the first of which is the warm-up."""
    own, crypto = [], []
    for at in range(1, len(counts), 2):
        short, long = counts[at], counts[at + 1]
        difference = {name: long[name] - short[name] for name in short | long}
        in_crypto = sum(count for name, count in difference.items() if CRYPTO in name)
        crypto.append(in_crypto / (path.long - path.short))
        own.append((sum(difference.values()) - in_crypto) / (path.long - path.short))
    middle = statistics.median(own)
    return Figure(middle, statistics.median(crypto), max(abs(value - middle) for value in own) / middle)


def fingerprint() -> dict[str, str]:
    """Return the values that change the counts without a change of the sources."""
    flags = re.search(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    compiler = sysconfig.get_config_var("CC").split()[0]
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})",
        "openssl": ssl.OPENSSL_VERSION,
        "compiler": first_line(compiler, "--version"),
        "libc": " ".join(platform.libc_ver()),
        "uvloop": version("uvloop"),
        "valgrind": first_line("valgrind", "--version"),
        "processor": f"{platform.machine()}{' avx2' if flags and 'avx2' in flags[1].split() else ''}",
    }


def first_line(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "missing"
    return (done.stdout.splitlines() or [""])[0]


def read_ceilings(text: str) -> tuple[dict[str, float], dict[str, str]]:
    """Return the ceilings and the fingerprint of the build on which they were measured."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return (
        {name: float(value) for kind, name, value in rows if kind == "path"},
        {name: value for kind, name, value in rows if kind == "build"},
    )


def write_ceilings(ceilings: dict[str, float], build: dict[str, str]) -> str:
    rows = [f"build\t{name}\t{value}" for name, value in build.items()]
    rows += [f"path\t{name}\t{value:.0f}" for name, value in ceilings.items()]
    return HEAD + "\n".join(rows) + "\n"


def over(own: float, ceiling: float) -> bool:
    return own > ceiling * (1 + TOLERANCE)


def row(name: str, found: Figure, ceiling: float | None) -> str:
    """Return one line of the table: figure, ceiling, their distance in per cent, spread, share of libcrypto."""
    against = "no ceiling" if ceiling is None else f"{ceiling:>11,.0f} {100 * (found.own / ceiling - 1):>+7.2f} %"
    verdict = "  OVER" if ceiling is not None and over(found.own, ceiling) else ""
    return f"{name:<16} {found.own:>12,.0f} {against:>21}   ±{100 * found.spread:.2f} % {found.crypto:>12,.0f}{verdict}"


def other_build(recorded: dict[str, str], here: dict[str, str]) -> list[str]:
    """Return one line per difference between two builds."""
    return [
        f"  {name}: ceilings {recorded.get(name, 'unknown')}, here {here.get(name, 'unknown')}"
        for name in recorded | here
        if recorded.get(name) != here.get(name)
    ]


def measure(path: HotPath, folder: Path) -> Figure:
    """Run one path under callgrind and return its figure."""
    profile = folder / f"{path.name.replace(' ', '-')}.callgrind"
    run(path, folder, "valgrind", "-q", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={profile}")
    counts = []
    for number in range(1, len(path.parts()) + 1):
        with open(f"{profile}.{number}") as lines:
            counts.append(costs(lines))
    return figure(path, counts)


def run(path: HotPath, folder: Path, *wrapper: str) -> None:
    """Run the process of a path under `wrapper`, and its peer directly."""
    parts = ",".join(map(str, path.parts()))
    python = [sys.executable, "-m", "benchmarks.hotpaths"]
    measured = [*wrapper, *python, "measured", path.name, parts, str(folder)]
    reading, writing = os.pipe()
    try:
        if path.name == "accept":
            with running([*measured, "0", "0"]) as (process, port):
                finish([*python, "client", parts, str(folder), port])
                process.wait(TIMEOUT)
        else:
            with running([*python, "server", str(folder), str(writing)], writing) as (_, port):
                finish([*measured, port, str(reading)], reading)
    finally:
        os.close(reading)
        os.close(writing)


def finish(words: list[str], *passed: int) -> None:
    subprocess.run(words, cwd=ROOT, env=environment(), check=True, timeout=TIMEOUT, pass_fds=passed)


@contextmanager
def running(words: list[str], *passed: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server, yield its process and port, and end it."""
    process = subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, pass_fds=passed)
    assert process.stdout is not None
    with process:
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise SystemExit("hotpaths: the server of the measurement did not start")
            yield process, port
        finally:
            process.terminate()


def environment() -> dict[str, str]:
    """Return an environment that fixes the order of sets and keeps the counts free of settings of the user."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}


def certificates(folder: Path) -> None:
    import trustme

    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def judge(figures: dict[str, Figure], ceilings: dict[str, float], differences: list[str]) -> int:
    """Print the comparison of the figures, and return the exit code."""
    if differences:
        print("The ceilings were measured on another build, so nothing is judged:", *differences, sep="\n")
        print(
            "`make hotpaths RECORD=1` writes the figures above as the ceilings of this build (do not commit them unasked)."
        )
        return 0
    above = [name for name, found in figures.items() if name not in ceilings or over(found.own, ceilings[name])]
    if above:
        print(f"more than {TOLERANCE:.0%} above the ceiling, or without one: {', '.join(above)}")
        print("`python tools/hotpaths.py --only NAME --keep FOLDER`, then callgrind_annotate, shows where.")
    return 1 if above else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[path.name for path in PATHS], help="only this path")
    parser.add_argument("--record", action="store_true", help="write the figures as ceilings")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the profiles there")
    args = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("hotpaths: valgrind is missing, nothing was measured (apt-get install valgrind)", file=sys.stderr)
        return 2
    ceilings, recorded = read_ceilings(CEILINGS.read_text() if CEILINGS.exists() else "")
    here = fingerprint()
    figures: dict[str, Figure] = {}
    print(f"{'path':<16} {'instructions':>12} {'ceiling':>11} {'':>9}   spread  {'libcrypto':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = args.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        certificates(folder)
        for path in PATHS:
            if args.only is None or path.name in args.only:
                figures[path.name] = measure(path, folder)
                print(row(path.name, figures[path.name], ceilings.get(path.name)), flush=True)
    if args.record:
        kept = ceilings if recorded == here else {}
        CEILINGS.write_text(write_ceilings({**kept, **{name: found.own for name, found in figures.items()}}, here))
        print(f"recorded in {CEILINGS.relative_to(ROOT)}")
        return 0
    return judge(figures, ceilings, other_build(recorded, here))


if __name__ == "__main__":
    sys.exit(main())
