"""asyncio's driver of a session: one call per readiness event, one delivery per read.

Theory of operation. `open` takes the stream over from the `Opening`. From there every readiness event is
one call of `on_readable`, which receives into a scratch buffer shared by all streams of the loop, decrypts, parses the
whole batch and appends the messages to a queue; its last act lets the one task that waits take its step.

Sends are corked. The first one of an idle turn goes out at once, those after it are gathered until the loop comes round
or 16 KiB are there: records and system calls cost more than the frames in them.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final

from wssure.aio.stream import LINGER_S, scratch_of
from wssure.errors import concurrency_error
from wssure.facts import WebSocketEof
from wssure.protocol.event import CloseReceived, Ping, Pong, Violation
from wssure.protocol.state import Action, End
from wssure.session.queue import MessageQueue
from wssure.session.session import ENDED, FAILED, PAUSE, Session
from wssure.tls.contract import EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.aio.socket_io import current_thread
    from wssure.tls.drive import unsent

if TYPE_CHECKING:
    from wssure.aio.opening import Opening
    from wssure.aio.stream import ByteStream
    from wssure.aio.waiter import Waiter
    from wssure.aio.websocket import WebSocket
    from wssure.protocol.connection import Connection
    from wssure.tls.connection import ClientTlsConnection, ServerTlsConnection

CORK_BYTES: Final = 16384
# With more unsent bytes than this, answer only the latest Ping (RFC 6455 section 5.5.3).
PONG_LIMIT_BYTES: Final = 65536
# More ciphertext than one write makes, in front of a socket that takes none: answers to a flood of KeyUpdates.
ANSWER_LIMIT_BYTES: Final = 131072

_Event = Ping | Pong | CloseReceived | Violation


class Driver:
    """The session of one connection on its stream.

    Args:
        opening: Has the bytes; `open` takes them over.
        high: How many messages that were not taken yet stop the reading; it goes on at a quarter of them. None never does.
        write_limit: More pending bytes than this make `send` wait.
        close_s: Seconds that the peer has to take the bytes sent before the end, or to end the connection after both Closes.

    Attributes:
        stream: The bytes.
        tls_connection: The TLS of the connection; None without TLS.
        connection: The protocol; None until `open`.
        session: Engine, protocol and queue; None until `open`.
        queue: The messages that came.
        close_s: As given; less for a peer that takes nothing.
        paused: True while nothing is read, because the application takes no messages.
        thread: The thread that the loop runs in.
    """

    def __init__(self, opening: Opening, high: int | None, write_limit: int, close_s: float) -> None:
        self.stream: ByteStream = opening.stream
        self.stream.received_bytes = opening.received_bytes
        self.tls_connection: ClientTlsConnection | ServerTlsConnection | None = opening.tls_connection
        self.connection: Connection = None  # type: ignore[assignment]  # until `open`
        self.session: Session = None  # type: ignore[assignment]
        self.queue = MessageQueue(high)
        self.waiter: Waiter = opening.waiter
        self.write_limit = write_limit
        self.close_s = close_s
        self.paused = False
        self.thread = current_thread()
        self._cipher, self._plain = scratch_of(self.stream.loop)
        self._on_event: Callable[[_Event], None] | None = None
        self._on_lost: Callable[[BaseException | None], None] | None = None
        self._entered = False
        self._due = False
        self._idle = True
        self._corked_bytes = 0
        self._corks = False
        self._holds = False

    def open(
        self,
        connection: Connection,
        on_event: Callable[[_Event], None],
        on_lost: Callable[[BaseException | None], None],
        leftover: bytes,
    ) -> None:
        """Take the stream over.

        Args:
            connection: Parses input and makes frames.
            on_event: Takes each Ping, Pong, CloseReceived and Violation.
            on_lost: Takes the end of the input, once: None at the peer's end of file, else the error.
            leftover: The plaintext that came behind the upgrade.
        """
        stream = self.stream
        self.connection = connection
        self._on_event = on_event
        self._on_lost = on_lost
        engine = self.tls_connection.engine if self.tls_connection is not None else None
        self.session = Session(connection, self.queue, engine, self._plain)
        if stream.closed:
            self.on_end(End.ABORT)
            return
        stream.engine = engine
        stream.owner = self
        stream.stop_timer()
        if stream.write_error is not None:
            self.end(End.WRITE_FAILED)
        self._settle(self.session.begin(leftover))
        self._flush()
        if not self.paused:
            self._watch()

    # --- receiving --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Read on; an end that came before the connection was open, or behind a pause, is taken now."""
        stream = self.stream
        if self._on_lost is None:
            return
        if stream.error is not None:
            self._lost(stream.error, End.EOF)
        elif stream.eof:
            self._at_eof()
        else:
            stream.watch()

    def on_readable(self) -> None:
        """Take one readiness event: the whole way from the socket to the messages."""
        stream = self.stream
        buffer = self._cipher
        ahead = False
        if self.queue.full() and not self.session.reads_on():
            space = self.session.space_ahead()
            if space <= 0:
                self._pause()
                return
            ahead = True
            buffer = buffer[:space]
        count = stream.receive(buffer)
        if count < 0:
            if stream.error is not None:
                self._lost(stream.error, End.EOF)
            return
        self.queue.ahead = self.queue.ahead + count if ahead else count
        self._entered = True
        try:
            if count == 0:
                self._at_eof()
            else:
                if stream.pending() > PONG_LIMIT_BYTES:
                    self.connection.hold_pongs = True
                self._settle(self.session.receive(self._cipher, count))
            while self._due:
                # Last of all: the task that runs here may send, or close this very connection.
                self._due = False
                self.waiter.wake(True)
            # Answers and the task's messages, sent since the call began, go out together.
            self._flush()
        finally:
            self._entered = False

    def read_now(self) -> None:
        """Read the bytes that the kernel holds already."""
        if self.stream.reading:
            self.on_readable()

    def next_message(self) -> str | bytes | None:
        """Take the oldest message; None if there is none, or if a task that was woken is about to take it.

        Raises:
            ConcurrencyError: It was called in a foreign thread, or the message was begun in parts.
        """
        if current_thread() != self.thread:
            check_thread(self)
        queue = self.queue
        if not queue.messages or self.waiter.engaged:
            return None
        message = queue.take()
        if self.paused and len(self.queue.messages) <= self.queue.low:
            self.resume()
        return message

    def next_part(self) -> tuple[str | bytes, bool] | None:
        """Take the next part of a message, and whether it is the last; None as `next_message` does."""
        check_thread(self)
        part = None if self.waiter.engaged else self.queue.part()
        if self.paused and len(self.queue.messages) <= self.queue.low:
            self.resume()
        return part

    def message_waiter(self) -> Waiter | None:
        """Return the awaitable of the next message; None if the caller must do more than wait."""
        queue = self.queue
        if (
            self.session is None
            or queue.ended
            or self.waiter.engaged
            or queue.in_parts
            or self.session.held is not None
        ):
            return None
        return self.waiter.begin()

    def _settle(self, outcome: int) -> None:
        """Handle the outcome of one step of the session."""
        session, stream = self.session, self.stream
        if stream.engine is not None:
            stream.send_on()  # the answer to a key update, or an alert
        if session.events or session.held is not None:
            self._report(session.take_events())
        if self.queue.messages and self.waiter.waiting:
            self.wake()
        if outcome == PAUSE:
            self._pause()
        elif outcome == FAILED:
            self._lost(session.failed, End.EOF)
        elif outcome == ENDED:
            if self.tls_connection is not None:
                # close_notify received; a TCP EOF that follows must not overwrite `clean=True`.
                self.tls_connection.eof(clean=True)
            self._at_eof()
        elif stream.blocked and stream.engine is not None and unsent(stream.engine) > ANSWER_LIMIT_BYTES:
            self._answers_unread()

    def _report(self, events: list[Ping | Pong | CloseReceived]) -> None:
        """Report events, then a violation; if messages came before it, once they are taken and could be answered."""
        for event in events:
            if self._on_event is not None:
                self._on_event(event)
        if self.session.held is None:
            return
        if not self.queue.messages:
            self.release()
        elif not self._holds:
            self._holds = True
            self.stream.loop.call_later(LINGER_S, self.release)

    def _answers_unread(self) -> None:
        """End the connection: the peer provokes answers of the TLS library, and takes none."""
        what = f"more than {ANSWER_LIMIT_BYTES} bytes of answers wait, and the peer reads none"
        if self._on_event is not None:
            self._on_event(Violation("answers-unread", "RFC 8446 section 4.6.3", 1008, what))
        self.stream.tell(End.ABORT)

    def release(self) -> None:
        """Fail the connection for a violation that was held; without one, do nothing."""
        violation = None if self.session is None else self.session.release()
        if violation is not None and self._on_event is not None:
            self._on_event(violation)

    def wake(self) -> None:
        """Wake the task that waits for messages: at the end of the readiness event, or by the loop."""
        if self._entered:
            self._due = True
        else:
            self.waiter.wake(False)

    def _pause(self) -> None:
        self.paused = True
        self.stream.unwatch()

    def resume(self) -> None:
        """Continue after a pause: parse the bytes kept back, then read again."""
        if self.paused:
            self.paused = False
            self._settle(self.session.go_on())
            self.send_soon(0)
        if not self.paused:
            self._watch()

    # --- sending ----------------------------------------------------------------------------------------------------

    def speaks(self) -> bool:
        """Tell whether messages can be sent: the connection is open, and no Close was sent."""
        return self.connection is not None and self.connection.speaks

    def send_message(self, message: str | bytes) -> int:
        """Send one message as soon as that is due; return how many bytes wait for the socket.

        Raises:
            RuntimeError: The connection takes no message: it is closing or closed, or in the middle of one.
        """
        self.connection.send_message(message)
        self.send_soon(len(message))
        return self.stream.pending()

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
        if self._corked_bytes >= CORK_BYTES or self.stream.blocked:
            self._flush()
        elif not self._corks and not self._entered:
            self._corks = True
            self.stream.loop.call_soon(self._uncork)

    def _uncork(self) -> None:
        self._corks = False
        self._idle = True
        self._flush()

    def _flush(self) -> None:
        self._corked_bytes = 0
        data = self.connection.data_to_send()
        if data:
            self.stream.write(data)

    # --- the end ----------------------------------------------------------------------------------------------------

    def _at_eof(self) -> None:
        self.release()
        stream = self.stream
        stream.eof = True
        stream.unwatch()
        failed: EngineFailed | None = None
        if self.tls_connection is not None:
            self.tls_connection.eof()
            if not stream.pending():  # an engine that failed encrypts no more
                try:
                    self.tls_connection.read_into(self._plain)
                except EngineFailed as error:
                    failed = error
        elif self.connection.close_rcvd is None:
            stream.note(WebSocketEof, stream.received_bytes)
        self._lost(failed, End.EOF)

    def _lost(self, error: BaseException | None, event: End) -> None:
        """Report the end of the input once, and act on it."""
        on_lost, self._on_lost = self._on_lost, None
        self._on_event = None
        if on_lost is not None:
            on_lost(error)
        self.end(event)

    def on_end(self, event: End) -> None:
        """Take an event of the stream's end."""
        if event is End.DELIVERED and self.connection.hold_pongs:
            self.connection.release_pong()
            self._flush()
        if event is End.TIME_OVER:
            self._lost(self.stream.write_error, event)
        else:
            self.end(event)

    def end(self, event: End) -> None:
        """Take an event of the end, and perform the action that the table of endings gives."""
        if self.session is None:
            return
        action = self.session.end(event)
        if action is Action.FLUSH:
            self._flush()
        self.stream.perform(action, self.close_s)
        if action is Action.READ_ON or action is Action.WAIT:
            self.resume()
        elif action is Action.CLOSE:
            self.wake()
            self._lost(None, event)


