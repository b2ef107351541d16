"""Run the benchmark: CPU time per message of each library, divided by the C reference's in the same interleaved run.

    python -m benchmarks.bench                     all rows, five rounds
    python -m benchmarks.bench --rounds 2 --only "echo 256 B" --peers wssure picows.websockets
    python -m benchmarks.bench --write docs        also docs/benchmarks.md and docs/benchmarks.svg

Server and client run in separate processes on different cores; in each round every library is measured once. A number
is the median over the rounds of (CPU per message of the library / CPU per message of the C program in that round). No
test asserts a time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import trustme
from benchmarks.picture import draw

ROOT = Path(__file__).resolve().parents[1]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
READING = "\n## How to read it\n"
PEERS = (
    *("wssure", "wssure+uvloop", "wssure.stdlib", "picows", "picows.websockets", "picows.websockets+uvloop"),
    *("websockets", "aiohttp", "websocket-client"),
)


@dataclass(frozen=True)
class Row:
    """One workload: the measured side, its operation and the number of operations."""

    name: str
    side: str
    workload: str
    size: int
    count: int


CONNECTS = ("connect", "default", "resumed")
ROWS = (
    Row("echo 256 B", "client", "echo", 256, 15000),
    Row("echo 100 KiB", "client", "echo", 102400, 2000),
    Row("send stream 32 B", "client", "send", 32, 150000),
    Row("receive stream 32 B", "client", "recv", 32, 600000),
    Row("receive stream 8 KiB", "client", "recv", 8192, 40000),
    Row("200 connections, echo 256 B", "client", "many", 256, 30000),
    Row("connect", "client", "connect", 0, 300),
    Row("connect, no context given", "client", "default", 0, 100),
    Row("connect, session resumed", "client", "resumed", 0, 300),
    Row("server echo 256 B", "server", "echo", 256, 20000),
    Row("server echo 100 KiB", "server", "echo", 102400, 3000),
    Row("server receive stream 32 B", "server", "send", 32, 200000),
    Row("server accept", "server", "connect", 0, 600),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", help="only this row; repeat for more")
    parser.add_argument("--peers", nargs="+", default=list(PEERS))
    parser.add_argument("--scale", type=float, default=1.0, help="multiply every count")
    parser.add_argument("--write", metavar="FOLDER", help="write benchmarks.md and benchmarks.svg there")
    args = parser.parse_args()
    rows = [row for row in ROWS if not args.only or row.name in args.only]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wsref = build_reference(folder)
        certificates(folder)
        results = measure(rows, args.peers, args.rounds, args.scale, folder, wsref)
    table = format_table(rows, args.peers, results)
    print(table)
    if args.write:
        from benchmarks import memory

        write(Path(args.write), rows, args.peers, results, f"{table}\n\n{memory.report()}", args.rounds)
    return 0


def build_reference(folder: Path) -> Path:
    target = folder / "wsref"
    source = ROOT / "benchmarks" / "reference" / "wsref.c"
    subprocess.run(["cc", "-O2", "-w", "-o", target, source, "-lssl", "-lcrypto", "-lpthread"], check=True)
    return target


def certificates(folder: Path) -> None:
    ca = trustme.CA()
    leaf = ca.issue_cert("localhost")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    # A realistic store: many anchors, including ours.
    system = Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
    (folder / "bundle.pem").write_bytes((system.read_bytes() if system.exists() else b"") + ca.cert_pem.bytes())
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def measure(
    rows: list[Row], peers: list[str], rounds: int, scale: float, folder: Path, wsref: Path
) -> dict[tuple[str, str], list[float]]:
    """Return the ratios of every row and peer, one per round."""
    results: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        count = max(200, int(row.count * scale)) if row.workload not in CONNECTS else max(20, int(row.count * scale))
        for number in range(rounds):
            reference = one(row, "C", count, folder, wsref)
            if reference is None:
                continue
            for peer in peers:
                value = one(row, peer, count, folder, wsref)
                if value is not None:
                    results.setdefault((row.name, peer), []).append(value / reference)
            print(f"\r{row.name}: round {number + 1} of {rounds}   ", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return results


def one(row: Row, peer: str, count: int, folder: Path, wsref: Path) -> float | None:
    """Return the CPU seconds per message of one peer in one run; None if it does not support this row."""
    name, _, loop = peer.partition("+")
    loop = loop or "asyncio"
    python = [sys.executable, "-m", "benchmarks.peers"]
    c_server = [str(wsref), "server", "0", str(folder / "cert.pem"), str(folder / "key.pem")]
    measured_server = row.side == "server" and peer != "C"
    words = (
        [*python, "server", name, loop, str(folder / "cert.pem"), str(folder / "key.pem")]
        if measured_server
        else c_server
    )
    with running(words, SERVER_CORE) as server:
        if server is None:
            return None
        process, port = server
        job = [port, str(folder / "ca.pem"), row.workload, str(row.size), str(count)]
        # The C program makes its context before the measurement, so "connect" is the same work for it.
        c_client = [str(wsref), "client", *["connect" if word == "default" else word for word in job]]
        client = [*python, "client", name, loop, *job] if row.side == "client" and peer != "C" else c_client
        before = process_cpu(process.pid)
        try:
            done = subprocess.run(
                pinned(client, CLIENT_CORE),
                cwd=ROOT,
                env={**os.environ, "SSL_CERT_FILE": str(folder / "bundle.pem")},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode or not done.stdout.strip():
            return None
        result = json.loads(done.stdout.splitlines()[-1])
        if row.side == "server":
            return (process_cpu(process.pid) - before) / result["messages"]
        return result["cpu_s"] / result["messages"]


@contextmanager
def running(words: list[str], core: int) -> Iterator[tuple[subprocess.Popen[str], str] | None]:
    process = subprocess.Popen(
        pinned(words, core), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        yield (process, line) if line else None
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def pinned(words: list[str], core: int) -> list[str]:
    return ["taskset", "-c", str(core), *words]


def process_cpu(pid: int) -> float:
    """Return the CPU seconds of a process and all its threads, including ended ones (kernel ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def format_table(rows: list[Row], peers: list[str], results: dict[tuple[str, str], list[float]]) -> str:
    lines = ["| workload | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
    for row in rows:
        cells = []
        values = {peer: statistics.median(found) for peer in peers if (found := results.get((row.name, peer)))}
        best = min(values.values(), default=None)
        for peer in peers:
            value = values.get(peer)
            text = "-" if value is None else f"{value:.2f}"
            cells.append(f"**{text}**" if value is not None and value == best else text)
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(
    folder: Path,
    rows: list[Row],
    peers: list[str],
    results: dict[tuple[str, str], list[float]],
    table: str,
    rounds: int,
) -> None:
    versions = ", ".join(
        f"{name} {text}"
        for name in ("wssure", "picows", "websockets", "aiohttp", "websocket-client", "uvloop")
        if (text := installed(name))
    )
    load = os.getloadavg()[0]
    page = folder / "benchmarks.md"
    # The hand-written text about the numbers is kept; its author must check that it is still correct.
    _, heading, reading = page.read_text(encoding="utf-8").partition(READING) if page.exists() else ("", "", "")
    page.write_text(
        "# Benchmark\n\n"
        "CPU time per message relative to a small C WebSocket program on raw OpenSSL doing the same work in the same interleaved run "
        "(1.0 = the C program, lower is better, the best of a row in bold). Ratios travel between machines; absolute times do not.\n\n"
        f"{table}\n\n![the same numbers as bars](benchmarks.svg)\n\n"
        f"{datetime.date.today():%Y-%m-%d}, {rounds} rounds, median; Python {platform.python_version()}, {ssl.OPENSSL_VERSION}; {versions}; "
        f"TLS 1.3, no compression, loopback, two cores (one each for server and client), load {load:.1f}.\n\n"
        f"    python -m benchmarks.bench --rounds {rounds} --write docs\n{heading}{reading}",
        encoding="utf-8",
    )
    medians = {key: statistics.median(found) for key, found in results.items()}
    (folder / "benchmarks.svg").write_text(draw([row.name for row in rows], peers, medians), encoding="utf-8")


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
