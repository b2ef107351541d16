"""Measure a server's memory per idle TLS connection, after opening and after one message of 1 MiB in each direction.

    python -m benchmarks.memory                    every library's server, 200 connections

The resident memory of the server's process (kernel accounting) with and without the connections, divided by their number.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import CLIENT_CORE, ROOT, SERVER_CORE, build_reference, certificates, pinned, running

CONNECTIONS = 200
BIG = 2**20
PEERS = ("C", "wssure", "wssure.stdlib", "picows", "picows.websockets", "websockets", "aiohttp")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", default=list(PEERS))
    parser.add_argument("--hold", nargs=2, metavar=("PORT", "CA"), help="internal: open the connections and hold them")
    args = parser.parse_args()
    if args.hold:
        asyncio.run(hold(int(args.hold[0]), args.hold[1]))
        return 0
    print(report(args.peers))
    return 0


def report(peers: Sequence[str] = PEERS) -> str:
    """Return the table of every library's server."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wsref = build_reference(folder)
        certificates(folder)
        return table({peer: measured(peer, folder, wsref) for peer in peers})


def measured(peer: str, folder: Path, wsref: Path) -> tuple[float, float]:
    """Return KiB per connection, before and after the big message."""
    pem = [str(folder / "cert.pem"), str(folder / "key.pem")]
    python = [sys.executable, "-m", "benchmarks.peers", "server", peer, "asyncio"]
    words = [str(wsref), "server", "0", *pem] if peer == "C" else [*python, *pem]
    with running(words, SERVER_CORE) as server:
        assert server is not None, f"the server of {peer} does not start"
        process, port = server
        client = [sys.executable, "-m", "benchmarks.memory", "--hold", port, str(folder / "ca.pem")]
        with subprocess.Popen(
            pinned(client, CLIENT_CORE), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdin is not None
            assert holder.stdout is not None
            sizes = []
            # One connection was opened and closed before, so that memory allocated once does not count.
            for _ in ("warm", "open", "after"):
                assert holder.stdout.readline(), f"the connections to {peer} failed"
                sizes.append(resident_kib(process.pid))
                holder.stdin.write("go on\n")
                holder.stdin.flush()
        return (sizes[1] - sizes[0]) / CONNECTIONS, (sizes[2] - sizes[0]) / CONNECTIONS


def resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def table(values: dict[str, tuple[float, float]]) -> str:
    lines = ["| KiB per TLS connection, server | idle | idle after 1 MiB both ways |", "|---|---|---|"]
    lines += [f"| {peer} | {idle:.0f} | {after:.0f} |" for peer, (idle, after) in values.items()]
    return "\n".join(lines)


async def hold(port: int, ca: str) -> None:
    """Open and close one connection, then open all, then send the message on each; wait for a line after each step."""
    import wssure

    tls = wssure.TLSSettings(ca=ca)
    limits = {"compression": None, "ping_interval": None, "max_size": None}

    async def opened() -> wssure.WebSocket:
        return await wssure.connect(f"wss://localhost:{port}/echo", address="127.0.0.1", tls=tls, **limits)

    async def step(name: str) -> None:
        print(name, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

    async def carry(sockets: Sequence[wssure.WebSocket]) -> None:
        for ws in sockets:
            await ws.send(b"x" * BIG)
            await ws.recv()

    first = await opened()
    await first.send(b"x")
    await first.recv()
    await first.close()
    await step("warm")
    every = [await opened() for _ in range(CONNECTIONS)]
    for ws in every:
        await ws.send(b"x")
        await ws.recv()
    await step("open")
    await carry(every)
    await step("after")


if __name__ == "__main__":
    sys.exit(main())
