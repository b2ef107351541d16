"""Own the socket and the TLS engine of one connection: watch it, write with backpressure, and end it without losing bytes.

Theory of operation. A `ByteStream` knows neither HTTP nor WebSocket. Its owner takes two calls: `on_readable` when the socket
has input, `on_end` with each event of the end. The owner looks events up in the table of endings (`wssure.protocol.state`) and
answers with `perform`. Its owner is `wssure.aio.opening` while a connection is opened, and `wssure.aio.driver` from then on.

Input goes into a scratch buffer that all streams of the loop share: nothing stays in it between two readiness events.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakKeyDictionary

from wssure.facts import OsErrorSeen
from wssure.protocol.state import Action, End
from wssure.tls.contract import EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.aio.socket_io import flush_engine, receive, transmit
    from wssure.tls.drive import unsent

if TYPE_CHECKING:
    from wssure.aio.resolve import SocketAddress
    from wssure.evidence import Note
    from wssure.tls.contract import Engine

Bytes = bytes | bytearray | memoryview

SCRATCH_BYTES: Final = 262144
# An alert is written, our half shut down, and input discarded until the peer's end, 1 s or 64 KiB: a socket closed
# with unread bytes sends a reset, which destroys the bytes that the peer has not read yet.
LINGER_S: Final = 1.0
LINGER_BYTES: Final = 65536
# How much one write hands to the engine: large enough to fill records, small enough to stay in the cache.
CHUNK_BYTES: Final = 65536
# A write waits for nothing; the socket, which is watched, or tried again right now; or the engine, which must read first.
_NOTHING: Final = 0
_TRYING: Final = 1
_SOCKET: Final = 2
_ENGINE: Final = 3

_SCRATCHES: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[memoryview, memoryview]] = WeakKeyDictionary()


def scratch_of(loop: asyncio.AbstractEventLoop) -> tuple[memoryview, memoryview]:
    """Return the receive buffers that all streams of a loop share, for ciphertext and for plaintext."""
    buffers = _SCRATCHES.get(loop)
    if buffers is None:
        buffers = memoryview(bytearray(SCRATCH_BYTES)), memoryview(bytearray(SCRATCH_BYTES))
        _SCRATCHES[loop] = buffers
    return buffers


def os_error(number: int | None, call: str, text: str | None = None) -> OsErrorSeen:
    """Return the fact of an error of the operating system."""
    words = text or (os.strerror(number) if number else "")
    return OsErrorSeen(number, errno.errorcode.get(number or 0, ""), words, call)


def addresses_of(sock: socket.socket) -> tuple[SocketAddress | None, SocketAddress | None]:
    """Return our and the peer's address, as the socket module gives them; None twice if the peer has gone."""
    try:
        return sock.getsockname(), sock.getpeername()
    except OSError:
        return None, None


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class _Owner(Protocol):
    """Decides about a byte stream."""

    def on_readable(self) -> None:
        """Take one readiness event."""

    def on_end(self, event: End) -> None:
        """Take an event of the end."""


