"""A relay between a client and a server that breaks what passes, at a byte and in a direction of the test's choice.

It runs on the test's own loop, so that "the other side has read the first part" needs no clock: a few turns of the loop
are enough. Nothing here knows TLS or WebSocket.
"""

from __future__ import annotations

import asyncio
import enum
import socket
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Final

__all__ = ["CLEAN", "Act", "Damage", "FaultProxy"]

_CHUNK: Final = 65536
# SO_LINGER with a time of 0: close sends a reset.
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


class Act(enum.Enum):
    """What happens once `at` bytes have passed."""

    SPLIT = "split"  # what follows comes with another read
    RESET = "reset"  # both ends get a reset
    HALF_CLOSE = "half-close"  # the receiver gets an end of file, the rest goes nowhere
    STALL = "stall"  # nothing follows, and nothing ends


@dataclass(frozen=True, slots=True)
class Damage:
    """What one direction suffers.

    Args:
        act: What happens at a byte; None lets all pass.
        at: After how many bytes.
        chunk: Most bytes that pass at once: 1 drips.
        delay_s: Seconds before each chunk.
        gather_s: Coalesces: what came passes when nothing more came for so many seconds; None does not.
    """

    act: Act | None = None
    at: int = 0
    chunk: int = _CHUNK
    delay_s: float = 0.0
    gather_s: float | None = None


CLEAN: Final = Damage()


class _Reset(Exception):
    """Both ends are to get a reset."""


class _Pipe:
    """One direction of one connection."""

    def __init__(self, source: socket.socket, sink: socket.socket, damage: Damage) -> None:
        self.loop = asyncio.get_running_loop()
        self.source = source
        self.sink = sink
        self.damage = damage
        self.passed = 0
        self.cut = False

    async def run(self) -> None:
        """Relay until the end of file, which is handed on unless the damage has cut this direction."""
        try:
            await self.act()
            while data := await self.loop.sock_recv(self.source, _CHUNK):
                if self.damage.gather_s is not None:
                    data += await self.more(self.damage.gather_s)
                await self.hand_on(data)
            if not self.cut:
                self.sink.shutdown(socket.SHUT_WR)
        except OSError as error:
            # One end broke: the other has to see it, too.
            raise _Reset from error

    async def more(self, quiet_s: float) -> bytes:
        """Return what else comes until the source is quiet."""
        data = b""
        try:
            while True:
                async with asyncio.timeout(quiet_s):
                    piece = await self.loop.sock_recv(self.source, _CHUNK)
                if not piece:
                    return data
                data += piece
        except TimeoutError:
            return data

    async def hand_on(self, data: bytes) -> None:
        while data and not self.cut:
            size = self.damage.chunk
            if self.damage.act is not None and self.passed < self.damage.at:
                size = min(size, self.damage.at - self.passed)
            piece, data = data[:size], data[size:]
            if self.damage.delay_s:
                await asyncio.sleep(self.damage.delay_s)
            await self.loop.sock_sendall(self.sink, piece)
            self.passed += len(piece)
            if data:
                await self.let_read()
            await self.act()

    async def let_read(self) -> None:
        """Let the receiver, which runs on this loop, read what went."""
        for _ in range(3):
            await asyncio.sleep(0)

    async def act(self) -> None:
        """Do what is due at this byte."""
        if self.damage.act in (None, Act.SPLIT) or self.cut or self.passed != self.damage.at:
            return
        await self.let_read()
        if self.damage.act is Act.RESET:
            raise _Reset
        if self.damage.act is Act.HALF_CLOSE:
            self.sink.shutdown(socket.SHUT_WR)
        self.cut = True  # what still comes is read and dropped: the sender sees a peer that is alive


class FaultProxy:
    """Listens on loopback and relays each connection to a port; an asynchronous context manager.

    Args:
        target: The port to relay to.
        up: What the bytes from client to server suffer.
        down: What those from server to client suffer.
    """

    def __init__(self, target: int, *, up: Damage = CLEAN, down: Damage = CLEAN) -> None:
        self._target = target
        self._damage = (up, down)
        self._pipes: tuple[_Pipe, ...] = ()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._tasks: set[asyncio.Task[None]] = set()
        self.port: int = self._listener.getsockname()[1]

    @property
    def passed(self) -> tuple[int, int]:
        """How many bytes of the last connection passed, up and down."""
        return (self._pipes[0].passed, self._pipes[1].passed) if self._pipes else (0, 0)

    def freeze(self) -> None:
        """Let nothing pass any more, in neither direction, and end nothing: a cable that was pulled."""
        for pipe in self._pipes:
            pipe.cut = True

    async def __aenter__(self) -> FaultProxy:
        self._tasks.add(asyncio.create_task(self._accept()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            self._tasks.add(asyncio.create_task(self._relay(client)))

    async def _relay(self, client: socket.socket) -> None:
        server = socket.socket()
        pipes: tuple[asyncio.Task[None], ...] = ()
        try:
            for sock in (client, server):
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(server, ("127.0.0.1", self._target))
            self._pipes = (_Pipe(client, server, self._damage[0]), _Pipe(server, client, self._damage[1]))
            pipes = tuple(asyncio.create_task(pipe.run()) for pipe in self._pipes)
            await asyncio.gather(*pipes)
        except _Reset:
            for sock in (client, server):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            client.close()
            server.close()
