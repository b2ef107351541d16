"""Starts software nobody here wrote, waits until it listens, reads what it says, and ends it by its process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass


def free_port() -> int:
    """Return a port nobody listens on now, for a program that cannot pick one itself."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


@dataclass
class Running:
    """A program that listens."""

    process: subprocess.Popen[bytes]
    log: pathlib.Path

    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")


@contextlib.contextmanager
def running(
    argv: Sequence[str], port: int, folder: pathlib.Path, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run a server until the block ends; entered once it accepts connections."""
    log = folder / f"{pathlib.Path(argv[0]).name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
    server = Running(process, log)
    try:
        _wait_until_listening(server, port)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait_until_listening(server: Running, port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            ended = server.process.poll()
            assert ended is None, f"{server.process.args!r} ended with {ended}: {server.said()}"
            time.sleep(0.01)


@contextlib.asynccontextmanager
async def talking(
    argv: Sequence[str], folder: pathlib.Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a client with pipes until the block ends; standard error comes with standard output."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
        limit=2**22,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            # Its own session: the children it has started (a browser has many) end with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def output_of(
    argv: Sequence[str],
    folder: pathlib.Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a client to its end; gives exit code and all it wrote."""
    async with talking(argv, folder, environment) as process:
        said, _ = await process.communicate(stdin)
        assert process.returncode is not None
        return process.returncode, said.decode(errors="replace")


async def said_until(process: asyncio.subprocess.Process, mark: bytes) -> bytes:
    """Read what a client writes up to a mark; the test's own time-out bounds it."""
    assert process.stdout is not None
    try:
        return await process.stdout.readuntil(mark)
    except asyncio.IncompleteReadError as error:
        raise AssertionError(f"ended before it wrote {mark!r}: {error.partial.decode(errors='replace')}") from None
