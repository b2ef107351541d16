"""Fuzz target: inflating a peer's payload."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.deflate import Deflater, Inflater, MessageTooBig

LIMIT = 2000


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only documented errors are raised, the output never exceeds the limit, and compression round-trips."""
    if not data:
        return
    bits, fresh, step = 8 + (data[0] & 7), bool(data[0] & 8), 1 + (data[0] >> 4)
    inflater = Inflater(bits, fresh)
    try:
        limit = LIMIT
        for at in range(1, len(data), step):
            limit -= len(inflater.inflate(data[at : at + step], at + step >= len(data), limit))
            assert limit >= 0
    except (DecodeError, MessageTooBig):
        pass
    bits = max(bits, 9)
    assert Inflater(bits, fresh).inflate(Deflater(bits, fresh).compress(data), True, len(data)) == data


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
