"""What a stream tells its owner."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Listener"]


class Listener(Protocol):
    """Who is told what happens on an open stream besides messages."""

    def on_event(self, event: Any) -> None:
        """Take a Ping, Pong, CloseReceived or Violation."""

    def on_lost(self, error: BaseException | None) -> None:
        """Take the end of what the peer sends: None at its end of file, else what broke. Called once."""
