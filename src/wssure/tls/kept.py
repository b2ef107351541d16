"""A bounded cache of what is dear to make: a context, a trust store."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Kept"]

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Values by key; what was used longest ago goes first. Safe to share between threads.

    Args:
        limit: How many values are kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, _T] = OrderedDict()
        # Held while a value is made, too: threads that want the same one wait instead of each making it.
        self._lock = threading.Lock()

    def keep(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the value of a key, making it where there is none; what `make` raises is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is None:
                value = self._values[key] = make()
                if len(self._values) > self._limit:
                    self._values.popitem(last=False)
            else:
                self._values.move_to_end(key)
            return value
