"""The openings of a server in progress, and the one that gives way if a client waits while every place is taken.

Theory of operation. A place costs the server a socket, a task and up to 64 KiB of input, and costs a client nothing. So a
place belongs to the client that uses it. The order in which openings give way, the oldest of each group first:

1. ended: the opening failed, and its socket only lingers until the client has read the alert or the answer;
2. silent, beyond the share of its address: no byte came, and none waits in the kernel;
3. stalled, beyond the share of its address: bytes came, but for a while none of them completed a step;
4. silent, within the share;
5. stalled, within the share.

The steps are: first byte, whole ClientHello, finished TLS handshake, whole request. Bytes alone are no progress, so a
client that trickles them stalls. After the whole request the server's own hooks run, and the opening never gives way. While
no opening can give way, clients wait in the kernel's backlog, in order.

Honest clients are silent, too, if they are many on one busy machine: 1000 connections that one program opens at a time are
accepted within milliseconds, and their first bytes take a second to come. So an opening counts as silent after half of the
time that makes a stall, or after a quarter of it if no opening of its address completed a step in that quarter.

Nothing here runs for an opening that has a place, except one insertion and one removal: whether a queued opening went on
is checked when its turn comes. Stalls are looked for only while a client waits for a place.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wssure.aio.incoming import Incoming
    from wssure.aio.resolve import SocketAddress

# Reasons to give way; all but the first are labels of a counter.
ENDED: Final = "ended"
SILENT: Final = "silent"
STALLED: Final = "stalled"
# The progress of an opening with a complete request.
ASKED: Final = 4
# An address of IPv4 that came through a socket of IPv6 (RFC 4291 section 2.5.5.2).
_MAPPED: Final = bytes(10) + b"\xff\xff"


_Queue = OrderedDict["Incoming", tuple[int, float]]
# How often stalls are looked for within the time that makes one.
_LOOKS: Final = 4


class _Address:
    """The openings of one address, and when one of them was last seen to have completed a step."""

    __slots__ = ("openings", "stepped")

    def __init__(self) -> None:
        self.openings = 0
        self.stepped = 0.0


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
        # Each within the share of its address, and beyond it. All values: the progress, and since when it is the same.
        self._silent: tuple[_Queue, _Queue] = (OrderedDict(), OrderedDict())
        self._stalled: tuple[_Queue, _Queue] = (OrderedDict(), OrderedDict())
        # Openings that went on when they were looked at.
        self._moving: _Queue = OrderedDict()
        self._order = (
            (ENDED, self._ended),
            (SILENT, self._silent[True]),
            (STALLED, self._stalled[True]),
            (SILENT, self._silent[False]),
            (STALLED, self._stalled[False]),
        )
        self._queues: dict[Incoming, _Queue] = {}
        self._addresses: dict[bytes, _Address] = {}
        self._first_byte_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._queues)

    def __iter__(self) -> Iterator[Incoming]:
        return iter(list(self._queues))

    def add(self, opening: Incoming) -> None:
        """Add the opening of a client that was just accepted."""
        key = opening.address_key
        address = self._addresses.get(key)
        if address is None:
            address = self._addresses[key] = _Address()
        address.openings += 1
        opening.beyond_share = bool(key) and self._share is not None and address.openings > self._share
        queue = self._queues[opening] = self._silent[opening.beyond_share]
        queue[opening] = 0, self._loop.time()
        if self._first_byte_s is not None and self._first_byte_timer is None:
            self._first_byte_timer = self._loop.call_later(self._first_byte_s, self._expire_silent)

    def discard(self, opening: Incoming) -> None:
        """Forget an opening; does nothing for one that gave way before."""
        queue = self._queues.pop(opening, None)
        if queue is None:
            return
        del queue[opening]
        address = self._addresses[opening.address_key]
        address.openings -= 1
        if not address.openings:
            del self._addresses[opening.address_key]

    def end(self, opening: Incoming) -> None:
        """Take note that an opening failed: it only lingers."""
        if opening in self._queues:
            self._put(opening, self._ended, self._loop.time())

    def weakest(self) -> tuple[str, Incoming] | None:
        """Return the opening that gives way next, with the reason; None if every opening goes on."""
        now = self._loop.time()
        for reason, queue in self._order:
            while queue:
                opening, (progress, since) = next(iter(queue.items()))
                if reason == SILENT and not self._silent_for_long(opening, since, now):
                    break  # the others of this queue are younger
                if reason == ENDED or (opening.progress == progress and not opening.has_unread()):
                    return reason, opening
                self._go_on(opening, now)
        if self._queues and self._stall_timer is None and self._stall_s is not None:
            self._stall_timer = self._loop.call_later(self._stall_s / _LOOKS, self._look_for_stalls)
        return None

    def _silent_for_long(self, opening: Incoming, since: float, now: float) -> bool:
        if self._stall_s is None:
            return False
        stepped = self._addresses[opening.address_key].stepped
        return now - since >= self._stall_s / 2 or now - max(since, stepped) >= self._stall_s / _LOOKS

    def _go_on(self, opening: Incoming, now: float) -> None:
        """Take note that an opening completed a step, and that its address does so."""
        self._put(opening, self._moving, now)
        self._addresses[opening.address_key].stepped = now

    def _put(self, opening: Incoming, queue: _Queue, now: float) -> None:
        del self._queues[opening][opening]
        self._queues[opening] = queue
        queue[opening] = opening.progress, now

    def _look_for_stalls(self) -> None:
        """Find the openings that made progress, and those that made none for too long."""
        self._stall_timer = None
        now = self._loop.time()
        for opening, queue in list(self._queues.items()):
            progress, since = queue[opening]
            if queue is self._ended:
                continue
            if opening.progress != progress:
                self._go_on(opening, now)
            elif (
                queue is self._moving
                and progress < ASKED
                and self._stall_s is not None
                and since + self._stall_s <= now
            ):
                self._put(opening, self._stalled[opening.beyond_share], now)
        self._found_stalled()

    def _expire_silent(self) -> None:
        """Fail the openings that sent no byte in time."""
        self._first_byte_timer = None
        limit_s = self._first_byte_s
        assert limit_s is not None
        ends = []
        now = self._loop.time()
        for queue in self._silent:
            while queue:
                opening, (_, since) = next(iter(queue.items()))
                if opening.progress:
                    self._go_on(opening, now)
                elif since + limit_s > now:
                    ends.append(since + limit_s)
                    break
                elif opening.has_unread():
                    self._go_on(opening, now)  # it is the server that is behind
                else:
                    # It fails within a turn of the loop, and is counted then: until that it cannot give way.
                    self._put(opening, self._moving, now)
                    opening.expire(limit_s)
        if ends:
            self._first_byte_timer = self._loop.call_at(min(ends), self._expire_silent)

    def close(self) -> None:
        """Stop the timers for good."""
        self._first_byte_s = self._stall_s = None
        for timer in (self._first_byte_timer, self._stall_timer):
            if timer is not None:
                timer.cancel()


def address_key(family: int, address: SocketAddress) -> bytes:
    """Return the key of a client: its IPv4 address, or its /64 of IPv6, the least of one customer (RFC 6177 section 2).

    Args:
        family: Of the accepted socket.
        address: As `accept` returned it.

    Returns:
        b"" for a family without IP addresses, such as a Unix socket.
    """
    if not isinstance(address, tuple) or family not in (socket.AF_INET, socket.AF_INET6):
        return b""
    if family == socket.AF_INET:
        return socket.inet_pton(socket.AF_INET, address[0])
    packed = socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])
    return packed[12:] if packed.startswith(_MAPPED) else packed[:8]
