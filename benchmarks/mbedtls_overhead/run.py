"""Measure the overhead of our Mbed TLS engine against a C program on plain Mbed TLS, in alternating rounds.

    tools/mbedtls-build.sh 3.6 prints the build to put on PYTHONPATH; then

    PYTHONPATH=BUILD python benchmarks/mbedtls_overhead/run.py --prefix "$(sh tools/mbedtls-prefix.sh 3.6)"

All figures are CPU time of one process that is client and server, connected in memory without a socket.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from wssure.name import DnsName
from wssure.tls.contract import DONE, Engine
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

HERE = Path(__file__).parent
NAME = DnsName("a.example")
# Name, argument of the reference, repetitions in one round.
WORK = (("handshake", "handshake", 60), ("256 B message", "256", 6000), ("64 KiB message", "65536", 100))


def build_reference(prefix: Path, folder: Path) -> Path:
    """Compile the C program against the library with which our engine was built."""
    program = folder / "reference"
    lib = prefix.resolve() / "lib"
    subprocess.run(
        [
            os.environ.get("CC", "cc"), "-O2", "-D_GNU_SOURCE", f"-I{prefix.resolve() / 'include'}",
            str(HERE / "reference.c"), "-o", str(program), f"-L{lib}", f"-Wl,-rpath,{lib}",
            "-lmbedtls", "-lmbedx509", "-lmbedcrypto",
        ],
        check=True,
    )  # fmt: skip
    return program


@contextmanager
def material() -> Iterator[tuple[Path, Site, bytes]]:
    """Make a CA and a site, as files for the reference and as values for our engine."""
    ca = trustme.CA()
    leaf = ca.issue_cert(NAME.name)
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (
            ("ca.pem", ca.cert_pem.bytes()),
            ("cert.pem", chain),
            ("key.pem", leaf.private_key_pem.bytes()),
        ):
            (folder / file).write_bytes(content)
        yield folder, Site((NAME.name,), cert=chain, key=leaf.private_key_pem.bytes()), ca.cert_pem.bytes()


def carry(source: Engine, target: Engine) -> int:
    view = source.outgoing()
    count = len(view)
    if count:
        target.feed(view)
        source.consume(count)
    return count


def join(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> tuple[Engine, Engine]:
    client, server = backend.client(settings, NAME), backend.server(site, settings)
    near = far = -1
    while near != DONE or far != DONE:
        near = client.handshake()
        carry(client, server)
        far = server.handshake()
        carry(server, client)
    return client, server


def our_round(backend: MbedTLSBackend, site: Site, settings: TLSSettings, kind: str, count: int) -> float:
    """Return nanoseconds of CPU time per handshake or message."""
    if kind == "handshake":
        started = time.process_time_ns()
        for _ in range(count):
            join(backend, site, settings)
        return (time.process_time_ns() - started) / count
    size = int(kind)
    payload, buffer = bytes(size), bytearray(65536)
    client, server = join(backend, site, settings)
    started = time.process_time_ns()
    for _ in range(count):
        client.write(payload)
        carry(client, server)
        done = 0
        while done < size:
            done += server.read_into(buffer)
    return (time.process_time_ns() - started) / count


def reference_round(program: Path, folder: Path, version: str, kind: str, count: int) -> float:
    out = subprocess.run(
        [program, folder / "ca.pem", folder / "cert.pem", folder / "key.pem", version, kind, str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(out.stdout)


def interleave(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[list[float], list[float]]:
    mine, plain = [], []
    for _ in range(rounds):
        plain.append(theirs())
        mine.append(ours())
    return mine, plain


def main() -> int:
    parser = argparse.ArgumentParser(description="Overhead of the Mbed TLS engine over plain Mbed TLS.")
    parser.add_argument("--prefix", type=Path, required=True, help="the installation the engine was built against")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    backend = MbedTLSBackend()
    print(
        f"{backend.version}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'work':<26}{'plain us':>10}{'ours us':>10}{'best':>8}{'median':>8}")
    with material() as (folder, site, ca):
        program = build_reference(options.prefix, folder)
        for version in ("TLSv1.2", "TLSv1.3") if backend.capabilities.tls13 else ("TLSv1.2",):
            settings = TLSSettings(ca=ca, min_version=version, max_version=version)
            for name, kind, count in WORK:
                mine, plain = interleave(
                    options.rounds,
                    lambda: our_round(backend, site, settings, kind, count),  # noqa: B023  called at once
                    lambda: reference_round(program, folder, version[-3::2], kind, count),  # noqa: B023
                )
                ratio, middle = min(mine) / min(plain), statistics.median(mine) / statistics.median(plain)
                label = f"{version} {name}"
                print(f"{label:<26}{min(plain) / 1e3:>10.2f}{min(mine) / 1e3:>10.2f}{ratio:>8.2f}{middle:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
