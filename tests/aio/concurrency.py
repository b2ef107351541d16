"""Interruptions from a seed, numbered messages, and the error that is not there in every version."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import wssure

__all__ = [
    "PATIENCE_S",
    "concurrency_error",
    "debugging",
    "interrupted",
    "number_of",
    "numbered",
    "patiently",
    "pieces",
]

T = TypeVar("T")
# How long a test waits for what must happen: the end of a test that fails, and nothing that a passing test comes near.
PATIENCE_S: Final = 20


async def patiently(awaitable: Awaitable[T], seconds: float = PATIENCE_S) -> T:
    """Await something that must end."""
    async with asyncio.timeout(seconds):
        return await awaitable


def times(count: int, debug: bool) -> int:
    """Return how often to do a thing: the debug mode of asyncio, which checks more at each call, takes ten times as long."""
    return count // 10 if debug else count


def concurrency_error() -> type[RuntimeError]:
    """Return `wssure.ConcurrencyError`."""
    found: type[RuntimeError] = wssure.ConcurrencyError  # type: ignore[attr-defined]
    assert issubclass(found, RuntimeError)
    return found


@contextmanager
def debugging(on: bool) -> Iterator[None]:
    """Run a block in asyncio's debug mode, or not."""
    loop = asyncio.get_running_loop()
    before = loop.get_debug()
    loop.set_debug(on)
    loop.slow_callback_duration = 60  # it would log what a loaded machine does
    try:
        yield
    finally:
        loop.set_debug(before)


async def interrupted(rng: random.Random, call: Callable[[], Awaitable[T]]) -> T:
    """Await a call that a cancel or a time-out interrupts, or nothing.

    Raises:
        TimeoutError: It was interrupted.
    """
    how = rng.randrange(4)
    if how == 0:
        return await call()
    if how == 1:
        async with asyncio.timeout(rng.random() * 0.0004):
            return await call()
    task = asyncio.ensure_future(call())
    for _ in range(rng.randrange(4)):
        await asyncio.sleep(0)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise  # the caller itself is to end
        raise TimeoutError from None


def numbered(number: int) -> str | bytes:
    """Return message `number`: its number, its length, and filler that belongs to no other message."""
    rng = random.Random(number)
    size = rng.choice((0, 20, 200, 2000)) if number % 100 else 40_000
    text = f"{number}:{size}:" + f"{number} is not compressible {rng.random()} ".ljust(size, "#")[:size]
    return text.encode() if number % 2 else text


def number_of(message: str | bytes) -> int:
    """Return the number of a message that arrived whole.

    Raises:
        AssertionError: It did not.
    """
    text = message if isinstance(message, str) else message.decode()
    head = text.partition(":")[0]
    assert head.isdecimal(), f"no whole message: {text[:60]!r}"
    assert message == numbered(int(head)), f"message {head} is corrupted or in parts: {text[:60]!r}"
    return int(head)


def pieces(message: str | bytes, count: int = 3) -> list[str | bytes]:
    """Return a message in at least two parts."""
    step = max(1, len(message) // count)
    return [message[at : at + step] for at in range(0, len(message), step)]
