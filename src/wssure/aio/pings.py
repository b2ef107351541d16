"""Pings that wait for their pong."""

import asyncio
import os
import time
from collections import OrderedDict
from typing import Final

from wssure.aio.driver import Driver

# RFC 6455 section 5.5: "All control frames MUST have a payload length of 125 bytes or less".
_MOST_BYTES: Final = 125


def payload_of(data: str | bytes | None) -> bytes:
    """Return a ping's payload; four random bytes for None."""
    if data is None:
        return os.urandom(4)
    return bytes_of(data)


def bytes_of(data: object) -> bytes:
    """Return the payload of a control frame.

    Raises:
        TypeError: It is neither text nor bytes.
        ValueError: It is too long, or text with half a surrogate pair.
    """
    if isinstance(data, str):
        payload = data.encode()
    elif isinstance(data, (bytes, bytearray, memoryview)):
        payload = bytes(data)
    else:
        raise TypeError(f"control payload got {type(data).__name__}, expected str or bytes")
    if len(payload) > _MOST_BYTES:
        raise ValueError(f"control payload got {len(payload)} bytes, expected at most {_MOST_BYTES}")
    return payload


def _forget(future: asyncio.Future[float]) -> None:
    """Mark a failure as seen: awaiting a pong is optional."""
    if not future.cancelled():
        future.exception()


class Pings:
    """The pings of one connection, oldest first."""

    __slots__ = ("_driver", "_waiting")

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        # Ordered: taking the first of a dict again and again walks over all that were taken before it.
        self._waiting: OrderedDict[bytes, tuple[asyncio.Future[float], float]] = OrderedDict()

    def __contains__(self, payload: bytes) -> bool:
        return payload in self._waiting

    def send(self, payload: bytes) -> asyncio.Future[float]:
        """Send a ping; return a future for the seconds until the pong."""
        self._driver.connection.send_ping(payload)
        waiter: asyncio.Future[float] = self._driver.stream.loop.create_future()
        waiter.add_done_callback(_forget)
        # Not the loop's clock: uvloop's counts milliseconds.
        self._waiting[payload] = (waiter, time.perf_counter())
        self._driver.send_soon(len(payload))
        return waiter

    def take(self, payload: bytes) -> float | None:
        """Take a pong: return the seconds since its ping, or None if it answers none of ours."""
        if payload not in self._waiting:
            return None
        now = time.perf_counter()
        # RFC 6455 section 5.5.3: an endpoint "MAY elect to send a Pong frame for only the most recently processed Ping
        # frame", so a pong answers every ping before it, too.
        while True:
            sent, (waiter, began) = self._waiting.popitem(last=False)
            if not waiter.done():
                waiter.set_result(now - began)
            if sent == payload:
                return now - began

    def fail(self, error: BaseException) -> None:
        """Tell all that wait that no pong will come."""
        waiting, self._waiting = self._waiting, OrderedDict()
        for waiter, _ in waiting.values():
            if not waiter.done():
                waiter.set_exception(error)

    def __len__(self) -> int:
        return len(self._waiting)
