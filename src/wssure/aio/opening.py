"""asyncio's driver of an opening, for `connect`, a server or an experiment: its clock, socket and end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from wssure.aio.stream import LINGER_S, ByteStream, scratch_of
from wssure.aio.waiter import Waiter
from wssure.evidence import Recorder, Stage
from wssure.facts import TimedOut
from wssure.protocol.exchange import Refused
from wssure.protocol.state import End, Ending
from wssure.session.opening import Steps
from wssure.tls.contract import EngineFailed
from wssure.wire.http_message import HttpError

if TYPE_CHECKING:
    from wssure.tls.connection import ClientTlsConnection, ServerTlsConnection

# The errors that a peer, or the path to it, can cause in an opening; every other one is the caller's fault or ours.
FAILURES: Final = (EngineFailed, Refused, HttpError, OSError)


class Opening(Steps):
    """Bounds an opening as a whole and each of its steps; an asynchronous context manager.

    A failure leaves the same facts whichever side opens: `timeout` with the step, and `tls.received`. Afterwards `stage` is the
    step it belongs to, and the socket waits for `close` or `abort`. A cancelled opening is closed at once.

    Args:
        whole_s: Seconds for everything together; None is no limit.
        limits: Seconds by phase name.
        recorder: Takes the facts and the timed phases; None makes one.

    Attributes:
        stream: The bytes of the socket, once there is one.
        waiter: Awaited by the task that reads, here and afterwards.
    """

    stream: ByteStream

    def __init__(
        self, whole_s: float | None, limits: Mapping[str, float] | None = None, recorder: Recorder | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self._cipher, plain = scratch_of(loop)
        super().__init__(Recorder(time.perf_counter_ns) if recorder is None else recorder, plain)
        self.waiter = Waiter(loop)
        self._loop = loop
        self._has_socket = False
        self._fresh = False
        self._whole_s = whole_s
        self._limits = limits or {}
        self._end: float | None = None
        self._timeout = asyncio.timeout(None)
        self._limit_s = whole_s

    def take(self, sock: socket.socket, *, from_caller: bool = False) -> None:
        """Own a connected socket from here on.

        Args:
            sock: The socket.
            from_caller: The caller opened the socket and may close it. The stream uses a duplicate, because the number of a closed
                socket may belong to another one.
        """
        try:
            own = sock.dup() if from_caller else sock
        except OSError:
            sock.close()
            raise
        self.stream = ByteStream(self._loop, own, self.recorder.note)
        self.stream.owner = self
        self._has_socket = True
        if from_caller:
            self.stream.at_close.append(sock.close)

    # --- time -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Opening:
        if self._whole_s is not None:
            self._end = self._loop.time() + self._whole_s
        self._timeout = asyncio.timeout_at(self._end)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        finally:
            if error is not None:
                if self.expired:
                    seen_bytes = 0 if self.unfinished is None else self.unfinished.seen_bytes
                    self.recorder.note(TimedOut, self.stage.value, self._limit_s, seen_bytes)
                elif not isinstance(error, Exception):
                    self.abort()  # cancelled: nothing can be awaited any more
                self.fail(error)

    @property
    def expired(self) -> bool:
        """True if a limit ended it, and not something else that timed out."""
        return self._timeout.expired()

    def begin(self, stage: Stage, address: str | None = None) -> None:
        """Begin a step; its own limit holds from here, within the limit of the whole."""
        super().begin(stage, address)
        if self._limits:
            self._reschedule(self._limits.get(stage.value))

    def _reschedule(self, own_s: float | None) -> None:
        when, limit = self._end, self._whole_s
        if own_s is not None:
            own_end = self._loop.time() + own_s
            if when is None or own_end < when:
                when, limit = own_end, own_s
        self._limit_s = limit
        self._timeout.reschedule(when)

    def expire(self, limit_s: float) -> None:
        """End the running step now, for a limit of seconds that is checked elsewhere."""
        if self._running:
            self._limit_s = limit_s
            self._timeout.reschedule(self._loop.time())

    # --- bytes ------------------------------------------------------------------------------------------------------

    async def handshake(self, tls_connection: ClientTlsConnection | ServerTlsConnection) -> None:
        """Complete a TLS handshake; see `Steps.handshake`."""
        self.stream.engine = tls_connection
        await super().handshake(tls_connection)

    def write(self, data: bytes) -> None:
        """Send plaintext."""
        self.stream.write(data)

    def flush(self) -> None:
        """Send the output of TLS."""
        self.stream.send_outgoing()

    async def wait(self, limit_s: float | None = None) -> bool:
        """Wait until something came since the last call: bytes, or the end of them; see `Steps.wait`."""
        stream = self.stream
        if not self._fresh and stream.error is None:
            stream.watch()
            timer = None if limit_s is None else self._loop.call_later(limit_s, self.waiter.wake, False)
            try:
                await self.waiter.begin()
            finally:
                if timer is not None:
                    timer.cancel()
        if stream.error is not None:
            raise stream.error
        came, self._fresh = self._fresh, False
        return came

    def on_readable(self) -> None:
        """Take one readiness event."""
        stream = self.stream
        count = stream.receive(self._cipher)
        if count < 0 and stream.error is None:
            return
        if count > 0:
            self.receive(self._cipher[:count])
        elif stream.eof:
            self.receive_eof()
        self._fresh = True
        if self.waiter.waiting:
            self.waiter.wake(True)  # last of all: the task that runs here may send, close, or open a connection
        else:
            stream.unwatch()  # no task reads: further bytes stay in the kernel, and the peer waits

    # --- the end ----------------------------------------------------------------------------------------------------

    def on_end(self, event: End) -> None:
        """Take an event of the end."""
        stream = self.stream
        if self.ending is Ending.LISTENING and event is End.TIME_OVER and stream.error is None:
            stream.error = stream.write_error  # nothing came that says why
        stream.perform(self.end(event), LINGER_S if self._whole_s is None else self._whole_s)
        if stream.error is not None or stream.closed:
            self.waiter.wake(False)

    def abort(self) -> None:
        """Close the socket at once."""
        if self._has_socket:
            self.stream.tell(End.ABORT)

    async def close(self) -> None:
        """Deliver an alert or an answer, if there is time left, and close the socket."""
        if not self._has_socket or self.expired:
            self.abort()
            return
        self.stream.tell(End.FAILED)
        try:
            await self.stream.wait_gone()
        except BaseException:
            self.stream.tell(End.ABORT)
            raise


async def collect(
    opening: Opening,
    most_bytes: int,
    limit_s: float | None,
    *,
    ended_by: Callable[[bytes], str] | None = None,
) -> tuple[bytes, str]:
    """Return the bytes that a peer sends, and how they ended: `eof`, `reset`, `timeout`, `limit`, or as `ended_by` says.

    Args:
        opening: Reads them.
        most_bytes: No more are returned.
        limit_s: Seconds for all of them; without `ended_by`, for each piece. None is no limit.
        ended_by: Called with each piece; a result that is not empty ends the reading.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(limit_s) as limit:
            while len(data) < most_bytes:
                piece = await opening.read()
                data += piece
                if not piece:
                    return bytes(data), "eof"
                if ended_by is None:
                    limit.reschedule(None if limit_s is None else asyncio.get_running_loop().time() + limit_s)
                elif ended := ended_by(piece):
                    return bytes(data), ended
    except TimeoutError:
        return bytes(data), "timeout"
    except OSError:
        return bytes(data), "reset"
    return bytes(data[:most_bytes]), "limit"
