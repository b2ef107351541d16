"""Keepalive that tells a silent peer from a blocked loop of our own. Timers only: an idle connection needs no task.

A ping that got no pong in time proves nothing while our own loop stood still: the pong may lie unread in the kernel. So a
timer that fires late is no verdict. What has arrived is read first, and the peer gets its time again; only if the loop is
late every time does the connection end, and then the reason says that it was us.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wssure.facts import KeepaliveFailed

if TYPE_CHECKING:
    from wssure.aio.websocket import WebSocket

__all__ = ["Keepalive"]

# A timer later than this share of the ping time-out says the loop was blocked.
_LATE_SHARE: Final = 0.25
# How often in a row a blocked loop is excused.
_EXCUSES: Final = 3


class Keepalive:
    """The keepalive of one connection.

    Args:
        websocket: Whose.
        interval_s: Between pings.
        timeout_s: How long a pong may take; None waits for ever.
    """

    __slots__ = ("_due", "_excuses", "_pinged_at", "_timer", "_websocket", "blocked_s", "interval_s", "timeout_s")

    def __init__(self, websocket: WebSocket, interval_s: float, timeout_s: float | None) -> None:
        self._websocket = websocket
        self.interval_s = interval_s
        self.timeout_s = timeout_s
        self.blocked_s = 0.0
        self._excuses = 0
        self._pinged_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._wait(interval_s, first=True)

    def stop(self) -> None:
        """End it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float, *, first: bool) -> None:
        loop = self._websocket.loop
        self._due = loop.time() + seconds
        self._timer = loop.call_at(self._due, self._ping if first else self._judge)

    def _late_s(self) -> float:
        """Return by how much the timer was late, and keep the worst seen."""
        late = self._websocket.loop.time() - self._due
        self.blocked_s = max(self.blocked_s, late)
        return late

    def _ping(self) -> None:
        self._late_s()
        self._pinged_at = self._websocket.loop.time()
        self._websocket.send_keepalive()
        if self.timeout_s is None:
            self._wait(self.interval_s, first=True)
        else:
            self._wait(self.timeout_s, first=False)

    def answered(self) -> None:
        """A pong came: the next ping follows an interval after the last one."""
        if self._timer is not None and self._pinged_at is not None:
            self._timer.cancel()
            self._excuses = 0
            passed = self._websocket.loop.time() - self._pinged_at
            self._pinged_at = None
            self._wait(max(0.0, self.interval_s - passed), first=True)

    def _judge(self) -> None:
        """The time for the pong is over."""
        assert self.timeout_s is not None
        late = self._late_s()
        websocket = self._websocket
        websocket.read_now()
        if websocket.ended or self._pinged_at is None:
            return  # the pong was there: nobody had read it yet
        blocked = late > self.timeout_s * _LATE_SHARE
        # While the application takes no messages we do not read: that the pong is not seen is not the peer's doing.
        if websocket.reading_paused or (blocked and self._excuses < _EXCUSES):
            self._excuses += blocked
            self._wait(self.timeout_s, first=False)
            return
        websocket.keepalive_failed("loop-blocked" if blocked else "peer-silent", self)

    def fact(self, verdict: str) -> KeepaliveFailed:
        """Return what is seen of a ping that was not answered."""
        return KeepaliveFailed(verdict, self.interval_s, self.timeout_s, round(self.blocked_s, 3))
