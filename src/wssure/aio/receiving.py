"""What a WebSocket gives of what it got: messages in the form asked for, and the addresses of its socket."""

from __future__ import annotations

from typing import Any

__all__ = ["addresses_of", "decoded"]


def decoded(message: str | bytes, decode: bool) -> str | bytes:
    """Return a message as str (True) or as bytes (False), whichever it came as."""
    if decode:
        return message if isinstance(message, str) else message.decode()
    return message.encode() if isinstance(message, str) else message


def addresses_of(sock: Any) -> tuple[Any, Any]:
    """Return our and the peer's address, as the socket module gives them; None twice where the peer has gone."""
    try:
        return sock.getsockname(), sock.getpeername()
    except OSError:
        return None, None
