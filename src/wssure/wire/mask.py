"""Masking of frames sent by clients."""

from __future__ import annotations

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import load_key, masked, readable, start_of

__all__ = ["apply_mask"]


def apply_mask(data: bytes | bytearray | memoryview, key: bytes) -> bytes:
    """Return `data` masked, or unmasked: the operation is its own inverse.

    Args:
        data: The payload.
        key: Four octets.

    Raises:
        ValueError: The key has another length.

    Source: RFC 6455 section 5.3.
    """
    if len(key) != 4:
        raise ValueError(f"masking key got {len(key)} bytes, expected 4")
    owner = readable(data)
    return masked(start_of(owner), 0, len(owner), load_key(start_of(key), 0))
