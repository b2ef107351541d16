"""Raw bytes: copy, mask, decode. Inline C (octets.pxd) in compiled modules; the same names in plain Python otherwise.

A compiled module cimports these names from octets.pxd, where `data` is a pointer, a `store` is a bytes object that is not
finished yet, and a masking key is a 32-bit number in memory order. An interpreted module imports them from here, where
`data` is bytes, a `store` is a bytearray and a key is its four bytes. So one source serves both.
"""

from __future__ import annotations

import re

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    Store = bytearray | None

    def readable(data: bytes | bytearray | memoryview) -> bytes:
        """Return an owner whose memory `start_of` can point into."""
        return bytes(data)

    def start_of(owner: bytes) -> bytes:
        """Return where the bytes begin."""
        return owner

    def nowhere() -> bytes:
        """Return a pointer to no bytes."""
        return b""

    def sendable(data: str | bytes | bytearray | memoryview) -> bytes:
        """Return the payload of a message as bytes; a lone surrogate raises UnicodeEncodeError."""
        return data.encode() if isinstance(data, str) else bytes(data)

    def taken(data: bytes, start: int, end: int) -> bytes:
        """Return data[start:end] as an object of its own."""
        return data[start:end]

    def text_of(data: bytes, start: int, end: int) -> str:
        """Return data[start:end] decoded as UTF-8."""
        return data[start:end].decode()

    # RFC 3629 section 4, as a possessive repetition: it never backtracks.
    _CHARACTERS = re.compile(
        rb"(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
        rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*+"
    )

    def skip_characters(data: bytes | bytearray, start: int, end: int) -> int:
        """Return where the whole characters from `start` on end, or earlier: the compiled form skips ASCII only."""
        found = _CHARACTERS.match(data, start, end)
        return found.end() if found else start

    def load_key(data: bytes, at: int) -> bytes:
        """Return the masking key that stands at `at`."""
        return data[at : at + 4]

    def no_key() -> bytes:
        """Return the key that changes nothing."""
        return b"\0\0\0\0"

    def turned(key: bytes, by: int) -> bytes:
        """Return the key as it applies `by` bytes later."""
        by &= 3
        return key[by:] + key[:by]

    def masked(data: bytes, start: int, end: int, key: bytes) -> bytes:
        """Return data[start:end] with octet i XORed with octet i modulo 4 of the key (RFC 6455 section 5.3)."""
        size = end - start
        whole, rest = divmod(size, 4)
        pad = int.from_bytes(key * whole + key[:rest], "little")
        return (int.from_bytes(data[start:end], "little") ^ pad).to_bytes(size, "little")

    def masked_text(data: bytes, start: int, end: int, key: bytes) -> str:
        """Return the masked data[start:end] decoded as UTF-8."""
        return masked(data, start, end, key).decode()

    def no_store() -> Store:
        """Return a store that holds no memory."""
        return None

    def room(store: Store, used: int, capacity: int, wanted: int) -> Store:
        """Return a store with room for `wanted` bytes; a bytearray grows by itself."""
        return bytearray() if store is None else store

    def put(store: Store, used: int, data: bytes, start: int, end: int) -> None:
        """Append data[start:end] at `used`."""
        assert store is not None, "room was made before"
        store += data[start:end]

    def put_masked(store: Store, used: int, data: bytes, start: int, end: int, key: bytes) -> None:
        """Append the masked data[start:end] at `used`."""
        assert store is not None, "room was made before"
        store += masked(data, start, end, key)

    def put_header(store: Store, used: int, first: int, mask_bit: int, size: int) -> int:
        """Append the first octet of a frame and its length in the minimal form; return the octets written.

        Source: RFC 6455 section 5.2.
        """
        assert store is not None, "room was made before"
        # "Note that in all cases, the minimal number of bytes MUST be used to encode the length"
        if size < 126:
            store += bytes((first, mask_bit | size))
            return 2
        if size < 65536:
            store += bytes((first, mask_bit | 126)) + size.to_bytes(2, "big")
            return 4
        store += bytes((first, mask_bit | 127)) + size.to_bytes(8, "big")
        return 10

    def put_key(store: Store, used: int, key: bytes) -> None:
        """Append the masking key."""
        assert store is not None, "room was made before"
        store += key

    def finished(store: Store, used: int, capacity: int) -> bytes:
        """Return the bytes of a store, which is given up by that."""
        return bytes(store) if store is not None else b""

    def store_data(store: Store) -> bytes | bytearray:
        """Return the bytes of a store that is still growing."""
        return b"" if store is None else store

    def text_within(store: Store, end: int) -> str:
        """Return store[:end] decoded as UTF-8."""
        return str(memoryview(store)[:end], "utf-8") if store is not None else ""

    def drop(store: Store) -> None:
        """Give up a store without using its bytes."""
