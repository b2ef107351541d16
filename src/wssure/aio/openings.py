"""The openings of a server in progress, and the one that gives way if a client waits while every place is taken.

Theory of operation. A place costs the server a socket, a task and up to 64 KiB of input, and costs a client nothing. So a
place belongs to the client that uses it. The order in which openings give way, the oldest of each group first:

1. ended: the opening failed, and its socket only lingers until the client has read the alert or the answer;
2. silent, beyond the share of its address: no byte came, and none waits in the kernel;
3. stalled, beyond the share of its address: bytes came, but for a while none of them completed a step;
4. silent, within the share;
5. stalled, within the share.

The steps are: first byte, whole ClientHello, finished TLS handshake, whole request. Bytes alone are no progress, so a
client that trickles them stalls. An honest client is hardly ever silent: its first bytes follow the last packet of the TCP
handshake. After the whole request the server's own hooks run, and the opening never gives way. While no opening can give
way, clients wait in the kernel's backlog, in order.

Nothing here runs for an opening that has a place, except one insertion and one removal: whether a queued opening went on
is checked when its turn comes. Stalls are looked for only while a client waits for a place.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Protocol

__all__ = ["ASKED", "ENDED", "SILENT", "STALLED", "Opening", "Openings", "address_key"]

# Reasons to give way; the labels of a counter.
ENDED: Final = "ended"
SILENT: Final = "silent"
STALLED: Final = "stalled"
# The progress of an opening whose request is whole.
ASKED: Final = 4
# An address of IPv4 that came through a socket of IPv6 (RFC 4291 section 2.5.5.2).
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Opening(Protocol):
    """A connection that is being opened.

    Attributes:
        address_key: The address whose share it uses; None for a client without one.
        beyond_share: True if its address already held its share; set when the opening is added.
    """

    address_key: bytes | None
    beyond_share: bool

    @property
    def progress(self) -> int:
        """The number of steps completed: 0 before the first byte, `ASKED` once the request is whole."""

    def has_unread(self) -> bool:
        """Return True if bytes of the client wait in the kernel."""

    def expire(self, limit_s: float) -> None:
        """Fail the opening because its first byte did not come within `limit_s` seconds."""


_Queue = OrderedDict[Any, Any]


class Openings:
    """The openings that hold a place.

    Args:
        share: The number of openings after which further ones of the same address give way first; None treats all alike.
        first_byte_s: Seconds in which the first byte has to come; None is no limit.
        stall_s: Seconds without a completed step after which an opening can give way; None never lets it.
        found_stalled: Called if openings may have become able to give way.
    """

    def __init__(
        self,
        *,
        share: int | None,
        first_byte_s: float | None,
        stall_s: float | None,
        found_stalled: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._share = share
        self._first_byte_s = first_byte_s
        self._stall_s = stall_s
        self._found_stalled = found_stalled
        self._ended: _Queue = OrderedDict()
        # Within the share of their address, and beyond it. The values: time of accepting, and progress when seen.
        self._silent: tuple[_Queue, _Queue] = (OrderedDict(), OrderedDict())
        self._stalled: tuple[_Queue, _Queue] = (OrderedDict(), OrderedDict())
        # Openings that went on, with the progress seen at the last look for stalls (None before the first look).
        self._moving: _Queue = OrderedDict()
        self._order = (
            (ENDED, self._ended),
            (SILENT, self._silent[True]),
            (STALLED, self._stalled[True]),
            (SILENT, self._silent[False]),
            (STALLED, self._stalled[False]),
        )
        self._queues: dict[Any, _Queue] = {}
        self._by_address: dict[bytes, int] = {}
        self._first_byte_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._queues)

    def add(self, opening: Opening) -> None:
        """Take an opening whose client was just accepted."""
        key = opening.address_key
        if key is not None:
            count = self._by_address[key] = self._by_address.get(key, 0) + 1
            opening.beyond_share = self._share is not None and count > self._share
        queue = self._queues[opening] = self._silent[opening.beyond_share]
        queue[opening] = self._loop.time()
        if self._first_byte_s is not None and self._first_byte_timer is None:
            self._first_byte_timer = self._loop.call_later(self._first_byte_s, self._expire_silent)

    def discard(self, opening: Opening) -> None:
        """Forget an opening; does nothing for one that gave way before."""
        queue = self._queues.pop(opening, None)
        if queue is None:
            return
        del queue[opening]
        key = opening.address_key
        if key is not None:
            self._by_address[key] -= 1
            if not self._by_address[key]:
                del self._by_address[key]

    def end(self, opening: Opening) -> None:
        """Take note that an opening failed: it only lingers."""
        if opening in self._queues:
            self._put(opening, self._ended, None)

    def weakest(self) -> tuple[str, Any] | None:
        """Return the opening that gives way next, with the reason; None if every opening goes on."""
        for reason, queue in self._order:
            while queue:
                opening = next(iter(queue))
                seen = queue[opening] if reason == STALLED else 0
                if reason == ENDED or (opening.progress == seen and not opening.has_unread()):
                    return reason, opening
                self._put(opening, self._moving, None)
        if self._stall_timer is None and self._stall_s is not None:
            self._stall_timer = self._loop.call_later(self._stall_s, self._look_for_stalls)
        return None

    def _put(self, opening: Opening, queue: _Queue, value: object) -> None:
        del self._queues[opening][opening]
        self._queues[opening] = queue
        queue[opening] = value

    def _look_for_stalls(self) -> None:
        """Find the openings whose progress is the same as at the last look."""
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        for opening, seen in list(self._moving.items()):
            progress = opening.progress
            if progress == seen and progress < ASKED:
                self._put(opening, self._stalled[opening.beyond_share], progress)
            else:
                self._moving[opening] = progress
        self._found_stalled()

    def _expire_silent(self) -> None:
        """Fail the openings whose first byte did not come in time."""
        self._first_byte_timer = None
        limit_s = self._first_byte_s
        assert limit_s is not None
        ends = []
        for queue in self._silent:
            while queue:
                opening, since = next(iter(queue.items()))
                if opening.progress:
                    self._put(opening, self._moving, None)
                elif since + limit_s > self._loop.time():
                    ends.append(since + limit_s)
                    break
                else:
                    self._put(opening, self._ended, None)
                    opening.expire(limit_s)
        if ends:
            self._first_byte_timer = self._loop.call_at(min(ends), self._expire_silent)

    def close(self) -> None:
        """Stop the timers for good."""
        self._first_byte_s = self._stall_s = None
        for timer in (self._first_byte_timer, self._stall_timer):
            if timer is not None:
                timer.cancel()


def address_key(family: int, address: Any) -> bytes | None:
    """Return what counts as one address: an IPv4 address, or the /64 that one customer has of IPv6 (RFC 6177 section 2).

    Args:
        family: Of the accepted socket.
        address: As `accept` returned it.

    Returns:
        None for a family without addresses, such as a Unix socket.
    """
    if family == socket.AF_INET:
        return socket.inet_pton(socket.AF_INET, address[0])
    if family != socket.AF_INET6:
        return None
    packed = socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])
    return packed[12:] if packed.startswith(_MAPPED) else packed[:8]
