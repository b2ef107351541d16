"""An open connection without a loop: received bytes go in; messages, events and an outcome come out.

A driver owns the socket, the clock and the reader. It passes received bytes to `receive`, acts on the outcome, takes the
messages from `queue` and the rest from `take_events`, and sends the result of `data_to_send` (or, to spare copies, drives
`connection` and `engine` itself). asyncio's driver is `wssure.aio.driver`.

Source: RFC 6455.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wssure.protocol.event import CloseReceived, Fragment, Ping, Pong, Violation
from wssure.protocol.state import ENDINGS, Action, End, Ending
from wssure.session.queue import LOOK_AHEAD_BYTES, MessageQueue
from wssure.tls.contract import CLOSED, EngineFailed

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.tls.drive import feed_engine, read_engine

if TYPE_CHECKING:
    from wssure.protocol.connection import Connection
    from wssure.tls.contract import Engine

# Outcomes: receive more; receive no more until messages are taken; the peer's close_notify came; TLS failed.
GO_ON: Final = 0
PAUSE: Final = 1
ENDED: Final = 2
FAILED: Final = 3
# With permessage-deflate, check the queue limit after every 16 KiB of input (it may inflate to 16 MiB).
SLICE_BYTES: Final = 16384


class Session:
    """The engine, the protocol and the message queue of one connection.

    Args:
        connection: The protocol after the upgrade.
        queue: Takes the messages.
        engine: The TLS engine after its handshake; None without TLS.
        plain: A shared buffer for plaintext; nothing stays in it between two calls.

    Attributes:
        events: Events other than messages: Ping, Pong and CloseReceived; `take_events` empties it.
        failed: How TLS failed; None if it did not.
        held: A violation of the peer's that is answered once the messages before it are taken; None if there is none.
        ending: The phase of the transport's end.
    """

    def __init__(self, connection: Connection, queue: MessageQueue, engine: Engine | None, plain: memoryview) -> None:
        self.connection = connection
        self.queue = queue
        self.engine = engine
        self.failed: EngineFailed | None = None
        self.held: Violation | None = None
        self.ending = Ending.LIVE
        self._plain = plain
        self._plain_bytes = len(plain)
        self.events: list[Ping | Pong | CloseReceived] = []
        self._sliced = connection.inflates
        self._kept_back = b""
        self._unwritten = b""

    # --- receiving --------------------------------------------------------------------------------------------------

    def receive(self, data: memoryview, count: int) -> int:
        """Take data[:count] as it came from the socket; return an outcome."""
        if self.engine is None:
            self._receive(data[:count])
            return PAUSE if self._kept_back else GO_ON
        taken = 0
        outcome = GO_ON
        while taken < count and outcome < ENDED:
            taken += feed_engine(self.engine, data, taken, count)
            if outcome == GO_ON:
                outcome = self.decrypt()
        return outcome

    def begin(self, data: bytes) -> int:
        """Take plaintext that was decrypted before the session began, then that of the engine; return an outcome."""
        self._kept_back = data
        outcome = self.go_on()
        return self.decrypt() if outcome == GO_ON and self.engine is not None else outcome

    def go_on(self) -> int:
        """Continue after a pause with the bytes kept back; return an outcome."""
        data, self._kept_back = self._kept_back, b""
        if data:
            self._receive(data)
            if self.engine is not None and not self._kept_back:
                return self.decrypt()
        return PAUSE if self._kept_back else GO_ON

    def decrypt(self) -> int:
        """Decrypt everything that is there, and parse it in as few pieces as possible; return an outcome."""
        engine, plain, size = self.engine, self._plain, self._plain_bytes
        assert engine is not None
        status = 1
        while status > 0 and not self._kept_back:
            filled = 0
            while filled < size:
                try:
                    status = read_engine(engine, plain, filled)
                except EngineFailed as error:
                    self.failed = error
                    status = CLOSED
                if status <= 0:
                    break
                filled += status
            if filled:
                self._receive(plain[:filled])
        if self.failed is not None:
            return FAILED
        if self._kept_back:
            return PAUSE
        return ENDED if status == CLOSED else GO_ON

    def _receive(self, data: memoryview | bytes) -> None:
        if not self._sliced or len(data) <= SLICE_BYTES:
            self._parse(data)
            return
        at = 0
        while at < len(data):
            if at and not self.may_read():
                self._kept_back = bytes(data[at:])
                return
            self._parse(data[at : at + SLICE_BYTES])
            at += SLICE_BYTES

    def _parse(self, data: memoryview | bytes) -> None:
        connection, queue = self.connection, self.queue
        messages = queue.messages
        before = len(messages)
        connection.receive(data)
        for event in connection.events():
            if type(event) is bytes or type(event) is str or type(event) is Fragment:
                messages.append(event)
            elif type(event) is Violation:
                self.held = event
            else:
                self.events.append(event)
        if len(messages) > queue.keep:
            queue.drop(before)

    def may_read(self) -> bool:
        """Tell whether more may be received now."""
        return not self.queue.full() or self.reads_on() or self.space_ahead() > 0

    def reads_on(self) -> bool:
        """Tell whether reading goes on although the queue is full: after our Close, or a failed write."""
        return self.ending is not Ending.LIVE or self.connection.close_sent is not None

    def space_ahead(self) -> int:
        """Return how many bytes may be received behind a full queue, for the sake of control frames."""
        if self._kept_back:
            return 0
        ahead = self.queue.ahead
        if self._sliced:
            ahead = max(ahead, self.queue.unread_bytes())
        return LOOK_AHEAD_BYTES - ahead

    def take_events(self) -> list[Ping | Pong | CloseReceived]:
        """Return the new events other than messages: Ping, Pong and CloseReceived."""
        events, self.events = self.events, []
        return events

    def release(self) -> Violation | None:
        """Fail the connection for a violation that was held, and return it; None if there is none."""
        held, self.held = self.held, None
        if held is not None:
            self.connection.fail_held()
        return held

    # --- the end ----------------------------------------------------------------------------------------------------

    def end(self, event: End) -> Action:
        """Take an event of the end; return the action for the driver of the socket."""
        row = ENDINGS[self.connection.role][self.ending]
        self.ending, action = row.get(event, (self.ending, Action.NOTHING))
        if event in (End.EOF, End.TIME_OVER, End.ABORT):
            self.connection.receive_eof()  # However it ended: what is sent from here on must fail, not vanish.
        return action

    # --- for drivers that do not drive the engine themselves --------------------------------------------------------

    def pump(self, data: memoryview, count: int) -> Action:
        """Take data[:count] as it came from the socket, b"" at its end; return the action for the driver."""
        outcome = self.receive(data, count) if count else ENDED
        action = Action.NOTHING
        if self.release() is not None:
            action = self.end(End.FAILED)
        elif self.connection.close_rcvd is not None:
            action = self.end(End.CLOSED)
        if action is Action.NOTHING and outcome >= ENDED:
            action = self.end(End.EOF)
        return action

    def data_to_send(self) -> bytes:
        """Return the new bytes for the socket: ciphertext, or plaintext without TLS.

        Plaintext that the engine takes only after it has read is kept for the next call.
        """
        data = self._unwritten + self.connection.data_to_send()
        engine = self.engine
        if engine is None:
            return data
        while data and (count := engine.write(data)) > 0:
            data = data[count:]
        self._unwritten = data
        if self.ending is Ending.FLUSHING and not data:
            engine.close_notify()
        pieces = []
        while piece := bytes(engine.outgoing()):
            pieces.append(piece)
            engine.consume(len(piece))
        return b"".join(pieces)
