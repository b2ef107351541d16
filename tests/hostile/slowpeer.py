"""A peer written by hand that reads when it likes, over ws and wss, to a server whose kernel buffers are small."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tests.aio.serving import NAME, Loopback, turns
from tests.hostile.rawclient import RawClient

from wssure import Server, Site, WebSocket, serve

__all__ = ["PATIENCE_S", "Meeting", "frames_of", "meeting", "patiently"]

T = TypeVar("T")
# How long a test waits for what must happen: the end of a test that fails, and nothing that a passing test comes near.
PATIENCE_S: Final = 20
REQUEST: Final = (
    "GET / HTTP/1.1",
    f"Host: {NAME}",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


async def patiently(awaitable: Awaitable[T]) -> T:
    """Await something that must end."""
    async with asyncio.timeout(PATIENCE_S):
        return await awaitable


def frames_of(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return a server's whole frames as first octet and payload, and the rest (RFC 6455 section 5.2)."""
    found, at = [], 0
    while len(data) - at >= 2:
        size, start = data[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, start = int.from_bytes(data[start : start + width], "big"), start + width
        if len(data) < start + size:
            break
        found.append((data[at], data[start : start + size]))
        at = start + size
    return found, data[at:]


class SecureClient(RawClient):
    """A connected socket with TLS of the ssl module on it.

    Args:
        sock: Non-blocking.
        context: The client's settings.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=NAME)

    async def handshake(self) -> None:
        """Finish the handshake."""
        await self._until_done(self.tls.do_handshake)

    async def say(self, data: bytes) -> None:
        """Send all of it."""
        await self._until_done(lambda: self.tls.write(data))

    async def hear(self, size: int = 65536) -> bytes:
        """Return the next bytes; b"" at the end, however it came."""
        try:
            return await self._until_done(lambda: self.tls.read(size), size)
        except OSError:
            return b""

    async def leave(self) -> None:
        """Send a close_notify, without waiting for the other one."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        await super().say(self._outgoing.read())

    async def _until_done(self, step: Callable[[], T], size: int = 4096) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                if self._outgoing.pending:
                    await super().say(self._outgoing.read())
                data = await super().hear(size)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            finally:
                if self._outgoing.pending:
                    await super().say(self._outgoing.read())


@dataclass(frozen=True)
class Meeting:
    """A server of ours and a peer that has upgraded.

    Args:
        server: It has one connection.
        ours: The server's end of the connection.
        peer: The other end.
    """

    server: Server
    ours: WebSocket
    peer: RawClient


@asynccontextmanager
async def meeting(
    loopback: Loopback,
    handler: Any,
    *headers: str,
    context: ssl.SSLContext | None = None,
    kernel_bytes: int = 8192,
    **options: Any,
) -> AsyncIterator[Meeting]:
    """Serve with small kernel buffers, and connect a peer.

    Args:
        loopback: Scheme and backend of the server.
        handler: The server's.
        headers: More lines of the peer's request.
        context: TLS settings of the peer; None for the usual ones.
        kernel_bytes: Size of the send buffer of the server and of the receive buffer of the peer.
        options: More for `serve`.
    """
    listening, sock = socket.socket(), socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kernel_bytes)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kernel_bytes)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    if loopback.secure:
        options = {"sites": [Site((NAME,), loopback.pem)], "backend": loopback.backend} | options
    with sock:
        async with serve(handler, sock=listening, **options) as server:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
            peer = RawClient(sock)
            if loopback.secure:
                context = context or ssl.create_default_context(cadata=loopback.ca_pem.decode())
                peer = SecureClient(sock, context)
                await peer.handshake()
            await peer.say("\r\n".join((*REQUEST, *headers, "", "")).encode())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += await peer.hear(1)
            assert answer.startswith(b"HTTP/1.1 101 "), answer
            await turns(lambda: server.connections)
            (ours,) = server.connections
            try:
                yield Meeting(server, ours, peer)
            finally:
                sock.close()
                for websocket in server.connections:
                    websocket.abort()
