"""The open connection as users hold it: recv, send, ping, close, and its properties."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from wssure.aio.driver import Driver, check_thread, sending
from wssure.aio.failure import closed_error
from wssure.aio.keepalive import Keepalive
from wssure.aio.options import Options
from wssure.aio.pings import Pings, bytes_of, payload_of
from wssure.aio.stream import LINGER_S, addresses_of, os_error
from wssure.aio.waiter import Waiter
from wssure.errors import ConnectionClosed, ConnectionClosedOK, concurrency_error
from wssure.evidence import Failure, Phase
from wssure.facts import CloseSeen, EndedByUs, Fact, KeepaliveFailed, ViolationSeen
from wssure.protocol.close import check_close
from wssure.protocol.event import Close, CloseReceived, Ping, Pong, Violation
from wssure.protocol.state import End, State

if TYPE_CHECKING:
    import uuid

    from wssure.aio.opening import Opening
    from wssure.protocol.connection import Connection
    from wssure.tls.contract import EngineInfo
    from wssure.wire.http_message import Request, Response

Data = str | bytes | bytearray | memoryview
# How long a close takes if `close_timeout` is None and the peer never ends the connection.
_LONGEST_CLOSE_S: Final = 10.0


class WebSocket:
    """An open WebSocket connection, made by `connect` or handed to the handler of `serve`.

    Attributes:
        request: The upgrade request.
        response: The answer to it.
        subprotocol: The one agreed on; None if none.
        latency: Seconds the last answered ping took; 0.0 before the first.
        logger: The logger.
        timings: How long each step of the opening took.
        local_address: Our end, as the socket module gives it; None if the peer had gone when the connection opened.
        remote_address: The other end.
    """

    def __init__(
        self,
        opening: Opening,
        options: Options,
        *,
        request: Request,
        response: Response | None = None,
        logger: logging.Logger | logging.LoggerAdapter[Any],
    ) -> None:
        self.request = request
        self.response = response
        self.subprotocol: str | None = None
        self.latency = 0.0
        self.logger = logger
        self.timings: tuple[Phase, ...] = ()
        stream = opening.stream
        self.loop = stream.loop
        self.local_address, self.remote_address = addresses_of(stream.sock)
        close_s = _LONGEST_CLOSE_S if options.close_timeout is None else options.close_timeout
        self._stream = stream
        self._driver = Driver(opening, options.max_queue, options.write_limit, close_s)
        self._options = options
        self._recorder = opening.recorder
        self._failure: Failure | None = None
        self._error: BaseException | None = None
        self._violated = False
        self._sending: asyncio.Lock | None = None
        self._pings = Pings(self._driver)
        self._keepalive: Keepalive | None = None
        self._id: uuid.UUID | None = None
        self._info: EngineInfo | None = None

    def _start(self, connection: Connection, leftover: bytes, *, subprotocol: str | None) -> None:
        """Begin to receive. Called once, by `connect` and `serve`.

        Args:
            connection: Parses input and makes frames.
            leftover: The plaintext that came behind the upgrade.
            subprotocol: The one agreed on.
        """
        self.subprotocol = subprotocol
        self.timings = tuple(self._recorder.phases)
        if self._options.ping_interval is not None:
            self._keepalive = Keepalive(
                self._driver,
                self._pings,
                self._options.ping_interval,
                self._options.ping_timeout,
                self._keepalive_failed,
            )
        self._driver.open(connection, self._on_event, self._on_lost, leftover)

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def id(self) -> uuid.UUID:
        """A random identity for logs."""
        import uuid  # here, because few programs ask, and it loads as long as ten modules of ours

        if self._id is None:
            self._id = uuid.uuid4()
        return self._id

    @property
    def state(self) -> State:
        """`CONNECTING` (in a hook of `serve`), `OPEN`, `CLOSING` or `CLOSED`."""
        if self._stream.closed:
            return State.CLOSED
        connection = self._driver.connection
        return State.CONNECTING if connection is None else connection.state

    @property
    def ended(self) -> bool:
        """True once no further message will come."""
        return self._driver.queue.ended

    @property
    def close_code(self) -> int | None:
        """The peer's close code; 1006 if it ended without one; None while open."""
        close = self._close_rcvd
        return close.code if close is not None else 1006 if self.ended else None

    @property
    def close_reason(self) -> str | None:
        """The peer's close reason; None while open."""
        close = self._close_rcvd
        return close.reason if close is not None else "" if self.ended else None

    @property
    def _close_rcvd(self) -> Close | None:
        connection = self._driver.connection
        return None if connection is None else connection.close_rcvd

    @property
    def tls(self) -> EngineInfo | None:
        """The negotiated parameters of TLS; None for ws."""
        if self._info is None and self._driver.tls_connection is not None:
            self._info = self._driver.tls_connection.info()
        return self._info

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts of this connection so far, oldest first; a failure would carry the same facts."""
        return self._recorder.facts()

    # --- receiving --------------------------------------------------------------------------------------------------

    @overload
    async def recv(self, decode: None = None) -> str | bytes: ...

    @overload
    async def recv(self, decode: Literal[True]) -> str: ...

    @overload
    async def recv(self, decode: Literal[False]) -> bytes: ...

    @overload
    async def recv(self, decode: bool | None) -> str | bytes: ...

    async def recv(self, decode: bool | None = None) -> str | bytes:
        """Return the next message.

        Args:
            decode: True returns text messages and binary ones as str, False as bytes; None leaves each as it came.

        Raises:
            ConnectionClosed: There will be no further message.
            ConcurrencyError: Another task waits in `recv`, or `recv_streaming` has not read its message to the end.
        """
        driver = self._driver
        message = driver.next_message()
        while message is None:
            await (driver.message_waiter() or self._message_waiter())
            message = driver.next_message()
        return message if decode is None else _decoded(message, decode)

    def _message_waiter(self, *, in_parts: bool = False) -> Waiter:
        """Return the awaitable of the next message; raise if there will be none."""
        driver = self._driver
        if driver.connection is None:
            raise _not_open()
        if driver.waiter.engaged:
            raise concurrency_error(
                "recv", "another task waits in recv: one connection has one reader", "receive in one task"
            )
        if driver.queue.in_parts and not in_parts:
            raise driver.queue.begun_in_parts()
        driver.release()
        if self.ended:
            raise self._closed()
        return driver.waiter.begin()

    @overload
    def recv_streaming(self, decode: None = None) -> AsyncIterator[str | bytes]: ...

    @overload
    def recv_streaming(self, decode: Literal[True]) -> AsyncIterator[str]: ...

    @overload
    def recv_streaming(self, decode: Literal[False]) -> AsyncIterator[bytes]: ...

    @overload
    def recv_streaming(self, decode: bool | None) -> AsyncIterator[str | bytes]: ...

    async def recv_streaming(self, decode: bool | None = None) -> AsyncIterator[str | bytes]:
        """Iterate over the pieces of the next message.

        Args:
            decode: As in `recv`.

        Raises:
            ConnectionClosed: There will be no further message.
            ConcurrencyError: Another task waits in `recv`.

        Left before the end of a message, it goes on with the rest when it is called again; until then `recv` raises
        ConcurrencyError.
        """
        driver = self._driver
        fin = False
        while not fin:
            while (part := driver.next_part()) is None:
                await (driver.message_waiter() or self._message_waiter(in_parts=True))
            piece, fin = part
            yield piece if decode is None else _decoded(piece, decode)

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    async def __anext__(self) -> str | bytes:
        """Return the next message; the iteration ends quietly if the peer closed with 1000 or 1001."""
        message = self._driver.next_message()
        if message is not None:
            return message  # of a batch that is here already, without a coroutine more
        try:
            return await self.recv()
        except ConnectionClosedOK:
            raise StopAsyncIteration from None

    # --- sending ----------------------------------------------------------------------------------------------------

    def send(self, message: Data | Iterable[Data] | AsyncIterable[Data]) -> Coroutine[Any, Any, None]:
        """Send one message; await the result to wait while the peer is slow.

        Args:
            message: str goes as text, bytes-like as binary; an iterable or asynchronous iterable of either goes as the
                fragments of one message.

        Raises:
            ConnectionClosed: The connection is closed or closing.
            TypeError: It is something else.
        """
        return sending(self._driver, self, message)

    def _broadcast(self, message: str | bytes) -> None:
        """Send a message without waiting, if the connection takes one now; close it if its peer is too slow."""
        driver = self._driver
        check_thread(driver)
        limit = self._options.broadcast_limit
        if limit is not None and self._stream.pending() > limit:
            driver.close_s = LINGER_S  # it takes nothing
            self._end_by("slow-reader", 1008, "too slow for what is broadcast")
        elif driver.speaks() and not driver.connection.sending:
            driver.send_message(message)

    async def _send_slowly(self, message: object) -> None:
        """Send what `driver.sending` cannot send at once."""
        data: str | bytes
        if isinstance(message, (bytes, bytearray, memoryview)):
            data = bytes(message)
        elif isinstance(message, str):
            data = str.__str__(message)  # a subclass of str: its text, whatever it shows itself as
        else:
            await self._send_fragments(_pieces_of(message))
            return
        await self._turn_to_send()
        self._driver.send_message(data)
        await self._stream.drain(self._options.write_limit)

    async def _turn_to_send(self) -> None:
        """Wait until no fragmented message is in progress; raise if nothing can be sent any more."""
        while self._sending is not None:
            async with self._sending:
                pass
        await self._check_open()

    async def _send_fragments(self, pieces: AsyncIterable[Data]) -> None:
        """Send one message in fragments, after those that are in progress."""
        await self._turn_to_send()
        self._sending = asyncio.Lock()
        async with self._sending:
            try:
                await _send_pieces(pieces, self._send_fragment, self._break_off)
            finally:
                self._sending = None

    async def _send_fragment(self, piece: str | bytes, fin: bool) -> None:
        await self._check_open()
        self._driver.connection.send_fragment(piece, fin=fin)
        self._driver.send_soon(len(piece))
        await self._stream.drain(self._options.write_limit)

    def _break_off(self, error: BaseException) -> None:
        # The peer has half a message, and nothing can take it back.
        self._end_by("message-unfinished", 1011, "a fragmented message was not finished", error)

    async def _check_open(self) -> None:
        check_thread(self._driver)
        if self._driver.connection is None:
            raise _not_open()
        if self._driver.speaks():
            return
        if not self.ended:
            # We are closing: how it ended is known once the peer has answered.
            await self.wait_closed()
        raise self._closed()

    # --- ping and pong ----------------------------------------------------------------------------------------------

    async def ping(self, data: str | bytes | None = None) -> Awaitable[float]:
        """Send a ping; await the result for the pong, which gives the seconds it took.

        Args:
            data: At most 125 bytes, not those of a ping that waits still; None for random ones.

        Raises:
            ConnectionClosed: The connection is closed or closing.
            TypeError: The data is neither text nor bytes.
            ValueError: A ping with the same data waits still, or it is longer.
        """
        payload = payload_of(data)
        await self._check_open()
        if payload in self._pings:
            raise ValueError("ping got the data of a ping that still waits for its pong")
        return self._pings.send(payload)

    async def pong(self, data: str | bytes = b"") -> None:
        """Send an unsolicited pong (RFC 6455 section 5.5.3).

        Args:
            data: At most 125 bytes.

        Raises:
            ConnectionClosed: The connection is closed or closing.
            TypeError: The data is neither text nor bytes.
            ValueError: It is longer.
        """
        payload = bytes_of(data)
        await self._check_open()
        self._driver.connection.send_pong(payload)
        self._driver.send_soon(len(payload))

    def _take_pong(self, payload: bytes) -> None:
        took = self._pings.take(payload)
        if took is None:
            return
        self.latency = took
        if self._keepalive is not None:
            self._keepalive.on_pong()

    def _keepalive_failed(self, fact: KeepaliveFailed) -> None:
        """End the connection: no pong came in time."""
        self._recorder.note(fact.at)
        self.logger.warning("keepalive ping unanswered (%s), closing with 1011", fact.verdict)
        self._driver.close_s = LINGER_S  # a silent peer takes nothing
        self._fail(1011, "keepalive ping timeout")

    # --- closing ----------------------------------------------------------------------------------------------------

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection and wait until it is closed, at most `close_timeout` for the peer's answer.

        Messages received before stay for `recv`; later ones are dropped beyond `max_queue`.

        Args:
            code: 1000 to 1014 as RFC 6455 section 7.4 lists them, or 3000 to 4999.
            reason: At most 123 bytes as UTF-8.

        Raises:
            TypeError: The code is no number, or the reason no text.
            ValueError: The code must not be sent, or the reason is too long. The connection stays open.
        """
        check_close(code, reason)
        check_thread(self._driver)
        try:
            async with asyncio.timeout(self._options.close_timeout):
                while self._sending is not None:
                    async with self._sending:
                        pass
                self._send_close(code, reason)
                await self._stream.wait_gone()
        except TimeoutError:
            self._cut("close-timeout")
        except BaseException:
            self._cut("close-cancelled")
            raise

    def _cut(self, why: str) -> None:
        """Close the socket without waiting any longer, and note why."""
        if not self._stream.closed:
            self._note_end(why)
            self._stream.tell(End.ABORT)

    def _note_end(self, why: str) -> None:
        """Note why this side ended the connection, unless its end is known already."""
        if not self.ended:
            self._recorder.note(EndedByUs, why, self._options.close_timeout)

    def _end_by(self, why: str, code: int, reason: str, error: BaseException | None = None) -> None:
        """Fail the connection for a reason of our own."""
        if self.ended:
            return
        self._note_end(why)
        self._error = error
        self._fail(code, reason)

    def _send_close(self, code: int, reason: str) -> None:
        driver = self._driver
        driver.release()
        if not driver.speaks():
            return
        driver.connection.send_close(code, reason)
        driver.queue.keep_no_more()
        self._note_sent(code, reason)
        driver.send_soon(len(reason) + 2)
        if driver.paused:
            driver.resume()  # the peer's Close stands behind what nobody took

    def _fail(self, code: int, reason: str) -> None:
        """Fail the connection (RFC 6455 section 7.1.7): a Close, and no waiting for the answer."""
        self._send_close(code, reason)
        self._end()
        self._driver.end(End.FAILED)

    async def wait_closed(self) -> None:
        """Wait until the connection is closed by either side."""
        check_thread(self._driver)
        await self._stream.wait_gone()

    def abort(self) -> None:
        """Close the socket at once, without a Close."""
        check_thread(self._driver)
        self._cut("aborted")

    # --- what the driver tells --------------------------------------------------------------------------------------

    def _on_event(self, event: Ping | Pong | CloseReceived | Violation) -> None:
        """Take a control event; the driver calls it."""
        if isinstance(event, Pong):
            self._take_pong(event.data)
        elif isinstance(event, Ping):
            self.logger.debug("ping received")
        elif isinstance(event, CloseReceived):
            self._close_received(event)
        else:
            self._violated = True
            self._recorder.note(ViolationSeen, event.rule, event.section, event.code, event.text, event.offset)
            if self._driver.connection.close_sent is not None:
                self._note_sent(event.code, event.text)
            self._end()
            self._driver.end(End.FAILED)

    def _close_received(self, event: CloseReceived) -> None:
        self._recorder.note(CloseSeen, "received", event.code, event.reason)
        if self._driver.connection.rcvd_then_sent:
            self._note_sent(event.code, "")
        self._end()
        self._driver.end(End.CLOSED)

    def _note_sent(self, code: int | None, reason: str) -> None:
        self._recorder.note(CloseSeen, "sent", code, reason)

    def _on_lost(self, error: BaseException | None) -> None:
        """Take the end of the input; the driver calls it."""
        self._error = self._error or error
        if self._close_rcvd is None and isinstance(error, OSError) and self._stream.error is not error:
            self._recorder.note(os_error, error.errno, "send", error.strerror)
        self._end()

    def _end(self) -> None:
        """Let no further message come: wake the reader, and fail the pings."""
        if self.ended:
            return
        self._driver.queue.ended = True
        if self._keepalive is not None:
            self._keepalive.stop()
            self._keepalive = None  # It refers back to this object, which is to be freed without the cyclic collector.
        if self._pings:
            self._pings.fail(self._closed())
        self._driver.wake()

    def _closed(self) -> ConnectionClosed:
        connection = self._driver.connection
        error = closed_error(
            self._recorder,
            rcvd=connection.close_rcvd,
            sent=connection.close_sent,
            rcvd_then_sent=connection.rcvd_then_sent,
            failure=self._failure,
            original=self._error,
            violated=self._violated,
            role=connection.role.value,
        )
        self._failure = error.failure
        return error


