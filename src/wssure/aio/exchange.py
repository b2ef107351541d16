"""Reading one message of HTTP on a stream: its facts are the same for clients, experiments and servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from wssure.aio import answer
from wssure.aio.stream import Stream
from wssure.evidence import Recorder
from wssure.facts import AlertSeen, HttpEof, ProxyEof
from wssure.protocol.exchange import Answer, Asking, Refused
from wssure.tls.contract import EngineFailed

__all__ = ["BODY_S", "alert_received", "collect", "exchange", "read_message"]

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


async def exchange(stream: Stream, asking: Asking[_Agreed], recorder: Recorder, *, body_s: float = BODY_S) -> _Agreed:
    """Send a request and return the accepted result of its response.

    Args:
        stream: Connected to the peer that is asked.
        asking: The request.
        recorder: Takes the request, and its answer or the end, and the facts of a refusal.
        body_s: Seconds to wait for a body.

    Raises:
        Refused: The answer does not agree.
        ConnectionResetError: The stream ended before the answer.
        EngineFailed, OSError: The connection broke.
    """
    stream.write(asking.request_bytes())
    if asking.request is not None:
        recorder.note(answer.request, asking.request)
    try:
        agreed = await read_message(stream, asking, recorder, eof_fact=asking.eof_fact, body_s=body_s)
    except Refused as refused:
        if refused.response is not None:
            recorder.note(answer.response, asking.answer_fact, refused.response)
        recorder.note(refused.facts.__iter__)
        raise
    recorder.note(answer.response, asking.answer_fact, agreed.response)
    return agreed


async def read_message(
    stream: Stream,
    reader: _Reader[_Message],
    recorder: Recorder,
    *,
    eof_fact: type[HttpEof | ProxyEof] = HttpEof,
    body_s: float = BODY_S,
) -> _Message:
    """Return one message, whole.

    Args:
        stream: The stream to read from.
        reader: Reads the message; its exceptions pass.
        recorder: Takes a fact if the stream ends before the message does.
        eof_fact: Its kind.
        body_s: Seconds to wait for a body.

    Raises:
        ConnectionResetError: The stream ended before the message.
        EngineFailed, OSError: The connection broke.
    """
    end: float | None = None
    try:
        while True:
            if end is None and reader.has_head:
                end = asyncio.get_running_loop().time() + body_s
            data = await _next(stream, end)
            message = reader.receive(data) if data else reader.receive_eof()
            if message is not None:
                return message
            if not data:
                recorder.note(eof_fact, reader.seen_bytes)
                raise ConnectionResetError("the peer closed the connection before its message was whole")
    except EngineFailed:
        if not alert_received(recorder):
            recorder.note(eof_fact, reader.seen_bytes)
        raise


async def _next(stream: Stream, end: float | None) -> bytes:
    """Return the next bytes; b"" at the end of the stream, and if a body goes on beyond the time `end` of the loop."""
    if end is None:
        return await stream.read()
    try:
        async with asyncio.timeout_at(end) as limit:
            return await stream.read()
    except TimeoutError:
        if not limit.expired():
            raise
        return b""


def alert_received(recorder: Recorder) -> bool:
    """Return True if the peer sent an alert."""
    return any(alert.direction == "received" for alert in recorder.saw(AlertSeen))


async def collect(
    stream: Stream,
    most_bytes: int,
    limit_s: float | None,
    *,
    ended_by: Callable[[bytes], str] | None = None,
) -> tuple[bytes, str]:
    """Return the bytes that a peer sends, and how they ended: `eof`, `reset`, `timeout`, `limit`, or as `ended_by` says.

    Args:
        stream: The stream to read from.
        most_bytes: No more are returned.
        limit_s: Seconds for all of them; without `ended_by`, for each piece. None is no limit.
        ended_by: Called with each piece; a result that is not empty ends the reading.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(limit_s) as limit:
            while len(data) < most_bytes:
                piece = await stream.read()
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
