"""One connection that is being opened, by `connect`, by a server or by an experiment: its facts, clock, socket and end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from typing import Final

from wssure.aio.exchange import alert_received
from wssure.aio.stream import Stream
from wssure.evidence import Phase, Recorder, Stage
from wssure.facts import TimedOut, TlsReceived
from wssure.protocol.exchange import Refused
from wssure.tls.contract import EngineFailed
from wssure.wire.http import HttpError

__all__ = ["FAILURES", "Opening"]

# The errors that a peer, or the path to it, can cause in an opening; every other one is the caller's fault or ours.
FAILURES: Final = (EngineFailed, Refused, HttpError, OSError)


class Opening:
    """Bounds an opening as a whole and each of its steps; an asynchronous context manager.

    A failure leaves the same facts whichever side opens: `timeout` with the step, and `tls.received`. Afterwards `stage` is the
    step it belongs to, and the socket waits for `close` or `abort`. A cancelled opening is closed at once.

    Args:
        whole_s: Seconds for everything together; None is no limit.
        limits: Seconds by phase name.
        recorder: Takes the facts and the timed phases; None makes one.
    """

    stream: Stream

    def __init__(
        self, whole_s: float | None, limits: Mapping[str, float] | None = None, recorder: Recorder | None = None
    ) -> None:
        self.recorder = Recorder(time.perf_counter_ns) if recorder is None else recorder
        self._sock: socket.socket | None = None
        self._whole_s = whole_s
        self._limits = limits or {}
        self._end: float | None = None
        self._timeout = asyncio.timeout(None)
        self._limit_s = whole_s
        self._address: str | None = None
        self._began_ms = 0.0
        self._running = False
        self.stage = Stage.RESOLVE

    def take(self, sock: socket.socket, *, from_caller: bool = False) -> Stream:
        """Own a connected socket from here on; return its stream.

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
        self.stream = Stream(asyncio.get_running_loop(), own, self.recorder.note)
        if self._whole_s is not None:
            self.stream.patience_s = self._whole_s
        if from_caller:
            self.stream.at_close.append(sock.close)
        self._sock = own
        return self.stream

    async def __aenter__(self) -> Opening:
        loop = asyncio.get_running_loop()
        if self._whole_s is not None:
            self._end = loop.time() + self._whole_s
        self._timeout = asyncio.timeout_at(self._end)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        finally:
            if error is not None:
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Note the facts that only the end of a failed opening shows."""
        if self.expired:
            self.recorder.note(TimedOut, self.stage.value, self._limit_s)
        self._end_phase(ok=False)
        if not self.expired and not isinstance(error, Exception):
            self.abort()  # cancelled: nothing can be awaited any more
        elif self.stage is Stage.UPGRADE and isinstance(error, EngineFailed) and alert_received(self.recorder):
            # A TLS 1.3 client is done before the server has seen its certificate: RFC 8446 section 4.4.2.4 and the alerts
            # certificate_required and unknown_ca reach it with the first read. A server learns of its own as late.
            self.stage = Stage.TLS
        if self.stage is Stage.TLS and self._sock is not None and self.stream.received_bytes:
            # Whether there was an answer at all tells a server that hangs from one that never saw our hello.
            self.recorder.note(TlsReceived, self.stream.received_bytes)

    @property
    def expired(self) -> bool:
        """True if a limit ended it, and not something else that timed out."""
        return self._timeout.expired()

    def begin(self, stage: Stage, address: str | None = None) -> None:
        """Begin a step; its own limit holds from here, within the limit of the whole."""
        self._end_phase(ok=True)
        self.stage = stage
        self._address = address
        self._began_ms = self.recorder.elapsed_ms()
        self._running = True
        if self._limits:
            self._reschedule(self._limits.get(stage.value))

    def _reschedule(self, own_s: float | None) -> None:
        when, limit = self._end, self._whole_s
        if own_s is not None:
            own_end = asyncio.get_running_loop().time() + own_s
            if when is None or own_end < when:
                when, limit = own_end, own_s
        self._limit_s = limit
        self._timeout.reschedule(when)

    def expire(self, limit_s: float) -> None:
        """End the running step now, for a limit of seconds that is checked elsewhere."""
        if self._running:
            self._limit_s = limit_s
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def finish(self) -> None:
        """End the last step."""
        self._end_phase(ok=True)

    def _end_phase(self, *, ok: bool) -> None:
        if not self._running:
            return
        self._running = False
        # Dialling records a phase for each address by itself.
        if self.stage is not Stage.DIAL:
            took = self.recorder.elapsed_ms() - self._began_ms
            self.recorder.phases.append(Phase(self.stage.value, self._address, self._began_ms, took, ok))

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """DER of the certificates that came, the peer's own first, verified or not."""
        tls_connection = None if self._sock is None else self.stream.tls_connection
        return () if tls_connection is None else tls_connection.peer_chain

    def abort(self) -> None:
        """Close the socket at once."""
        if self._sock is not None:
            self.stream.abort()

    async def close(self) -> None:
        """Deliver an alert or an answer, if there is time left, and close the socket."""
        if self._sock is None or self.expired:
            self.abort()
            return
        self.stream.finish()
        try:
            await self.stream.wait_gone()
        except BaseException:
            self.stream.abort()
            raise
