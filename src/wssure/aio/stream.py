"""What one connection receives: one entry per readiness event, one delivery per read.

Theory of operation. A stream lives through four modes. While *opening*, a coroutine drives it: `handshake`, `read` and
`write` wait for one readiness event at a time. `open` then hands it a `Connection`: from there every readiness event is
one call of `on_readable`, which receives into a scratch buffer shared by all streams of the loop, decrypts, parses the
whole batch and appends the messages to a deque; its last act lets the one task that waits take its step. *Finishing*
delivers the last words (a Close, an alert) and discards what still comes, for a bounded time; then the socket is *gone*.

Sends are corked. The first one of an idle turn goes out at once, those after it are gathered until the loop comes round
or 16 KiB are there: records and system calls cost more than the frames in them.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from wssure.aio.scratch import SCRATCH_BYTES, scratch_of
from wssure.aio.transport import FINISHING, LINGER_S, OPEN, OPENING, Transport, os_error
from wssure.aio.waiter import Waiter
from wssure.facts import WebSocketEof
from wssure.protocol.event import Fragment, Violation
from wssure.tls.contract import CLOSED, DONE, EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.aio.pump import feed_engine, read_engine, receive

if TYPE_CHECKING:
    from wssure.aio.listener import Listener
    from wssure.evidence import Note

__all__ = ["CORK_BYTES", "Stream"]

CORK_BYTES: Final = 16384
# A compressed message can be a thousand times as long as its bytes: where there is compression, so many are parsed before
# the queue is looked at again.
SLICE_BYTES: Final = 16384
# So many bytes that the peer does not take: from here on its pings get one answer, when it takes bytes again.
PONG_LIMIT_BYTES: Final = 65536
_NO_LIMIT: Final = 1 << 62


class Stream(Transport):
    """The bytes of one connection, and once open its messages.

    Args:
        loop: The running event loop.
        sock: Connected; becomes non-blocking and belongs to the stream from here on.
        note: Takes `os.error` facts.
        high: How many messages nobody has taken yet stop the reading; it goes on at a quarter of them. None never does.

    Attributes:
        ended: True once no further message will come; the listener sets it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, note: Note, high: int | None = 16) -> None:
        super().__init__(loop, sock, note)
        self.connection: Any = None
        self.listener: Any = None
        self.messages: deque[Any] = deque()
        self.high = _NO_LIMIT if high is None else high
        self.low = self.high // 4
        self.keep = _NO_LIMIT
        self.paused = False
        self.ended = False
        self.waiter = Waiter(loop)
        self.received_bytes = 0
        scratch = scratch_of(loop)
        self._cipher = scratch.cipher
        self._plain = scratch.plain
        self._inbox = bytearray()
        self._fresh = False
        self._entered = False
        self._due = False
        self._idle = True
        self._corked_bytes = 0
        self._flush_handle: asyncio.Handle | None = None
        self._sliced = False
        self._kept_back = b""
        self._held: Violation | None = None
        self._held_timer: asyncio.TimerHandle | None = None

    # --- opening: driven by a coroutine -----------------------------------------------------------------------------

    async def handshake(self, link: Any) -> None:
        """Complete a TLS handshake; afterwards `read` and `write` carry its plaintext.

        Raises:
            EngineFailed: The engine, our verification or the peer refused. The alert is still to be sent: `finish`.
            OSError: The connection broke.
        """
        self.link = self.engine = link
        if self._inbox:
            link.feed(bytes(self._inbox))
            self._inbox.clear()
        while True:
            status = link.handshake()
            self.send_outgoing()
            if status == DONE:
                return
            if self.eof:
                raise EngineFailed("the peer closed the connection during the handshake")
            await self.arrive()

    async def read(self) -> bytes:
        """Return the next bytes of the peer, decrypted; b"" at their end.

        Raises:
            EngineFailed: The peer sent an alert, or ended without a close_notify.
            OSError: The connection broke.
        """
        while True:
            if self.link is not None:
                count = self.link.read_into(self._plain)
                self.send_outgoing()
                if count > 0:
                    return bytes(self._plain[:count])
                if count == CLOSED:
                    return b""
            elif self._inbox:
                data = bytes(self._inbox)
                self._inbox.clear()
                return data
            if self.eof:
                return b""
            await self.arrive()

    def begin_again(self, data: bytes) -> None:
        """Forget what a proxy said: from here on the other end is the server, and `data` came from there."""
        self.received_bytes = len(data)
        self._inbox[:0] = data

    async def arrive(self) -> None:
        """Wait until something came since the last call: bytes, or the end of them.

        Raises:
            OSError: The connection broke.
        """
        if not self._fresh and self.error is None:
            self.watch()
            await self.waiter.begin()
        self._fresh = False
        if self.error is not None:
            raise self.error

    def _take_opening(self, count: int) -> None:
        if count == 0:
            self.eof = True
            self.unwatch()
            if self.link is not None:
                self.link.eof()
        elif self.link is not None:
            self.link.feed(self._cipher[:count])
        else:
            self._inbox += self._cipher[:count]
        self._fresh = True
        if self.waiter.waiting:
            self._due = True
        else:
            self.unwatch()  # nobody asked for more: what comes stays with the kernel, and the peer waits

    # --- open: driven by readiness events ---------------------------------------------------------------------------

    def open(self, connection: Any, listener: Listener, leftover: bytes) -> None:
        """Hand over to a WebSocket connection.

        Args:
            connection: Parses what comes and frames what goes.
            listener: Is told everything but messages.
            leftover: What the upgrade's reader took beyond its end.
        """
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self.connection = connection
        self.listener = listener
        self.mode = OPEN
        self._sliced = connection.inflates
        leftover += bytes(self._inbox)
        self._inbox = bytearray()
        if self.link is not None:
            self.engine = self.link.engine
        if leftover:
            self._receive(leftover)
        if self.engine is not None:
            self._decrypt()
        self._flush()
        if self.mode != OPEN or self.paused:
            return
        if self.error is not None:
            self._lost(self.error)
        elif self.eof:
            self.eof = False
            self._at_eof()
        else:
            self.watch()

    def on_readable(self) -> None:
        """Take one readiness event: the whole way from the socket to the messages."""
        mode = self.mode
        if mode == FINISHING:
            Transport.on_readable(self)
            return
        if mode == OPEN and (self._kept_back or len(self.messages) >= self.high) and not self._must_read():
            self._pause()
            return
        try:
            count = receive(self.sock, self._fd, self._cipher)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._read_failed(error)
            return
        self.received_bytes += count
        self._entered = True
        try:
            if mode == OPENING:
                self._take_opening(count)
            else:
                self._take(count)
            while self._due:
                # Last of all: the task that runs here may send, close, or open this very stream.
                self._due = False
                self.waiter.wake(True)
            # What was sent since the call began, answers and the task's messages, goes out together.
            if self.mode == OPEN:
                self._flush()
        finally:
            self._entered = False

    def next_message(self) -> Any:
        """Take the oldest message; None where there is none, or where a task that was woken is about to take it."""
        messages = self.messages
        if not messages or self.waiter.engaged:
            return None
        message = messages.popleft()
        if self.paused and len(messages) <= self.low:
            self.resume()
        return message

    def arrival(self) -> Waiter | None:
        """Return what to await for the next message; None where waiting is not all there is to do."""
        if self.mode != OPEN or self.ended or self.waiter.engaged or self._held is not None:
            return None
        return self.waiter.begin()

    def _must_read(self) -> bool:
        # After our Close the application reads no more, and after a failed write the end is near: reading on is what
        # lets the peer's last words arrive.
        return self.broken or self.connection.close_sent is not None

    def _take(self, count: int) -> None:
        if count == 0:
            self._at_eof()
        elif self.engine is None:
            self._receive(self._cipher[:count])
        else:
            taken = 0
            while taken < count and self.mode == OPEN:
                taken += feed_engine(self.engine, self._cipher, taken, count)
                self._decrypt()

    def _decrypt(self) -> None:
        """Decrypt all that is there and hand it on in as few pieces as possible."""
        engine, plain = self.engine, self._plain
        status = 1
        failed: EngineFailed | None = None
        while status > 0 and failed is None and self.mode == OPEN and not self._kept_back:
            filled = 0
            while filled < SCRATCH_BYTES:
                try:
                    status = read_engine(engine, plain, filled)
                except EngineFailed as error:
                    failed = error
                    break
                if status <= 0:
                    break
                filled += status
            if filled:
                self._receive(plain[:filled])
        if self.blocked and not self._writer:
            self.retry()  # the engine had to read before it could write
        self.send_outgoing()  # the answer to a key update, or an alert
        if failed is not None:
            self._lost(failed)
        elif status == CLOSED:
            if self.link is not None:
                self.link.eof(clean=True)  # a goodbye: the first word about the end is the one that counts
            self._at_eof()

    def _receive(self, data: Any) -> None:
        if not self._sliced or len(data) <= SLICE_BYTES:
            self._parse(data)
            return
        at = 0
        while at < len(data):
            if at and len(self.messages) >= self.high and not self._must_read():
                self._kept_back = bytes(data[at:])
                self._pause()
                return
            self._parse(data[at : at + SLICE_BYTES])
            at += SLICE_BYTES

    def _parse(self, data: Any) -> None:
        connection, messages = self.connection, self.messages
        if self.pending_bytes > PONG_LIMIT_BYTES:
            connection.hold_pongs = True
        connection.receive(data)
        for event in connection.events():
            if type(event) is bytes or type(event) is str or type(event) is Fragment:
                messages.append(event)
            elif type(event) is Violation:
                self._violated(event)
            elif self.listener is not None:
                self.listener.on_event(event)
        while len(messages) > self.keep:
            messages.pop()
        if messages and self.waiter.waiting:
            self.wake()

    def _violated(self, violation: Violation) -> None:
        """Fail the connection; where messages came before the violation, once they are taken and could be answered."""
        self._held = violation
        if self.messages:
            self._held_timer = self.loop.call_later(LINGER_S, self.release)
        else:
            self.release()

    def release(self) -> None:
        """Fail the connection for a violation that was held; without one, do nothing."""
        if self._held_timer is not None:
            self._held_timer.cancel()
            self._held_timer = None
        held, self._held = self._held, None
        if held is None or self.mode != OPEN:
            return
        self.connection.fail_held()
        if self.listener is not None:
            self.listener.on_event(held)

    def _at_eof(self) -> None:
        if self.eof:
            return
        self.release()
        self.eof = True
        self.unwatch()
        failed: EngineFailed | None = None
        if self.link is not None:
            self.link.eof()
            try:
                self.link.read_into(self._plain)
            except EngineFailed as error:
                failed = error
        elif self.connection.close_rcvd is None:
            self.note(WebSocketEof, self.received_bytes)
        self.connection.receive_eof()
        self._lost(failed)
        if self.mode == FINISHING and not self.blocked:
            self.abort()  # a Close came with this end: nothing is left to wait for

    def _read_failed(self, error: OSError) -> None:
        self.note(os_error, error.errno, "recv", error.strerror)
        self.error = error
        self.unwatch()
        if self.mode == OPEN:
            self._lost(error)
        else:
            self.wake()

    def _lost(self, error: BaseException | None) -> None:
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.on_lost(error)

    def wake(self) -> None:
        """Wake who waits for bytes or messages: at the end of the readiness event, or when the loop comes round."""
        if self._entered:
            self._due = True
        else:
            self.waiter.wake(False)

    def keep_no_more(self) -> None:
        """Keep of what still comes only what the queue has room for: the application has said that it is done."""
        self.keep = max(self.high, len(self.messages))

    def _pause(self) -> None:
        self.paused = True
        self.unwatch()

    def resume(self) -> None:
        """Go on after a pause: with what was kept back first, then reading."""
        self.paused = False
        if self._kept_back:
            data, self._kept_back = self._kept_back, b""
            self._receive(data)
            if self.engine is not None and self.mode == OPEN and not self._kept_back:
                self._decrypt()
            self.send_soon(0)
        if not self.paused:
            self.watch()

    # --- sending ----------------------------------------------------------------------------------------------------

    def send_message(self, message: str | bytes) -> int:
        """Send one message as soon as that is due; return how many bytes wait for the socket.

        Raises:
            RuntimeError: The connection takes no message: it is not open yet, closing or closed, or in the middle of one.
        """
        if self.connection is None:
            raise RuntimeError("the connection is not open yet")
        self.connection.send_message(message)
        self.send_soon(len(message))
        return self.pending_bytes

    def send_soon(self, size: int) -> None:
        """Send what the connection holds: at once if this is the first time in this turn, else with what follows.

        Args:
            size: About how many bytes were added.
        """
        if self._idle and not self._entered:
            self._idle = False
            self._flush()
            return
        self._corked_bytes += size
        if self._corked_bytes >= CORK_BYTES or self.blocked:
            self._flush()
        elif self._flush_handle is None and not self._entered:
            self._flush_handle = self.loop.call_soon(self._uncork)

    def _uncork(self) -> None:
        self._flush_handle = None
        self._idle = True
        self._flush()

    def _flush(self) -> None:
        self._corked_bytes = 0
        data = self.connection.data_to_send()
        if data:
            self.write(data)

    def retry(self) -> None:
        """Send what was kept, as far as it goes now; then a Pong that waits for that."""
        Transport.retry(self)
        if self.pending_bytes == 0 and self.mode == OPEN and self.connection.hold_pongs:
            self.connection.release_pong()
            self._flush()

    def on_broken(self, error: OSError) -> None:
        """Read on for a bounded time: the peer's reason may still be on its way."""
        if self._linger is None and self.mode < FINISHING:
            self._linger = self.loop.call_later(LINGER_S, self._give_up, error)
            self.resume()

    def _give_up(self, error: OSError) -> None:
        if self.mode == OPENING:
            self.error = error
            self.unwatch()
            self.wake()
        else:
            self._lost(error)

    def expect_end(self, limit_s: float) -> None:
        """Leave it to the peer to end the connection, for a while.

        RFC 6455 section 7.1.1: the server closes TCP first, and "a client SHOULD wait for the server".
        """
        if self.mode == OPEN and self._linger is None:
            self._linger = self.loop.call_later(limit_s, self.finish)
            self.resume()

    # --- the end ----------------------------------------------------------------------------------------------------

    def finish(self, limit_s: float = LINGER_S) -> None:
        """Deliver what is queued, shut down our half, discard what still comes, close; all within `limit_s`."""
        if self.mode == OPEN:
            self._flush()
        self._cancel_flush()
        Transport.finish(self, limit_s)

    def _cancel_flush(self) -> None:
        if self._held_timer is not None:
            self._held_timer.cancel()
            self._held_timer = None
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None

    def on_gone(self) -> None:
        """Wake who waits and tell the listener."""
        self._cancel_flush()
        self.wake()
        self._lost(None)