class ByteStream:
    """A socket and its TLS engine.

    Args:
        loop: The running event loop.
        sock: Connected; becomes non-blocking and belongs to the stream from here on.
        note: Takes `os.error` facts.

    Attributes:
        owner: Takes readiness events and events of the end; None once the socket is closed.
        engine: Encrypts and decrypts: the TLS connection until the WebSocket is open, then its engine; None without TLS.
        eof: True once the peer's end was read.
        error: The error that ended reading; None if none did.
        write_error: The error that ended writing; None if none did.
        reading: True while the socket is watched for input.
        received_bytes: How many bytes were received.
        progress: How often the peer has made space for more of our bytes.
        at_close: Called once the socket is closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, note: Note) -> None:
        sock.setblocking(False)
        self.loop = loop
        self.sock = sock
        self.note = note
        self.owner: _Owner | None = None
        self.engine: Engine | None = None
        self.eof = False
        self.error: OSError | None = None
        self.write_error: OSError | None = None
        self.reading = False
        self.received_bytes = 0
        self.progress = 0
        self.at_close: list[Callable[[], object]] = []
        self._fd = sock.fileno()
        self.blocked = _NOTHING
        self._kept: deque[memoryview] = deque()
        self._kept_bytes = 0
        self._drained: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        # How many more bytes are discarded; less than 0 while the owner reads.
        self._discards = -1

    # --- receiving --------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Watch the socket for input, until its end."""
        if not self.reading and not self.eof and self.error is None and self.owner is not None:
            self.reading = True
            self.loop.add_reader(self._fd, self._on_readable)

    def unwatch(self) -> None:
        """Stop watching for input: the kernel's buffer fills, and the peer has to wait."""
        if self.reading:
            self.reading = False
            self.loop.remove_reader(self._fd)

    def receive(self, buffer: memoryview) -> int:
        """Receive into a buffer; return a count, 0 at the peer's end, or -1 if nothing came, with `error` if it broke."""
        try:
            count = receive(self.sock, self._fd, buffer)
        except (BlockingIOError, InterruptedError):
            return -1
        except OSError as error:
            self.note(os_error, error.errno, "recv", error.strerror)
            self.error = error
            self.unwatch()
            return -1
        if count == 0:
            self.eof = True
            self.unwatch()
        self.received_bytes += count
        return count

    def _on_readable(self) -> None:
        """Let the owner read; after its end read and forget, once our half is shut down only so much."""
        if self._discards < 0:
            if self.owner is not None:
                self.owner.on_readable()
            return
        count = self.receive(scratch_of(self.loop)[0])
        if count > 0 and not self.blocked:
            self._discards = max(0, self._discards - count)
        if self.eof or self.error is not None:
            self.tell(End.EOF)
        elif self._discards == 0:
            self.tell(End.TIME_OVER)

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, data: Bytes) -> None:
        """Send plaintext, and keep the part that the socket does not take now."""
        if self._fd < 0 or self.write_error is not None:
            return
        size = len(data)
        taken = 0 if self.blocked else self._push(data)
        if taken < size and self.write_error is None:
            self._kept.append(memoryview(data)[taken:])
            self._kept_bytes += size - taken

    def pending(self) -> int:
        """Return how many bytes the kernel has not taken: those kept here, and ciphertext in the engine."""
        if not self.blocked:
            return 0
        return self._kept_bytes + (0 if self.engine is None else unsent(self.engine))

    def _push(self, data: Bytes) -> int:
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
                # The engine must read first (never after TLS 1.3's handshake): `send_on` follows the next bytes.
                self._await(_ENGINE)
                return taken
            taken += count
            if not self.send_outgoing():
                return taken
        return taken

    def _push_plain(self, data: Bytes) -> int:
        try:
            taken = transmit(self.sock, self._fd, data)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError as error:
            self._write_failed(error)
            return 0
        if taken < len(data):
            self._await(_SOCKET)
        return taken

    def send_outgoing(self) -> bool:
        """Send the engine's ciphertext; False if some of it is left."""
        engine = self.engine
        if engine is None or self._fd < 0:
            return True
        while self.write_error is None:
            try:
                if flush_engine(engine, self.sock, self._fd) == 0:
                    return True
            except (BlockingIOError, InterruptedError):
                self._await(_SOCKET)
                return False
            except OSError as error:
                self._write_failed(error)
        engine.consume(len(engine.outgoing()))
        return True

    def _await(self, what: int) -> None:
        """Let the next write wait for the socket, the engine or nothing."""
        watched = self.blocked == _SOCKET or self.blocked == _TRYING
        self.blocked = what
        if watched and what != _SOCKET:
            self.loop.remove_writer(self._fd)
        elif what == _SOCKET and not watched and self._fd >= 0:
            self.loop.add_writer(self._fd, self._on_writable)

    def _on_writable(self) -> None:
        self.progress += 1
        self._push_kept()

    def send_on(self) -> None:
        """Send the bytes that waited until the engine had read, and the engine's own ciphertext."""
        if self.blocked == _ENGINE:
            self._push_kept()
        self.send_outgoing()

    def _push_kept(self) -> None:
        """Send the kept bytes as far as the socket takes them."""
        self.blocked = _NOTHING if self.blocked == _ENGINE else _TRYING
        if self.send_outgoing():
            while self._kept and self.blocked <= _TRYING:
                view = self._kept.popleft()
                taken = self._push(view)
                if self.write_error is not None:
                    return
                self._kept_bytes -= taken
                if taken < len(view):
                    self._kept.appendleft(view[taken:])
        if self.blocked <= _TRYING:
            self._await(_NOTHING)
        self._wake_drained()
        if not self.blocked:
            self._delivered()

    def _write_failed(self, error: OSError) -> None:
        # A write error does not end the connection: the peer may already have sent an alert or a Close. Only EOF ends it.
        self.note(os_error, error.errno, "send", error.strerror)
        self.write_error = error
        self._drop_kept()
        self.tell(End.WRITE_FAILED)

    def _drop_kept(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0
        self._await(_NOTHING)
        self._wake_drained()

    async def drain(self, limit: int) -> None:
        """If more than `limit` bytes wait for the socket, wait until a quarter of that is left, or it takes no more."""
        while self.pending() > limit:
            waiter = self.loop.create_future()
            self._drained.append((limit // 4, waiter))
            await waiter

    def _wake_drained(self) -> None:
        pending = self.pending()
        while self._drained and self._drained[0][0] >= pending:
            _resolve(self._drained.popleft()[1])

    # --- the end ----------------------------------------------------------------------------------------------------

    def tell(self, event: End) -> None:
        """Report an event of the end to the owner: FAILED delivers what was written and closes, ABORT closes at once."""
        if self.owner is not None:
            self.owner.on_end(event)

    def perform(self, action: Action, patience_s: float) -> None:
        """Perform an action of the table of endings.

        Args:
            action: The action; the end of it is reported to the owner.
            patience_s: Seconds that the peer has to take the bytes that wait, or to end the connection; the limit of
                everything else is `LINGER_S`. The actions after FLUSH share its limit.
        """
        if action is Action.NOTHING or self._fd < 0:
            return
        if action is Action.CLOSE:
            self._close()
        elif action is Action.HALF_CLOSE:
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                self.eof = True  # the peer has gone already
            if self.eof or self.error is not None:
                self.tell(End.EOF)
        else:
            self.stop_timer()
            flush = action is Action.FLUSH
            patient = self.pending() > 0 if flush else action is Action.WAIT
            self._timer = self.loop.call_later(patience_s if patient else LINGER_S, self.tell, End.TIME_OVER)
            if flush:
                self._discards = LINGER_BYTES
                self.watch()
                if not self.blocked:
                    self._delivered()

    def _delivered(self) -> None:
        """Report that everything was delivered; if that is the end, after a close_notify."""
        if self._discards >= 0 and self.engine is not None:
            self.engine.close_notify()
            if not self.send_outgoing():
                return
        self.tell(End.DELIVERED)

    def stop_timer(self) -> None:
        """Stop the timer of the last action."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self.unwatch()
        self._await(_NOTHING)
        self.stop_timer()
        self._fd = -1
        self.owner = None
        self.sock.close()
        self._drop_kept()
        for call in self.at_close:
            call()
        self.at_close.clear()

    @property
    def closed(self) -> bool:
        """True once the socket is closed."""
        return self._fd < 0

    async def wait_gone(self) -> None:
        """Wait until the socket is closed; cancelling the wait leaves it to close by itself."""
        if self._fd >= 0:
            waiter = self.loop.create_future()
            call = functools.partial(_resolve, waiter)
            self.at_close.append(call)
            try:
                await waiter
            finally:
                if call in self.at_close:
                    self.at_close.remove(call)