def check_thread(driver: Driver) -> None:
    """Refuse a call from another thread than the loop's.

    Raises:
        ConcurrencyError: It is one.
    """
    if current_thread() != driver.thread:
        # The loop itself may have moved: made by `run_until_complete`, and run by a thread afterwards.
        if asyncio._get_running_loop() is not driver.stream.loop:
            raise concurrency_error(
                "thread",
                "the connection was used in another thread than its event loop runs in",
                "write asyncio.run_coroutine_threadsafe(ws.send(...), loop), or loop.call_soon_threadsafe(...)",
            )
        driver.thread = current_thread()


def sending(driver: Driver, owner: WebSocket, message: object) -> Send:
    """Return a coroutine that sends one message when it is awaited; `owner` sends a message that needs more steps."""
    send = Send.__new__(Send)
    send.owner = owner
    send.driver = driver
    send.message = message
    send.steps = None
    return send


class Send:
    """One call of `WebSocket.send`: a coroutine that acts when it is awaited, and mostly ends with its first step.

    Nothing happens in the call itself, so it may be made in any thread and awaited in the loop's. Its one step costs less
    than a coroutine object would.
    """

    __slots__ = ("driver", "message", "owner", "steps")

    driver: Driver | None
    owner: WebSocket
    message: Any
    steps: Coroutine[Any, Any, None] | None

    def __await__(self) -> Generator[Any, Any, None]:
        return self

    def __iter__(self) -> Send:
        return self

    def __next__(self) -> object:
        if self.steps is None:
            self.steps = self._begin()
            if self.steps is None:
                raise StopIteration
        return self.steps.send(None)

    def _begin(self) -> Coroutine[Any, Any, None] | None:
        """Send; return the further steps if that takes more."""
        driver, message = self.driver, self.message
        if driver is None:
            raise RuntimeError("cannot reuse already awaited coroutine")
        self.driver = self.message = None
        if current_thread() != driver.thread:
            check_thread(driver)
        if (
            (type(message) is not str and type(message) is not bytes)
            or not driver.speaks()
            or driver.connection.sending
        ):
            return self.owner._send_slowly(message)
        if driver.send_message(message) > driver.write_limit:
            return driver.stream.drain(driver.write_limit)
        return None

    def send(self, value: object) -> object:
        """Run one step."""
        return self.__next__()

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        """Raise an exception at the await."""
        self.driver = self.message = None
        if value is None:
            value = kind() if isinstance(kind, type) else kind
        if self.steps is None:
            raise value
        return self.steps.throw(value)

    def close(self) -> None:
        """End it."""
        self.driver = self.message = None
        if self.steps is not None:
            self.steps.close()

    def __del__(self) -> None:
        if self.driver is not None:
            warnings.warn("coroutine 'WebSocket.send' was never awaited", RuntimeWarning, stacklevel=2)


Coroutine.register(Send)
