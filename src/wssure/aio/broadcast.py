"""One message to many connections, without waiting for any of them."""

from collections.abc import Iterable

from wssure.aio.websocket import WebSocket


def broadcast(connections: Iterable[WebSocket], message: str | bytes) -> None:
    """Send a message to every connection that is open.

    Connections that are closing, or in the middle of a fragmented message, are left out. Nothing waits for slow peers: up
    to `broadcast_limit` unsent bytes are kept for each. A connection with more is closed with 1008.

    Args:
        connections: The receivers; any iterable.
        message: str goes as text, bytes-like as binary.

    Raises:
        TypeError: The message is neither.
        ValueError: It is text with half a surrogate pair.
        ConcurrencyError: A connection belongs to the event loop of another thread.
    """
    if not isinstance(message, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"broadcast got {type(message).__name__}, expected str or bytes")
    data = message if isinstance(message, (str, bytes)) else bytes(message)
    if isinstance(data, str):
        data.encode()  # refused here for all, or for none
    for websocket in connections:
        websocket._broadcast(data)