def _not_open() -> RuntimeError:
    return RuntimeError("the connection is not open yet: it is when the handler runs")


def _decoded(message: str | bytes, decode: bool) -> str | bytes:
    """Return a message as str (True) or as bytes (False), in whichever form it came."""
    if decode:
        return message if isinstance(message, str) else message.decode()
    return message.encode() if isinstance(message, str) else message


def _pieces_of(message: object) -> AsyncIterable[Data]:
    """Return the fragments to send.

    Raises:
        TypeError: It is neither an iterable nor an asynchronous one, or it is a mapping.
    """
    if isinstance(message, Mapping):
        raise TypeError("send got a mapping, expected str, bytes or an iterable of them")
    if isinstance(message, AsyncIterable):
        return message
    if isinstance(message, Iterable):
        return _each(message)
    raise TypeError(f"send got {type(message).__name__}, expected str, bytes or an iterable of them")


async def _each(pieces: Iterable[Data]) -> AsyncIterator[Data]:
    for piece in pieces:
        yield piece


async def _send_pieces(
    pieces: AsyncIterable[Data],
    send: Callable[[str | bytes, bool], Awaitable[None]],
    broken: Callable[[BaseException], None],
) -> None:
    """Send fragments, one behind the source, so that the last can say that it is the last.

    Args:
        pieces: All str or all bytes-like.
        send: Sends one; True with the last.
        broken: Called with the reason if the message cannot be finished and part of it is out.
    """
    held: str | bytes | None = None
    sent = False
    try:
        async for piece in pieces:
            if held is not None:
                await send(held, False)
                sent = True
            held = piece if isinstance(piece, str) else bytes(memoryview(piece))
        if held is not None:
            await send(held, True)
    except BaseException as error:
        if sent:
            broken(error)
        raise
