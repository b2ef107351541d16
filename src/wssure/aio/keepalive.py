"""Keepalive that tells a silent peer from a blocked loop, a slow link and an application that does not read.

A ping without a pong in time proves nothing while our own loop was blocked: the pong may lie unread in the kernel. So a
timer that fires late is no verdict. What has arrived is read first, and the peer gets its time again; only if the loop is
late every time does the connection end, and then the reason says that it was us.

The time in which the peer takes our bytes is not silence: the ping stands behind them. The same holds for the time in
which it sends a long frame: a pong cannot stand within it. While the application takes no messages and reading is paused,
a pong cannot be seen; if it takes none for several time-outs in a row, the connection ends, and the reason says so.

Timers only: an idle connection needs no task.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from wssure.aio.driver import Driver
from wssure.aio.pings import Pings, payload_of
from wssure.facts import KeepaliveFailed

# A timer later than this share of the ping time-out says the loop was blocked.
LATE_SHARE: Final = 0.25
# How many time-outs in a row a blocked loop, or an application that does not read, is excused.
_EXCUSES: Final = 3


def _signs_of_life(driver: Driver) -> tuple[int, ...]:
    """Return counts that change while the peer lives although no pong can be seen.

    The peer takes bytes that stand before a ping; it sends a frame that a pong cannot interrupt; or the application takes
    messages that a pong stands behind.
    """
    stream = driver.stream
    hidden = driver.paused or not driver.connection.reader.between_frames
    return stream.progress, stream.received_bytes if hidden else 0, len(driver.queue.messages) if driver.paused else 0


class Keepalive:
    """The keepalive of one connection.

    Args:
        driver: The connection.
        pings: Sends its pings.
        interval_s: Seconds between pings.
        timeout_s: Seconds a pong may take; None waits for ever.
        failed: Takes the fact with the verdict.
    """

    __slots__ = (
        "_driver",
        "_due",
        "_excuses",
        "_failed",
        "_loop",
        "_pinged_at",
        "_pings",
        "_seen",
        "_timer",
        "blocked_s",
        "interval_s",
        "timeout_s",
    )

    def __init__(
        self,
        driver: Driver,
        pings: Pings,
        interval_s: float,
        timeout_s: float | None,
        failed: Callable[[KeepaliveFailed], None],
    ) -> None:
        self._driver = driver
        self._loop = driver.stream.loop
        self._pings = pings
        self._failed = failed
        self.interval_s = interval_s
        self.timeout_s = timeout_s
        self.blocked_s = 0.0
        self._excuses = 0
        self._pinged_at: float | None = None
        self._seen: tuple[int, ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._wait(interval_s, first=True)

    def stop(self) -> None:
        """End it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float, *, first: bool) -> None:
        loop = self._loop
        self._due = loop.time() + seconds
        self._timer = loop.call_at(self._due, self._begin if first else self._check)

    def _late_s(self) -> float:
        """Return by how much the timer was late, and keep the worst seen."""
        late = self._loop.time() - self._due
        self.blocked_s = max(self.blocked_s, late)
        return late

    def _begin(self) -> None:
        self._late_s()
        self._pinged_at = self._loop.time()
        self._seen = _signs_of_life(self._driver)
        self._excuses = 0
        if self._driver.speaks():
            self._pings.send(payload_of(None))
        if self.timeout_s is None:
            self._wait(self.interval_s, first=True)
        else:
            self._wait(self.timeout_s, first=False)

    def on_pong(self) -> None:
        """A pong came: the next ping follows an interval after the last one."""
        if self._timer is not None and self._pinged_at is not None:
            self._timer.cancel()
            passed = self._loop.time() - self._pinged_at
            self._pinged_at = None
            self._wait(max(0.0, self.interval_s - passed), first=True)

    def _check(self) -> None:
        """The time for the pong is over."""
        assert self.timeout_s is not None
        late = self._late_s()
        driver = self._driver
        driver.read_now()
        if driver.queue.ended or self._pinged_at is None:
            return  # the pong was there, unread
        seen, self._seen = self._seen, _signs_of_life(driver)
        if seen != self._seen:
            self._excuses = 0
            self._wait(self.timeout_s, first=False)
            return
        blocked = late > self.timeout_s * LATE_SHARE
        if (blocked or driver.paused) and self._excuses < _EXCUSES:
            self._excuses += 1
            self._wait(self.timeout_s, first=False)
            return
        verdict = "loop-blocked" if blocked else "messages-unread" if driver.paused else "peer-silent"
        self._failed(KeepaliveFailed(verdict, self.interval_s, self.timeout_s, round(self.blocked_s, 3)))
