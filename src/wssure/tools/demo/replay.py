"""Replay the recorded bytes of another client to a server, and keep the answer."""

from wssure.aio.dial import dial
from wssure.aio.opening import Opening, collect
from wssure.aio.resolve import resolve
from wssure.frozen import frozen


@frozen
class Reply:
    """A server's answer to replayed bytes.

    Args:
        data: The bytes that came, `limit` at most.
        ended: `eof`, `reset`, `timeout` (it kept the connection and said no more) or `limit`.
    """

    data: bytes
    ended: str


async def replay(data: bytes, address: str, port: int, *, quiet_s: float = 1.0, limit: int = 65536) -> Reply:
    """Send bytes to a TCP port and read the answer.

    Args:
        data: The bytes to send, such as a recorded ClientHello.
        address: An IP address or name.
        port: The TCP port.
        quiet_s: How long to wait for more before the answer counts as complete.
        limit: The most bytes to keep.

    Returns:
        The answer and how it ended.

    Raises:
        OSError: There was no TCP connection.
    """
    opening = Opening(None)
    opening.take(await dial(await resolve(address, port, opening.recorder), opening.recorder))
    try:
        opening.write(data)
        return Reply(*await collect(opening, limit, quiet_s))
    finally:
        opening.abort()
