"""Send recorded bytes to a server and keep what comes back: somebody else's client, played again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

__all__ = ["Reply", "replay"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to replayed bytes.

    Args:
        data: The bytes that came, `limit` at most.
        ended: `eof`, `reset`, `timeout` (it kept the connection and said no more) or `limit`.
    """

    data: bytes
    ended: str


async def replay(data: bytes, address: str, port: int, *, quiet_s: float = 1.0, limit: int = 65536) -> Reply:
    """Send bytes to a TCP port and read the answer.

    Args:
        data: What to send, such as a recorded ClientHello.
        address: An IP address or name.
        port: The TCP port.
        quiet_s: How long to wait for more before the answer counts as complete.
        limit: The most bytes to keep.

    Returns:
        The answer and how it ended.

    Raises:
        OSError: There was no TCP connection.
    """
    reader, writer = await asyncio.open_connection(address, port)
    answer = bytearray()
    ended = "limit"
    try:
        writer.write(data)
        while len(answer) < limit:
            chunk = await asyncio.wait_for(reader.read(limit - len(answer)), quiet_s)
            if not chunk:
                ended = "eof"
                break
            answer += chunk
    except TimeoutError:
        ended = "timeout"
    except ConnectionError:
        ended = "reset"
    finally:
        writer.transport.abort()
    return Reply(bytes(answer), ended)
