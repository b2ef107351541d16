"""The receive buffers that all streams of a loop share."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

__all__ = ["SCRATCH_BYTES", "Scratch", "scratch_of"]

SCRATCH_BYTES: Final = 262144


class Scratch:
    """The receive buffers all streams of one loop share: nothing stays in them between two readiness events."""

    __slots__ = ("cipher", "plain")

    def __init__(self) -> None:
        self.cipher = memoryview(bytearray(SCRATCH_BYTES))
        self.plain = memoryview(bytearray(SCRATCH_BYTES))


_SCRATCHES: WeakKeyDictionary[asyncio.AbstractEventLoop, Scratch] = WeakKeyDictionary()


def scratch_of(loop: asyncio.AbstractEventLoop) -> Scratch:
    """Return the buffers of a loop."""
    scratch = _SCRATCHES.get(loop)
    if scratch is None:
        scratch = _SCRATCHES[loop] = Scratch()
    return scratch
