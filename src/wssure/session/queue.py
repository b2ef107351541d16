"""The messages that came and were not taken: their limits, and the state of a message that is read in parts."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

from wssure.errors import ConcurrencyError, concurrency_error
from wssure.protocol.event import Fragment

# How far reading goes on behind a full queue, so that Pings are answered, and Pongs and a Close seen.
LOOK_AHEAD_BYTES: Final = 65536
# About the memory that a message takes besides its bytes.
MESSAGE_BYTES: Final = 64
_NO_LIMIT: Final = 1 << 62
_NOTHING_NEW: Final = -1


class MessageQueue:
    """Queue messages for one reader, in order.

    A message is either taken whole (`whole` collects its fragments) or in parts (`part`). What a cancelled reader had
    collected stays here, and is given to the next one, whole or in parts; a message that was begun in parts can only be
    read to its end in parts.

    Args:
        high: Number of unread messages that stops the reading; it goes on at a quarter of them. None for no limit.

    Attributes:
        ended: True once no further message will come.
        in_parts: True while a message is being read in parts.
        ahead: How many bytes were read since the queue was full.
        pieces: Fragments that a reader took of a message that is not complete.
    """

    def __init__(self, high: int | None) -> None:
        self.messages: deque[str | bytes | Fragment] = deque()
        self.high = _NO_LIMIT if high is None else high
        self.low = self.high // 4
        self.keep = _NO_LIMIT
        self.ended = False
        self.in_parts = False
        self.ahead = 0
        self.pieces: list[str | bytes] = []

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

    def drop(self, before: int) -> None:
        """Drop the messages above `keep`, and from then on every new one: a message is never given without its middle.

        Args:
            before: How many messages were there before the new ones.
        """
        limit = before if self.keep == _NOTHING_NEW else self.keep
        while len(self.messages) > limit:
            self.messages.pop()
        self.keep = _NOTHING_NEW

    def take(self) -> str | bytes | None:
        """Take the oldest message, whole; None if there is none yet.

        Raises:
            ConcurrencyError: The message was begun in parts.
        """
        while self.messages:
            message = self.messages.popleft()
            if type(message) is not Fragment:
                return message
            whole = self._whole(message)
            if whole is not None:
                return whole
        return None

    def _whole(self, fragment: Fragment) -> str | bytes | None:
        """Add a fragment to the message; return it once it is complete."""
        if self.in_parts:
            self.messages.appendleft(fragment)
            raise self.begun_in_parts()
        pieces = self.pieces
        pieces.append(fragment.data)
        if not fragment.fin:
            return None
        self.pieces = []
        return "".join(pieces) if fragment.text else b"".join(pieces)  # type: ignore[arg-type]

    def part(self) -> tuple[str | bytes, bool] | None:
        """Take the next part of a message, and whether it is the last; None if there is none yet."""
        if self.pieces:
            self.in_parts = True
            return self.pieces.pop(0), False
        if not self.messages:
            return None
        message = self.messages.popleft()
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
