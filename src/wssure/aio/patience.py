"""Reading an HTTP answer: a refusal is told by its head, and nobody waits long for a body that does not end."""

from __future__ import annotations

import asyncio
from typing import Final

from wssure.aio.stream import Stream

__all__ = ["BODY_S", "read_answer"]

# A body only adds words to what the status says. Servers that announce no length and keep the connection open would
# otherwise use up the time of the whole opening, and a refusal would be told as silence.
BODY_S: Final = 1.0


async def read_answer(stream: Stream, *, has_head: bool, body_s: float = BODY_S) -> bytes:
    """Return the next bytes of an answer; b"" at the end of the stream, and where a body does not go on.

    Args:
        stream: Where it comes from.
        has_head: True once only a body is still to come.
        body_s: Seconds to wait for more of a body.

    Raises:
        EngineFailed: The peer sent an alert, or ended without a close_notify.
        OSError: The connection broke.
    """
    if not has_head:
        return await stream.read()
    try:
        async with asyncio.timeout(body_s) as limit:
            return await stream.read()
    except TimeoutError:
        if not limit.expired():
            raise
        return b""
