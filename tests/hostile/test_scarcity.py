"""A server that runs out of file descriptors goes on, logs it once, and serves the clients that waited."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import sys

import pytest

from wssure import DialFailed, connect
from wssure.aio.failure import prepare
from wssure.facts import OsErrorSeen

LIMIT = 24


async def test_a_flood_that_takes_every_descriptor_is_survived_and_said_once():
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hostile.scarce", str(LIMIT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    with contextlib.ExitStack() as idle:
        for _ in range(4 * LIMIT):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        # All of them stand before the honest client, several times what the server can open, and openings have no limit
        # in seconds: a silent one has to give its descriptor to the next client.
        async with connect(f"ws://127.0.0.1:{port}/", open_timeout=15) as ws:
            await ws.send("honest")
            assert await ws.recv() == "honest"
    async with connect(f"ws://127.0.0.1:{port}/") as ws:
        await ws.send("again")
        assert await ws.recv() == "again"
    _, said = await server.communicate(b"")
    assert server.returncode == 0
    lines = said.decode().splitlines()
    assert lines == [
        "out of file descriptors or memory (Too many open files): new connections wait until that ends or idle openings"
        " give way"
    ]


async def test_a_client_without_a_descriptor_says_so():
    prepare()
    "a".encode("idna")  # loads what getaddrinfo needs
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as free:
        lowest = free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(DialFailed) as caught:
            await connect("ws://127.0.0.1:9/")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.errno == errno.EMFILE
    assert caught.value.failure.fact(OsErrorSeen).name == "EMFILE"
    assert (caught.value.failure.cause, caught.value.failure.transient) == ("tcp.no-descriptors", True)
