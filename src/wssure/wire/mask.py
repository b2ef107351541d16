"""Mask the payloads of frames sent by clients."""

from __future__ import annotations

try:
    import cython
except ImportError:  # Cython builds the package; it is not needed to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import load_key, mask_bytes, readable, start_of


def apply_mask(data: bytes | bytearray | memoryview, key: bytes) -> bytes:
    """Mask or unmask `data`: the operation is its own inverse.

    Args:
        data: The payload.
        key: The masking key, four octets.

    Raises:
        ValueError: The key does not have four octets.

    Source: RFC 6455 section 5.3.
    """
    if len(key) != 4:
        raise ValueError(f"masking key got {len(key)} bytes, expected 4")
    owner = readable(data)
    return mask_bytes(start_of(owner), 0, len(owner), load_key(start_of(key), 0))
