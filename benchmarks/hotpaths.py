"""The two processes of `tools/hotpaths.py`: one repeats a hot path, the other is its peer.

python -m benchmarks.hotpaths measured PATH PARTS FOLDER PORT BARRIER runs PARTS[0] operations, a mark, PARTS[1], a
mark, ... python -m benchmarks.hotpaths server FOLDER BARRIER prints its port and serves until killed python -m
benchmarks.hotpaths client PARTS FOLDER PORT connects for the path "accept", with a mark after each part

FOLDER contains ca.pem, cert.pem and key.pem. BARRIER is the descriptor of a pipe from the server to the measured
process.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

import wssure
from wssure.aio.client_tls import SESSIONS
from wssure.name import DnsName
from wssure.tls.guard import Guard
from wssure.tls.record_log import RecordLog

DATA = b"x" * 256
# Messages per request of a stream: few enough for the kernel's buffers, so that no write waits for the peer.
BURST = 64
HELLO = (
    Path(__file__).resolve().parents[1] / "tests" / "vectors" / "clients" / "python-websockets-ssl-openssl-3-0-19.hex"
)
Repeat = Callable[[int], Awaitable[None]]


def mark() -> None:
    """Call the C library function at which callgrind writes its counts; no other code calls it."""
    os.getpriority(os.PRIO_PROCESS, 0)


async def connected(folder: Path, port: int, path: str) -> Any:
    tls = wssure.TLSSettings(ca=folder / "ca.pem")
    return await wssure.connect(f"wss://localhost:{port}{path}", tls=tls, compression=None, ping_interval=None)


async def echo(folder: Path, port: int, _: int) -> Repeat:
    ws = await connected(folder, port, "/echo")

    async def repeat(count: int) -> None:
        for _ in range(count):
            await ws.send(DATA)
            await ws.recv()

    return repeat


async def receive_stream(folder: Path, port: int, barrier: int) -> Repeat:
    ws = await connected(folder, port, "/source")

    async def repeat(count: int) -> None:
        for _ in range(count // BURST):
            await ws.send("more")
            await asyncio.sleep(0)  # `send` collects all messages of one loop iteration.
            os.read(barrier, 1)  # The whole burst is in the kernel, so reads do not depend on the speed of the peer.
            for _ in range(BURST):
                await ws.recv()

    return repeat


async def send_stream(folder: Path, port: int, _: int) -> Repeat:
    ws = await connected(folder, port, "/sink")

    async def repeat(count: int) -> None:
        for _ in range(count // BURST):
            for _ in range(BURST):
                await ws.send(DATA)
            await ws.send("end")
            await ws.recv()

    return repeat


async def connect(folder: Path, port: int, _: int) -> Repeat:
    async def repeat(count: int) -> None:
        for _ in range(count):
            SESSIONS.clear()  # Force a full handshake each time.
            await (await connected(folder, port, "/sink")).close()

    return repeat


async def client_hello(*_: object) -> Repeat:
    flight = bytes.fromhex(HELLO.read_text())

    async def repeat(count: int) -> None:
        for _ in range(count):
            guard, record_log = Guard(DnsName("localhost")), RecordLog()
            record_log.lazy = False
            guard.check(record_log.feed(flight))
            guard.complete(record_log, waiting=True)

    return repeat


CLIENTS: dict[str, Callable[[Path, int, int], Awaitable[Repeat]]] = {
    "echo": echo,
    "receive stream": receive_stream,
    "send stream": send_stream,
    "connect": connect,
    "ClientHello": client_hello,
}


async def measured(path: str, parts: list[int], folder: Path, port: int, barrier: int) -> None:
    """Run one hot path in parts, with a mark after each."""
    if path == "accept":
        await accept(len(parts), folder)
        return
    repeat = await CLIENTS[path](folder, port, barrier)
    for count in parts:
        await repeat(count)
        settle()


def settle() -> None:
    """End a part: collect garbage, so that each part begins with an empty young generation, and mark."""
    gc.collect()
    gc.freeze()
    mark()


async def serving(folder: Path, handler: Callable[[Any], Awaitable[None]]) -> None:
    site = wssure.Site(("localhost",), folder / "cert.pem", folder / "key.pem")
    server = await wssure.serve(
        handler, "127.0.0.1", sites=[site], compression=None, ping_interval=None, max_connections=None
    )
    print(server.port, flush=True)


async def accept(parts: int, folder: Path) -> None:
    left = asyncio.Semaphore(0)

    async def handler(ws: Any) -> None:
        if ws.request.path == "/mark":
            settle()
            left.release()
        async for _ in ws:
            pass

    await serving(folder, handler)
    for _ in range(parts):
        await left.acquire()


async def accepted(parts: list[int], folder: Path, port: int) -> None:
    for count in parts:
        for _ in range(count):
            SESSIONS.clear()
            await (await connected(folder, port, "/")).close()
        await (await connected(folder, port, "/mark")).close()


async def server(folder: Path, barrier: int) -> None:
    async def handler(ws: Any) -> None:
        path = ws.request.path
        async for message in ws:
            if path == "/source":
                for _ in range(BURST):
                    await ws.send(DATA)
                await asyncio.sleep(0)
                os.write(barrier, b"x")
            elif path == "/echo" or isinstance(message, str):
                await ws.send(message)

    await serving(folder, handler)
    await asyncio.Event().wait()


def main() -> None:
    role, *rest = sys.argv[1:]
    if role == "measured":
        path, parts, folder, port, barrier = rest
        uvloop.run(measured(path, list(map(int, parts.split(","))), Path(folder), int(port), int(barrier)))
    elif role == "client":
        parts, folder, port = rest
        uvloop.run(accepted(list(map(int, parts.split(","))), Path(folder), int(port)))
    else:
        folder, barrier = rest
        uvloop.run(server(Path(folder), int(barrier)))


if __name__ == "__main__":
    main()
