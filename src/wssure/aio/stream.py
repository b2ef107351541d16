"""Receive the bytes of one connection: one call per readiness event, one delivery per read.

Theory of operation. A stream lives through four modes. While *opening*, a coroutine drives it: `handshake`, `read` and
`write` wait for one readiness event at a time. `open` then hands it a `Connection`: from there every readiness event is
one call of `on_readable`, which receives into a scratch buffer shared by all streams of the loop, decrypts, parses the
whole batch and appends the messages to a deque; its last act lets the one task that waits take its step. *Finishing*
delivers a Close or an alert and discards further input, for a bounded time; then the socket is *gone*.

Sends are corked. The first one of an idle turn goes out at once, those after it are gathered until the loop comes round
or 16 KiB are there: records and system calls cost more than the frames in them.
"""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final

from wssure.aio.scratch import scratch_of
from wssure.aio.transport import CHUNK_BYTES, FINISHING, LINGER_S, OPEN, OPENING, Transport, os_error
from wssure.aio.waiter import Waiter
from wssure.errors import concurrency_error
from wssure.facts import WebSocketEof
from wssure.protocol.event import Violation
from wssure.protocol.state import Action, End
from wssure.session.queue import MessageQueue
from wssure.session.session import ENDED, FAILED, PAUSE, Session
from wssure.tls.contract import CLOSED, DONE, EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.aio.pump import current_thread, receive
    from wssure.tls.drive import unsent

if TYPE_CHECKING:
    from wssure.aio.websocket import WebSocket
    from wssure.evidence import Note

__all__ = ["CORK_BYTES", "Send", "Stream", "check_thread", "sending"]

CORK_BYTES: Final = 16384
# With more unsent bytes than this, answer only the latest Ping (RFC 6455 section 5.5.3).
PONG_LIMIT_BYTES: Final = 65536
# More ciphertext than one write makes, in front of a socket that takes none: answers to a flood of KeyUpdates.
ANSWER_LIMIT_BYTES: Final = 2 * CHUNK_BYTES


