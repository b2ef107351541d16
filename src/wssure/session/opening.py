"""A connection that is being opened, without a loop: tunnel, TLS and HTTP as steps that any driver runs.

Theory of operation. The steps are coroutines that await one thing only: `Steps.wait`. A driver implements it, with `write` and
`flush`, and hands received bytes to `receive`, their end to `receive_eof`. A driver of a loop suspends in `wait`. A blocking one receives
there and never suspends, so one `send(None)` runs a step to its end. asyncio's driver is `wssure.aio.opening`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from wssure.evidence import Phase, Recorder, Stage
from wssure.facts import AlertSeen, HttpEof, ProxyEof, TlsReceived
from wssure.protocol.exchange import Answer, Asking, Refused
from wssure.protocol.state import ENDINGS, Action, End, Ending, Role
from wssure.session import answer
from wssure.tls.contract import CLOSED, DONE, EngineFailed

if TYPE_CHECKING:
    from wssure.protocol.tunnel import TunnelHandshake
    from wssure.tls.connection import ClientTlsConnection, ServerTlsConnection

# A body only adds words to the status. Servers that announce no length and keep the connection open would
# otherwise use up the time of the whole opening, and a refusal would be reported as silence.
BODY_S: Final = 1.0

_Agreed = TypeVar("_Agreed", bound=Answer)
_Message = TypeVar("_Message", covariant=True)


class _Reader(Protocol[_Message]):
    """Reads one message, without I/O: an `Asking` or a `ServerHandshake`."""

    @property
    def has_head(self) -> bool:
        """True once only a body is still to come."""

    @property
    def seen_bytes(self) -> int:
        """How many bytes of the message came."""

    def receive(self, data: bytes) -> _Message | None:
        """Take bytes; return the message once it is complete."""

    def receive_eof(self) -> _Message | None:
        """Take the end of the stream; return the message that it ends."""


class Steps(ABC):
    """The steps of one opening: their bytes, their facts, and the time each took.

    Args:
        recorder: Takes the facts and the timed phases; its clock limits the reading of a body.
        plain: A buffer for plaintext, which may be shared; nothing stays in it between two calls.

    Attributes:
        stage: The running step; after a failure the one it belongs to.
        tls_connection: The TLS of the connection; None before it and without.
        eof: True once the peer's end was read.
        received_bytes: How many bytes came, from a proxy none.
        ending: The phase of the transport's end.
        unfinished: The reader of the message that is being read; None between messages.
    """

    def __init__(self, recorder: Recorder, plain: memoryview) -> None:
        self.recorder = recorder
        self.stage = Stage.RESOLVE
        self.tls_connection: ClientTlsConnection | ServerTlsConnection | None = None
        self.eof = False
        self.received_bytes = 0
        self.ending = Ending.LIVE
        self.unfinished: _Reader[object] | None = None
        self._plain = plain
        self._inbox = bytearray()
        self._address: str | None = None
        self._began_ms = 0.0
        self._running = False

    # --- implemented by a driver ------------------------------------------------------------------------------------

    @abstractmethod
    async def wait(self, limit_s: float | None = None) -> bool:
        """Wait until something was received; False if that took longer than `limit_s` seconds.

        Raises:
            OSError: The connection broke.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send plaintext."""

    @abstractmethod
    def flush(self) -> None:
        """Send the output of TLS."""

    # --- called by a driver -----------------------------------------------------------------------------------------

    def receive(self, data: memoryview | bytes) -> None:
        """Take bytes as they came from the socket."""
        self.received_bytes += len(data)
        if self.tls_connection is None:
            self._inbox += data
        else:
            self.tls_connection.feed(data)

    def receive_eof(self) -> None:
        """Take the peer's end of file."""
        self.eof = True
        if self.tls_connection is not None:
            self.tls_connection.eof()

    def take_inbox(self) -> bytes:
        """Return the bytes that came and were not read; none with TLS: its engine has them."""
        data, self._inbox = bytes(self._inbox), bytearray()
        return data

    def end(self, event: End) -> Action:
        """Take an event of the end; return the action for the driver. Reading decides about the rest: its end is none of these."""
        # The role matters once Closes pass.
        self.ending, action = ENDINGS[Role.CLIENT][self.ending].get(event, (self.ending, Action.NOTHING))
        return action

    def fail(self, error: BaseException) -> None:
        """Note the facts that only the end of a failed opening shows."""
        self._end_phase(ok=False)
        if self.stage is Stage.UPGRADE and isinstance(error, EngineFailed) and self._alert_received():
            # A TLS 1.3 client is done before the server has seen its certificate: RFC 8446 section 4.4.2.4 and the alerts
            # certificate_required and unknown_ca reach it with the first read. A server learns of its own as late.
            self.stage = Stage.TLS
        if self.stage is Stage.TLS and self.received_bytes:
            # Whether there was an answer at all tells a server that hangs from one that never saw our hello.
            self.recorder.note(TlsReceived, self.received_bytes)

    # --- the steps --------------------------------------------------------------------------------------------------

    def begin(self, stage: Stage, address: str | None = None) -> None:
        """Begin a step."""
        self._end_phase(ok=True)
        self.stage = stage
        self._address = address
        self._began_ms = self.recorder.elapsed_ms()
        self._running = True

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

    async def tunnel(self, handshake: TunnelHandshake) -> None:
        """Ask the proxy at the other end for a tunnel; afterwards the peer is the server.

        Raises:
            TunnelRefused: The proxy refused, or answered no HTTP.
            OSError: The connection broke.
        """
        opened = await self.exchange(handshake)
        self.received_bytes = len(opened.leftover)
        self._inbox[:0] = opened.leftover

    async def handshake(self, tls_connection: ClientTlsConnection | ServerTlsConnection) -> None:
        """Complete a TLS handshake; afterwards `read` and `write` carry its plaintext.

        Raises:
            EngineFailed: The engine, our verification or the peer refused. The alert is still to be sent.
            OSError: The connection broke.
        """
        self.tls_connection = tls_connection
        if self._inbox:
            tls_connection.feed(self.take_inbox())
        while True:
            status = tls_connection.handshake()
            self.flush()
            if status == DONE:
                return
            if self.eof:
                raise EngineFailed("the peer closed the connection during the handshake")
            await self.wait()

    async def exchange(self, asking: Asking[_Agreed], *, body_s: float = BODY_S) -> _Agreed:
        """Send a request and return the accepted result of its response; note both, the end and the facts of a refusal.

        Args:
            asking: The request.
            body_s: Seconds to wait for a body.

        Raises:
            Refused: The answer does not agree.
            ConnectionResetError: The stream ended before the answer.
            EngineFailed, OSError: The connection broke.
        """
        recorder = self.recorder
        self.write(asking.request_bytes())
        if asking.request is not None:
            recorder.note(answer.request, asking.request)
        try:
            agreed = await self.read_message(asking, eof_fact=asking.eof_fact, body_s=body_s)
        except Refused as refused:
            if refused.response is not None:
                recorder.note(answer.response, asking.answer_fact, refused.response)
            recorder.note(refused.facts.__iter__)
            raise
        recorder.note(answer.response, asking.answer_fact, agreed.response)
        return agreed

    async def read_message(
        self, reader: _Reader[_Message], *, eof_fact: type[HttpEof | ProxyEof] = HttpEof, body_s: float = BODY_S
    ) -> _Message:
        """Return one message, whole.

        Args:
            reader: Reads the message; its exceptions pass.
            eof_fact: Kind of the fact to note if the stream ends before the message does.
            body_s: Seconds to wait for a body.

        Raises:
            ConnectionResetError: The stream ended before the message.
            EngineFailed, OSError: The connection broke.
        """
        end_ms: float | None = None
        self.unfinished = reader
        try:
            while True:
                if end_ms is None and reader.has_head:
                    end_ms = self.recorder.elapsed_ms() + body_s * 1000
                data = await self.read(None if end_ms is None else (end_ms - self.recorder.elapsed_ms()) / 1000)
                message = reader.receive(data) if data else reader.receive_eof()
                if message is not None:
                    self.unfinished = None
                    return message
                if not data:
                    self.recorder.note(eof_fact, reader.seen_bytes)
                    raise ConnectionResetError("the peer closed the connection before its message was whole")
        except EngineFailed:
            if not self._alert_received():
                self.recorder.note(eof_fact, reader.seen_bytes)
            raise

    async def read(self, limit_s: float | None = None) -> bytes:
        """Return the next bytes of the peer, decrypted; b"" at their end, and if none come within `limit_s` seconds.

        Raises:
            EngineFailed: The peer sent an alert, or ended without a close_notify.
            OSError: The connection broke.
        """
        end_ms = None if limit_s is None else self.recorder.elapsed_ms() + limit_s * 1000
        while True:
            if self.tls_connection is not None:
                count = self.tls_connection.read_into(self._plain)
                self.flush()
                if count > 0:
                    return bytes(self._plain[:count])
                if count == CLOSED:
                    return b""
            elif self._inbox:
                return self.take_inbox()
            # Bytes that end no record, or only belong to TLS, leave less of the limit for the next ones.
            left_s = None if end_ms is None else (end_ms - self.recorder.elapsed_ms()) / 1000
            if self.eof or (left_s is not None and left_s < 0) or not await self.wait(left_s):
                return b""

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """DER of the certificates that came, the peer's own first, verified or not."""
        return () if self.tls_connection is None else self.tls_connection.peer_chain

    def _alert_received(self) -> bool:
        return any(alert.direction == "received" for alert in self.recorder.saw(AlertSeen))
