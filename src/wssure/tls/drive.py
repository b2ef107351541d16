"""Drive an engine: the steps that need no socket.

A compiled module cimports these names from drive.pxd: there an engine that is a `wssure.tls.raw.RawEngine` is driven by
address. An interpreted module imports them from here. Both keep the contract of `wssure.tls.contract.Engine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if TYPE_CHECKING:
    from wssure.tls.contract import Engine

if not cython.compiled:

    def feed_engine(engine: Engine, buffer: memoryview, start: int, end: int) -> int:
        """Give buffer[start:end] to the engine; return how many bytes it took."""
        return engine.feed(buffer[start:end])

    def read_engine(engine: Engine, buffer: memoryview, start: int) -> int:
        """Decrypt into buffer[start:]: a count, `WANT` or `CLOSED`.

        Raises:
            EngineFailed: As `Engine.read_into` does.
        """
        return engine.read_into(buffer[start:])

    def unsent(engine: Engine) -> int:
        """Return how much ciphertext waits in the engine."""
        return engine.unsent()
