"""What `WebSocket.send` takes besides one whole message, and what it returns."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from wssure.protocol.state import State

__all__ = ["NOT_OPEN", "Data", "pieces_of", "send_pieces"]

Data = str | bytes | bytearray | memoryview


class _NotOpen:
    """Stands for the connection while a hook of `serve` holds a WebSocket that is not open yet."""

    state = State.CONNECTING
    close_rcvd = None
    close_sent = None
    rcvd_then_sent = None

    def send_message(self, data: object) -> None:
        """Refuse."""
        raise RuntimeError("the connection is not open yet: it is when the handler runs")


NOT_OPEN: Final = _NotOpen()


def pieces_of(message: Any) -> AsyncIterable[Data]:
    """Return the fragments to send.

    Raises:
        TypeError: It is neither an iterable nor an asynchronous one, or a mapping, whose keys nobody means.
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


async def send_pieces(
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
