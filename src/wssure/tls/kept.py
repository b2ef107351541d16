"""An LRU cache of objects that are expensive to make: contexts and trust stores."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Values by key; the least recently used value is removed first. Thread-safe.

    Args:
        limit: Maximum number of values.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, _T] = OrderedDict()
        # Also held while a value is made: threads that need the same value wait instead of making it again.
        self._lock = threading.Lock()

    def keep(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the value of a key; make it if it is missing. Exceptions from `make` are not cached."""
        with self._lock:
            value = self._values.get(key)
            if value is None:
                value = self._values[key] = make()
                if len(self._values) > self._limit:
                    self._values.popitem(last=False)
            else:
                self._values.move_to_end(key)
            return value
