"""The messages that came and were not taken: their limits, and the state of a message that is read in parts."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any, Final

from wssure.errors import ConcurrencyError, concurrency_error
from wssure.protocol.event import Fragment

__all__ = ["LOOK_AHEAD_BYTES", "MessageQueue"]

# How far reading goes on behind a full queue, so that Pings are answered, and Pongs and a Close seen.
LOOK_AHEAD_BYTES: Final = 65536
# About the memory that a message takes besides its bytes.
MESSAGE_BYTES: Final = 64
_NO_LIMIT: Final = 1 << 62


class MessageQueue:
    """Queue messages for one reader, in order.

    A message is either taken whole (`whole` collects its fragments) or in parts (`part`). What a cancelled reader had
    collected stays here, and is given to the next one, whole or in parts; a message that was begun in parts can only be
    read to its end in parts.

    Args:
        high: How many messages that nobody has taken stop the reading; it goes on at a quarter of them. None never does.

    Attributes:
        ended: True once no further message will come.
        in_parts: True while a message is being read in parts.
        ahead: How many bytes were read since the queue was full.
        pieces: Fragments that a reader took of a message that is not complete.
    """

    def __init__(self, high: int | None) -> None:
        self.messages: deque[Any] = deque()
        self.high = _NO_LIMIT if high is None else high
        self.low = self.high // 4
        self.keep = _NO_LIMIT
        self.ended = False
        self.in_parts = False
        self.ahead = 0
        self.pieces: list[Any] = []

    def full(self) -> bool:
        """Tell whether the reading should stop, but for control frames."""
        return len(self.messages) >= self.high

    def unread_bytes(self) -> int:
        """Return about how much memory the messages behind a full queue hold, inflated."""
        behind = islice(self.messages, self.high, None)
        return sum(MESSAGE_BYTES + len(message.data if type(message) is Fragment else message) for message in behind)

    def keep_no_more(self) -> None:
        """Keep no more messages than the limit allows: the application has closed the connection."""
        self.keep = max(self.high, len(self.messages))

    def whole(self, fragment: Fragment) -> str | bytes | None:
        """Add a fragment that was taken from the queue; return the message once it is complete.

        Raises:
            ConcurrencyError: The message was begun in parts.
        """
        if self.in_parts:
            self.messages.appendleft(fragment)
            raise self.begun_in_parts()
        pieces = self.pieces
        pieces.append(fragment.data)
        if not fragment.fin:
            return None
        self.pieces = []
        return "".join(pieces) if fragment.text else b"".join(pieces)

    def collected(self) -> str | bytes | None:
        """Take a part that an earlier reader had collected; None if there is none."""
        if not self.pieces:
            return None
        self.in_parts = True
        piece: str | bytes = self.pieces.pop(0)
        return piece

    def part(self, message: Any) -> tuple[str | bytes, bool]:
        """Return a message or fragment that was taken from the queue as a part, and whether it is the last."""
        if type(message) is not Fragment:
            return message, True
        self.in_parts = not message.fin
        return message.data, message.fin

    def begun_in_parts(self) -> ConcurrencyError:
        """Return the error of a reader that wants a whole message, but only the rest of one is there."""
        return concurrency_error(
            "recv",
            "recv_streaming has not read its message to the end",
            "read the rest first: async for _ in ws.recv_streaming(): pass",
        )
