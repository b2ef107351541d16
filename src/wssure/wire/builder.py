"""A growing buffer that becomes a bytes object without a final copy."""

from __future__ import annotations

try:
    import cython
except ImportError:  # Cython builds the package; it is not needed to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import (
        drop,
        finish_store,
        grow_store,
        no_store,
        put,
        put_header,
        put_key,
        put_masked,
        start_of,
        store_data,
        text_within,
    )


class ByteBuilder:
    """Collects bytes that are received, or sent, in pieces.

    The buffer grows by doubling, so n bytes cost O(n) copies for pieces of any size. `take` returns the buffer itself.
    An empty builder holds no memory.
    """

    def __init__(self) -> None:
        self._store = no_store()
        self.size = 0
        self._capacity = 0

    def __dealloc__(self) -> None:
        if cython.compiled:
            drop(self._store)

    def __len__(self) -> int:
        return self.size

    def reserve(self, extra: int) -> None:
        """Allocate space for `extra` more bytes: exactly that at first, later at least twice the present capacity."""
        wanted = self.size + extra
        if wanted <= self._capacity:
            return
        if self._capacity and wanted < 2 * self._capacity:
            wanted = 2 * self._capacity
        store = self._store
        size = self.size
        capacity = self._capacity
        # If memory runs out, the old store is freed too. The builder is then empty, so that it never points to freed
        # memory.
        self._store = no_store()
        self.size = 0
        self._capacity = 0
        self._store = grow_store(store, size, capacity, wanted)
        self.size = size
        self._capacity = wanted

    def append(self, data: bytes, start: int, end: int) -> None:
        """Append data[start:end]."""
        self.reserve(end - start)
        if end > start:
            put(self._store, self.size, data, start, end)
            self.size += end - start

    def append_bytes(self, data: bytes) -> None:
        """Append a whole bytes object."""
        self.append(start_of(data), 0, len(data))

    def append_masked(self, data: bytes, start: int, end: int, key: bytes) -> None:
        """Append data[start:end], masked."""
        self.reserve(end - start)
        if end > start:
            put_masked(self._store, self.size, data, start, end, key)
            self.size += end - start

    def append_header(self, first: int, mask_bit: int, length: int, key: bytes) -> None:
        """Append a frame header (RFC 6455 section 5.2) and allocate space for the payload."""
        self.reserve(length + (2 if length < 126 else 4 if length < 65536 else 10) + (4 if mask_bit else 0))
        self.size += put_header(self._store, self.size, first, mask_bit, length)
        if mask_bit:
            put_key(self._store, self.size, key)
            self.size += 4

    def start(self) -> bytes | bytearray:
        """Return a pointer to the first byte; valid until the next change."""
        return store_data(self._store)

    def text(self) -> str:
        """Decode all bytes as UTF-8; raises UnicodeDecodeError."""
        return text_within(self._store, self.size)

    def take(self) -> bytes:
        """Return all bytes and empty the builder."""
        store = self._store
        size = self.size
        capacity = self._capacity
        self._store = no_store()
        self.size = 0
        self._capacity = 0
        return finish_store(store, size, capacity)

    def clear(self) -> None:
        """Discard all bytes and free the memory."""
        if cython.compiled:
            drop(self._store)
        self._store = no_store()
        self.size = 0
        self._capacity = 0