class Stream(Transport):
    """The bytes of one connection, and once open its messages.

    Args:
        loop: The running event loop.
        sock: Connected; becomes non-blocking and belongs to the stream from here on.
        note: Takes `os.error` facts.
        high: How many messages nobody has taken yet stop the reading; it goes on at a quarter of them. None never does.

    Attributes:
        queue: The messages that came.
        session: Engine, protocol and queue; None until `open`.
        thread: The thread that the loop runs in.
        given: The caller's own socket, of which `sock` is a duplicate; None if there is none.
        progress: How often the peer has made space for more of our bytes.
        write_limit: More pending bytes than this make `send` wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, note: Note, high: int | None = 16) -> None:
        super().__init__(loop, sock, note)
        self.connection: Any = None
        self._on_event: Callable[[Any], None] | None = None
        self._on_lost: Callable[[BaseException | None], None] | None = None
        self.queue = MessageQueue(high)
        self.session: Any = None
        self.paused = False
        self.waiter = Waiter(loop)
        self.write_limit = 0
        self.thread = current_thread()
        self.given: socket.socket | None = None
        self.progress = 0
        self.received_bytes = 0
        self._cipher = scratch_of(loop).cipher
        self._inbox = bytearray()
        self._fresh = False
        self._entered = False
        self._due = False
        self._idle = True
        self._corked_bytes = 0
        self._flush_handle: asyncio.Handle | None = None
        self._held_timer: asyncio.TimerHandle | None = None
        self._write_error: OSError | None = None

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
                plain = scratch_of(self.loop).plain
                count = self.link.read_into(plain)
                self.send_outgoing()
                if count > 0:
                    return bytes(plain[:count])
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
        """Drop the bytes of a proxy: from here on the peer is the server, and `data` came from it."""
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
            self.unwatch()  # no task reads: further bytes stay in the kernel, and the peer waits

    # --- open: driven by readiness events ---------------------------------------------------------------------------

    def open(
        self,
        connection: Any,
        on_event: Callable[[Any], None],
        on_lost: Callable[[BaseException | None], None],
        leftover: bytes,
    ) -> None:
        """Hand over to a WebSocket connection.

        Args:
            connection: Parses what comes and frames what goes.
            on_event: Takes each Ping, Pong, CloseReceived and Violation.
            on_lost: Takes the end of what the peer sends, once: None at its end of file, else what broke.
            leftover: What the upgrade's reader took beyond its end.
        """
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self.connection = connection
        self._on_event = on_event
        self._on_lost = on_lost
        self.mode = OPEN
        leftover += bytes(self._inbox)
        self._inbox = bytearray()
        if self.link is not None:
            self.engine = self.link.engine
        self.session = Session(connection, self.queue, self.engine, scratch_of(self.loop).plain)
        self._settle(self.session.begin(leftover))
        self._flush()
        if self.mode != OPEN or self.paused:
            return
        if self.error is not None:
            self._lost(self.error, End.READ_FAILED)
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
        buffer = self._cipher
        ahead = False
        if mode == OPEN and self.queue.full() and not self.session.reads_on():
            space = self.session.space_ahead()
            if space <= 0:
                self._pause()
                return
            ahead = True
            buffer = buffer[:space]
        try:
            count = receive(self.sock, self._fd, buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._read_failed(error)
            return
        self.received_bytes += count
        self.queue.ahead = self.queue.ahead + count if ahead else count
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
        """Take the oldest message; None if there is none, or if a task that was woken is about to take it."""
        if current_thread() != self.thread:
            check_thread(self)
        messages = self.queue.messages
        if not messages or self.waiter.engaged:
            return None
        message = messages.popleft()
        if self.paused and len(messages) <= self.queue.low:
            self.resume()
        return message

    def arrival(self) -> Waiter | None:
        """Return the awaitable of the next message; None if the caller must do more than wait."""
        queue = self.queue
        if self.mode != OPEN or queue.ended or self.waiter.engaged or queue.in_parts or self.session.held is not None:
            return None
        return self.waiter.begin()

    def _take(self, count: int) -> None:
        if count == 0:
            self._at_eof()
            return
        if self.blocked and self.pending() > PONG_LIMIT_BYTES:
            self.connection.hold_pongs = True
        self._settle(self.session.receive(self._cipher, count))

    def _settle(self, outcome: int) -> None:
        """Handle the outcome of one step of the session."""
        session = self.session
        if self.engine is not None:
            if self.blocked and not self._writer:
                self.retry()  # the engine had to read before it could write
            self.send_outgoing()  # the answer to a key update, or an alert
        if session.events or session.held is not None:
            self._report(session.take_events())
        if self.queue.messages and self.waiter.waiting:
            self.wake()
        if outcome == PAUSE:
            self._pause()
        elif outcome == FAILED:
            self._lost(session.failed, End.READ_FAILED)
        elif outcome == ENDED:
            if self.link is not None:
                # close_notify received; a TCP EOF that follows must not overwrite `clean=True`.
                self.link.eof(clean=True)
            self._at_eof()
        elif self.blocked and self.engine is not None and unsent(self.engine) > ANSWER_LIMIT_BYTES:
            self._answers_unread()

    def _report(self, events: list[Any]) -> None:
        """Report events, then a violation; if messages came before it, once they are taken and could be answered."""
        for event in events:
            if self._on_event is not None:
                self._on_event(event)
        if self.session.held is None:
            return
        if not self.queue.messages:
            self.release()
        elif self._held_timer is None:
            self._held_timer = self.loop.call_later(LINGER_S, self.release)

    def _answers_unread(self) -> None:
        """End the connection: the peer provokes answers of the TLS library, and takes none."""
        what = f"more than {ANSWER_LIMIT_BYTES} bytes of answers wait, and the peer reads none"
        self._report([Violation("answers-unread", "RFC 8446 section 4.6.3", 1008, what)])
        self.abort()

    def release(self) -> None:
        """Fail the connection for a violation that was held; without one, do nothing."""
        if self._held_timer is not None:
            self._held_timer.cancel()
            self._held_timer = None
        if self.mode == OPEN and self.session.held is not None:
            self._report([self.session.release()])

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
                self.link.read_into(scratch_of(self.loop).plain)
            except EngineFailed as error:
                failed = error
        elif self.connection.close_rcvd is None:
            self.note(WebSocketEof, self.received_bytes)
        if self.mode == OPEN or not self.blocked:
            self._lost(failed, End.EOF)

    def _read_failed(self, error: OSError) -> None:
        self.note(os_error, error.errno, "recv", error.strerror)
        self.error = error
        self.unwatch()
        if self.mode == OPEN:
            self._lost(error, End.READ_FAILED)
        else:
            self.wake()

    def _lost(self, error: BaseException | None, event: End) -> None:
        """Report the end of the input once, and act on it."""
        on_lost, self._on_lost = self._on_lost, None
        self._on_event = None
        if on_lost is not None:
            self.connection.receive_eof()  # However it ended: what is sent from here on must fail, not vanish.
            on_lost(error)
        if self.session is not None:
            self.act(event)

    def read_now(self) -> None:
        """Read the bytes that the kernel holds already."""
        if self._reading:
            self.on_readable()

    def wake(self) -> None:
        """Wake the task that waits for bytes or messages: at the end of the readiness event, or by the loop."""
        if self._entered:
            self._due = True
        else:
            self.waiter.wake(False)

    def _pause(self) -> None:
        self.paused = True
        self.unwatch()

    def resume(self) -> None:
        """Continue after a pause: parse the bytes kept back, then read again."""
        if self.paused:
            self.paused = False
            self._settle(self.session.go_on())
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
        return self.pending()

    def sends_now(self) -> bool:
        """Tell whether a message can be sent: the connection is open, and no fragmented message is in progress."""
        return self.connection is not None and self.connection.speaks and not self.connection.sending

    def send_soon(self, size: int) -> None:
        """Send the queued frames: at once if this is the first time in this turn, else with those that follow.

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
        """Send the kept bytes as far as the socket takes them, then a Pong that waits for that."""
        self.progress += self._writer
        Transport.retry(self)
        if not self.blocked and self.mode == OPEN and self.connection.hold_pongs:
            self.connection.release_pong()
            self._flush()

    def on_broken(self, error: OSError) -> None:
        """Read on for a bounded time: the peer's reason may still be on its way."""
        self._write_error = error
        if self.session is not None:
            self.act(End.WRITE_FAILED)
        elif self._linger is None and self.mode == OPENING:
            self._linger = self.loop.call_later(LINGER_S, self._time_over)

    # --- the end ----------------------------------------------------------------------------------------------------

    def act(self, event: End, limit_s: float = LINGER_S) -> None:
        """Perform the action that the table of endings gives.

        Args:
            event: The event.
            limit_s: Seconds until the action is over.
        """
        action = self.session.end(event)
        if action is Action.FINISH:
            self.finish(limit_s)
        elif action is Action.CLOSE:
            self.abort()
        elif action is not Action.NOTHING:
            self._linger = self.loop.call_later(limit_s, self._time_over)
            self.resume()

    def _time_over(self) -> None:
        if self.session is not None:
            self._lost(self._write_error, End.TIME_OVER)
        else:
            self.error = self._write_error
            self.unwatch()
            self.wake()

    def finish(self, limit_s: float = LINGER_S) -> None:
        """Deliver the queued bytes, shut down our half, discard further input, and close; all within `limit_s`."""
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
        """Wake the waiting task, and report the end."""
        if self.given is not None:
            self.given.close()
        self._cancel_flush()
        self.wake()
        self._lost(None, End.ABORT)


