"""A client that says what it likes: bytes on a socket, after an upgrade or instead of one."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.aio.serving import Loopback, turns

from wssure import Server

__all__ = ["DEFLATE", "RawClient", "dialled", "frame", "silent_sockets", "still_echoes", "upgraded"]

DEFLATE: Final = "Sec-WebSocket-Extensions: permessage-deflate"
_KEY: Final = b"\x01\x02\x03\x04"


def frame(first: int, payload: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a masked frame.

    Args:
        first: The first octet: flags and opcode.
        payload: Not masked yet.
        length: What the header says; None for the truth.
    """
    size = len(payload) if length is None else length
    head = bytes((first,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    mask = (_KEY * (len(payload) // 4 + 1))[: len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + _KEY + masked.to_bytes(len(payload), "big")


class RawClient:
    """A connected socket.

    Args:
        sock: Non-blocking.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._loop = asyncio.get_running_loop()

    async def say(self, data: bytes) -> None:
        """Send all of it; what the server does not take keeps this waiting."""
        await self._loop.sock_sendall(self.sock, data)

    def say_some(self, data: bytes) -> int:
        """Send what goes now, without waiting; return how much that was."""
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0

    async def hear(self, size: int = 65536) -> bytes:
        """Return the next bytes; b"" at the end, however it came."""
        try:
            return await self._loop.sock_recv(self.sock, size)
        except ConnectionError:
            return b""

    async def hear_all(self) -> bytes:
        """Return everything until the end."""
        heard = b""
        while data := await self.hear():
            heard += data
        return heard

    def close(self) -> None:
        """Close."""
        self.sock.close()


@asynccontextmanager
async def dialled(server: Server, *, small: bool = False, source: str | None = None) -> AsyncIterator[RawClient]:
    """Connect to a server.

    Args:
        server: On loopback.
        small: True for a small receive buffer.
        source: The client's address; all of 127.0.0.0/8 is this machine. None for the usual one.
    """
    sock = socket.socket()
    if source is not None:
        sock.bind((source, 0))
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    sock.setblocking(False)
    client = RawClient(sock)
    try:
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
        yield client
    finally:
        client.close()


@asynccontextmanager
async def upgraded(server: Server, *headers: str, small: bool = False) -> AsyncIterator[RawClient]:
    """Connect to a server and upgrade.

    Args:
        server: On loopback, plain ws.
        headers: More lines of the request.
        small: As in `dialled`.
    """
    lines = (
        "GET / HTTP/1.1",
        "Host: a.example",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    )
    async with dialled(server, small=small) as client:
        await client.say("\r\n".join((*lines, "", "")).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await client.hear(1)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        await turns(lambda: server.connections)
        yield client


@asynccontextmanager
async def silent_sockets(port: int, count: int) -> AsyncIterator[None]:
    """Keep silent connections to a port of this machine, each opened again once it is closed."""
    attacker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hostile.silent", str(port), str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert attacker.stdout is not None
    assert await attacker.stdout.readline() == b"opened\n"
    try:
        yield
        assert attacker.returncode is None, "the attacker was there to the end"
    finally:
        await attacker.communicate(b"")


async def still_echoes(loopback: Loopback, server: Server, **options: object) -> bool:
    """Tell whether an honest client is served."""
    async with loopback.connect(server, **options) as ws:
        await ws.send("honest")
        return await ws.recv() == "honest"
