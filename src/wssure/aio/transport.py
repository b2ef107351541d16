"""A socket and its TLS engine: watching, writing with backpressure, and an end that delivers its last words.

Nothing here knows HTTP or WebSocket. `Stream` adds what is received; this half owns the socket, so there is one place
that registers it with the loop and one that closes it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from wssure.facts import OsErrorSeen
from wssure.tls.contract import EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.aio.pump import flush_engine, transmit
    from wssure.tls.drive import unsent

if TYPE_CHECKING:
    from wssure.evidence import Note

__all__ = ["FINISHING", "GONE", "LINGER_BYTES", "LINGER_S", "OPEN", "OPENING", "Transport", "os_error"]

# An alert is written, our half shut down, and what comes discarded until the peer's end, 1 s or 64 KiB: a socket closed
# with unread bytes sends a reset, which destroys what the peer has not read yet.
LINGER_S: Final = 1.0
LINGER_BYTES: Final = 65536
# What one write hands to the engine: large enough to fill records, small enough to stay in the cache.
CHUNK_BYTES: Final = 65536

OPENING: Final = 0
OPEN: Final = 1
FINISHING: Final = 2
GONE: Final = 3


def os_error(number: int | None, call: str, text: str | None = None) -> OsErrorSeen:
    """Return the fact of an error of the operating system."""
    words = text or (os.strerror(number) if number else "")
    return OsErrorSeen(number, errno.errorcode.get(number or 0, ""), words, call)


class Transport:
    """The socket's side of a stream. Closed by `abort`, or in bounded time by `finish`.

    Args:
        loop: The running event loop.
        sock: Connected; becomes non-blocking and belongs to the transport from here on.
        note: Takes `os.error` facts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, note: Note) -> None:
        sock.setblocking(False)
        self.loop = loop
        self.sock = sock
        self.note = note
        self.link: Any = None
        self.engine: Any = None
        self.mode = OPENING
        self.eof = False
        self.broken = False
        self.blocked = False
        self.error: OSError | None = None
        self._kept_bytes = 0
        self._fd = sock.fileno()
        self._reading = False
        self._writer = False
        self._pending: deque[Any] = deque()
        self._drained: deque[asyncio.Future[None]] = deque()
        self._low_water = 0
        self._linger: asyncio.TimerHandle | None = None
        self._linger_bytes = 0
        self._gone: asyncio.Future[None] | None = None

    # --- watching ---------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Watch the socket for input."""
        if not self._reading and not self.eof and self.error is None and self.mode != GONE:
            self._reading = True
            self.loop.add_reader(self._fd, self.on_readable)

    def unwatch(self) -> None:
        """Stop watching for input: the kernel's buffer fills, and the peer has to wait."""
        if self._reading:
            self._reading = False
            self.loop.remove_reader(self._fd)

    def on_readable(self) -> None:
        """Take one readiness event; here, at the end of a connection's life, what comes is discarded."""
        try:
            count = len(self.sock.recv(CHUNK_BYTES))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            count = 0
        self._linger_bytes += count
        if count == 0 or self._linger_bytes > LINGER_BYTES:
            self.abort()

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, data: Any) -> None:
        """Send plaintext, and keep the part that the socket does not take now."""
        if self.mode == GONE or self.broken:
            return
        size = len(data)
        taken = 0 if self.blocked else self._push(data)
        if taken < size and not self.broken:
            self._pending.append(memoryview(data)[taken:])
            self._kept_bytes += size - taken

    def pending(self) -> int:
        """Return how many bytes the kernel has not taken: those kept here, and ciphertext in the engine."""
        if not self.blocked:
            return 0
        return self._kept_bytes + (0 if self.engine is None else unsent(self.engine))

    def write_clear(self, data: bytes) -> None:
        """Send bytes past TLS, to a peer that does not speak it; TLS has ended before it began."""
        self.engine = self.link = None
        self.write(data)

    def _push(self, data: Any) -> int:
        """Hand bytes to the engine and the socket; returns how many need not be kept."""
        if self.engine is None:
            return self._push_plain(data)
        taken: int = 0
        size = len(data)
        piece = data if size <= CHUNK_BYTES else memoryview(data)[:CHUNK_BYTES]
        while taken < size:
            if taken:
                piece = memoryview(data)[taken : taken + CHUNK_BYTES]
            try:
                count = self.engine.write(piece)
            except EngineFailed as error:
                self._write_failed(OSError(errno.EPIPE, error.text))
                return 0
            if count <= 0:
                # The engine must read first (never after TLS 1.3's handshake): `retry` follows the next bytes.
                self.blocked = True
                return taken
            taken += count
            if not self.send_outgoing():
                return taken
        return taken

    def _push_plain(self, data: Any) -> int:
        try:
            taken = transmit(self.sock, self._fd, data)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError as error:
            self._write_failed(error)
            return 0
        if taken < len(data):
            self._block()
        return taken

    def send_outgoing(self) -> bool:
        """Send the engine's ciphertext; False where some of it is left."""
        engine = self.engine
        if engine is None or self.mode == GONE:
            return True
        while True:
            if self.broken:
                engine.consume(len(engine.outgoing()))
                return True
            try:
                if flush_engine(engine, self.sock, self._fd) == 0:
                    return True
            except (BlockingIOError, InterruptedError):
                self._block()
                return False
            except OSError as error:
                self._write_failed(error)

    def _block(self) -> None:
        self.blocked = True
        if not self._writer and self.mode != GONE:
            self._writer = True
            self.loop.add_writer(self._fd, self._on_writable)

    def _unblock(self) -> None:
        self.blocked = False
        if self._writer:
            self._writer = False
            self.loop.remove_writer(self._fd)

    def _on_writable(self) -> None:
        self.retry()

    def retry(self) -> None:
        """Send the kept bytes as far as the socket takes them."""
        self.blocked = False
        if self.send_outgoing():
            self._push_pending()
        if not self.blocked:
            self._unblock()
        if self.pending() <= self._low_water:
            self._wake_drained()
        if self.mode == FINISHING and not self.blocked:
            self._shut_down()

    def _push_pending(self) -> None:
        while self._pending and not self.blocked and not self.broken:
            view = self._pending.popleft()
            taken = self._push(view)
            if self.broken:
                return
            self._kept_bytes -= taken
            if taken < len(view):
                self._pending.appendleft(view[taken:])

    def _write_failed(self, error: OSError) -> None:
        # A write error does not end the connection: the peer may already have sent an alert or a Close. Only EOF ends it.
        self.broken = True
        self.note(os_error, error.errno, "send", error.strerror)
        self._drop_pending()
        self.on_broken(error)

    def on_broken(self, error: OSError) -> None:
        """Take note that nothing can be sent any more."""

    def _drop_pending(self) -> None:
        self._pending.clear()
        self._kept_bytes = 0
        self._unblock()
        self._wake_drained()

    async def drain(self, low: int = 0) -> None:
        """Wait until at most `low` bytes wait for the socket, or it takes no more."""
        while self.pending() > low and not self.broken and self.mode != GONE:
            self._low_water = low
            waiter = self.loop.create_future()
            self._drained.append(waiter)
            await waiter

    def _wake_drained(self) -> None:
        while self._drained:
            waiter = self._drained.popleft()
            if not waiter.done():
                waiter.set_result(None)

    # --- the end ----------------------------------------------------------------------------------------------------

    def finish(self, limit_s: float = LINGER_S) -> None:
        """Deliver the queued bytes, shut down our half, discard further input, and close; all within `limit_s`."""
        if self.mode >= FINISHING:
            return
        self.mode = FINISHING
        if self._linger is not None:
            self._linger.cancel()
        self._linger = self.loop.call_later(limit_s, self.abort)
        if not self.blocked:
            self._shut_down()

    def _shut_down(self) -> None:
        if self.link is not None:
            self.link.close_notify()
            if not self.send_outgoing():
                return
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.abort()  # the peer has gone already
            return
        if self.eof or self.error is not None:
            self.abort()
        else:
            self.watch()

    def abort(self) -> None:
        """Close the socket now."""
        if self.mode == GONE:
            return
        self.unwatch()
        self._unblock()
        self.mode = GONE
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self.sock.close()
        self._drop_pending()
        self.on_gone()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def on_gone(self) -> None:
        """Take note that the socket is closed."""

    @property
    def closed(self) -> bool:
        """True once the socket is closed."""
        return self.mode == GONE

    async def wait_gone(self) -> None:
        """Wait until the socket is closed; cancelling the wait leaves it to close by itself."""
        if self.mode == GONE:
            return
        if self._gone is None:
            self._gone = self.loop.create_future()
        await asyncio.shield(self._gone)
