"""Copy, mask and decode raw bytes: inline C (octets.pxd) in compiled modules, the same names in plain Python otherwise.

A compiled module cimports these names from octets.pxd, in which `data` is a pointer, a `store` is an unfinished bytes
object, and a masking key is a 32-bit number in memory order. An interpreted module imports them from this file, in
which `data` is bytes, a `store` is a bytearray and a key is four bytes. So the calling modules need one source only.
"""

from __future__ import annotations

import re

try:
    import cython
except ImportError:  # Cython builds the package; it is not needed to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    Store = bytearray | None

    def readable(data: bytes | bytearray | memoryview) -> bytes:
        """Return an object that owns the memory, for `start_of`."""
        return bytes(data)

    def start_of(owner: bytes) -> bytes:
        """Return a pointer to the first byte."""
        return owner

    def nowhere() -> bytes:
        """Return a pointer to no bytes."""
        return b""

    def sendable(data: str | bytes | bytearray | memoryview) -> bytes:
        """Return the payload of a message as bytes; a lone surrogate raises UnicodeEncodeError."""
        return data.encode() if isinstance(data, str) else bytes(data)

    def copy_bytes(data: bytes, start: int, end: int) -> bytes:
        """Return a copy of data[start:end]."""
        return data[start:end]

    def text_of(data: bytes, start: int, end: int) -> str:
        """Decode data[start:end] as UTF-8."""
        return data[start:end].decode()

    # RFC 3629 section 4, as a possessive repetition: it never backtracks.
    _CHARACTERS = re.compile(
        rb"(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
        rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*+"
    )

    def skip_characters(data: bytes | bytearray, start: int, end: int) -> int:
        """Return the end of the complete UTF-8 characters from `start` on; the compiled form skips ASCII only."""
        match = _CHARACTERS.match(data, start, end)
        return match.end() if match else start

    def load_key(data: bytes, at: int) -> bytes:
        """Return the masking key at offset `at`."""
        return data[at : at + 4]

    def no_key() -> bytes:
        """Return the masking key of zeros."""
        return b"\0\0\0\0"

    def rotate_key(key: bytes, by: int) -> bytes:
        """Rotate the key so that it applies `by` bytes later."""
        by &= 3
        return key[by:] + key[:by]

    def mask_bytes(data: bytes, start: int, end: int, key: bytes) -> bytes:
        """Mask data[start:end]: XOR octet i with octet i modulo 4 of the key (RFC 6455 section 5.3)."""
        size = end - start
        whole, rest = divmod(size, 4)
        pad = int.from_bytes(key * whole + key[:rest], "little")
        return (int.from_bytes(data[start:end], "little") ^ pad).to_bytes(size, "little")

    def mask_text(data: bytes, start: int, end: int, key: bytes) -> str:
        """Unmask data[start:end] and decode it as UTF-8."""
        return mask_bytes(data, start, end, key).decode()

    def no_store() -> Store:
        """Return a store that holds no memory."""
        return None

    def grow_store(store: Store, used: int, capacity: int, wanted: int) -> Store:
        """Return a store with space for `wanted` bytes; a bytearray grows by itself."""
        return bytearray() if store is None else store

    def put(store: Store, used: int, data: bytes, start: int, end: int) -> None:
        """Append data[start:end] at `used`."""
        assert store is not None, "room was made before"
        store += data[start:end]

    def put_masked(store: Store, used: int, data: bytes, start: int, end: int, key: bytes) -> None:
        """Mask data[start:end] and append it at `used`."""
        assert store is not None, "room was made before"
        store += mask_bytes(data, start, end, key)

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

    def finish_store(store: Store, used: int, capacity: int) -> bytes:
        """Return the bytes of a store; the store must not be used afterwards."""
        return bytes(store) if store is not None else b""

    def store_data(store: Store) -> bytes | bytearray:
        """Return the bytes of a store that is still growing."""
        return b"" if store is None else store

    def text_within(store: Store, end: int) -> str:
        """Decode store[:end] as UTF-8."""
        return str(memoryview(store)[:end], "utf-8") if store is not None else ""

    def drop(store: Store) -> None:
        """Free a store without using its bytes."""
