"""A server of ours and clients for it, on loopback, with certificates made for this run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from wssure import Server, Site, TLSSettings, WebSocket, connect, serve
from wssure.aio.connect import Connecting

NAME = "a.example"


async def echo(websocket: WebSocket) -> None:
    async for message in websocket:
        await websocket.send(message)


async def hold(websocket: WebSocket) -> None:
    """Keep the connection until the client ends it."""
    await websocket.wait_closed()


@dataclass
class Loopback:
    """Where tests connect: one scheme and, for wss, one backend and the CA."""

    backend: str | None
    pem: bytes
    ca_pem: bytes

    @property
    def secure(self) -> bool:
        return self.backend is not None

    @asynccontextmanager
    async def server(self, handler: Any = echo, **options: Any) -> AsyncIterator[Server]:
        if self.secure:
            options = {"sites": [Site((NAME,), self.pem)], "backend": self.backend} | options
        async with serve(handler, "127.0.0.1", **options) as server:
            yield server

    def connect(self, server: Server | int, path: str = "/", **options: Any) -> Connecting:
        port = server if isinstance(server, int) else server.port
        if self.secure:
            options = {"tls": TLSSettings(ca=self.ca_pem), "backend": self.backend} | options
        scheme = "wss" if self.secure else "ws"
        return connect(f"{scheme}://{NAME}:{port}{path}", address="127.0.0.1", **options)


@asynccontextmanager
async def tcp_server(handle: Any) -> AsyncIterator[int]:
    """Serve raw TCP with a function of reader and writer; gives the port."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if hasattr(server, "close_clients"):  # Python 3.13
            server.close_clients()
        await server.wait_closed()


async def turns(condition: Any) -> None:
    """Let the loop turn until a condition holds; the test's own time-out bounds it."""
    while not condition():
        await asyncio.sleep(0.001)


def age(server: Server, seconds: float, *, addresses: bool = True) -> None:
    """Let the openings of a server have made their last progress so many seconds earlier.

    Args:
        server: Its openings, all of them.
        seconds: How long.
        addresses: False leaves the progress of their addresses as it is.
    """
    openings = server._handshakes
    for opening, queue in openings._queues.items():
        queue[opening] = queue[opening][0], queue[opening][1] - seconds
    for address in openings._addresses.values() if addresses else ():
        address.stepped -= seconds