def check_thread(stream: Stream) -> None:
    """Refuse a call from another thread than the loop's.

    Raises:
        ConcurrencyError: It is one.
    """
    if current_thread() != stream.thread:
        # The loop itself may have moved: made by `run_until_complete`, and run by a thread afterwards.
        if asyncio._get_running_loop() is not stream.loop:
            raise concurrency_error(
                "thread",
                "the connection was used in another thread than its event loop runs in",
                "write asyncio.run_coroutine_threadsafe(ws.send(...), loop), or loop.call_soon_threadsafe(...)",
            )
        stream.thread = current_thread()


def sending(stream: Stream, owner: WebSocket, message: Any) -> Send:
    """Return a coroutine that sends one message when it is awaited; `owner` sends a message that needs more steps."""
    send = Send.__new__(Send)
    send.owner = owner
    send.stream = stream
    send.message = message
    send.steps = None
    return send


class Send:
    """One call of `WebSocket.send`: a coroutine that acts when it is awaited, and mostly ends with its first step.

    Nothing happens in the call itself, so it may be made in any thread and awaited in the loop's. Its one step costs less
    than a coroutine object would.
    """

    __slots__ = ("message", "owner", "steps", "stream")

    stream: Stream | None
    owner: WebSocket
    message: Any
    steps: Any

    def __await__(self) -> Generator[Any, Any, None]:
        return self

    def __iter__(self) -> Send:
        return self

    def __next__(self) -> Any:
        if self.steps is None and self._begin():
            raise StopIteration
        return self.steps.send(None)

    def _begin(self) -> bool:
        """Send; False if that takes more steps."""
        stream, message = self.stream, self.message
        if stream is None:
            raise RuntimeError("cannot reuse already awaited coroutine")
        self.stream = self.message = None
        if current_thread() != stream.thread:
            check_thread(stream)
        if (type(message) is not str and type(message) is not bytes) or not stream.sends_now():
            self.steps = self.owner._send_slowly(message)
        elif stream.send_message(message) > stream.write_limit:
            self.steps = stream.drain(stream.write_limit // 4)
        else:
            return True
        return False

    def send(self, value: object) -> Any:
        """Run one step."""
        return self.__next__()

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        """Raise an exception where it waits."""
        self.stream = self.message = None
        if value is None:
            value = kind() if isinstance(kind, type) else kind
        if self.steps is None:
            raise value
        return self.steps.throw(value)

    def close(self) -> None:
        """End it."""
        self.stream = self.message = None
        if self.steps is not None:
            self.steps.close()

    def __del__(self) -> None:
        if self.stream is not None:
            warnings.warn("coroutine 'WebSocket.send' was never awaited", RuntimeWarning, stacklevel=2)


Coroutine.register(Send)
