"""Fuzz target: a certificate."""

from __future__ import annotations

import datetime

from wssure.wire.decode import DecodeError
from wssure.wire.x509 import decode_certificate


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised, and the values have their types."""
    try:
        found = decode_certificate(data)
    except DecodeError:
        return
    assert found.not_before.tzinfo is datetime.UTC
    assert all(isinstance(name, str) for name in (*found.dns_names, *found.ip_addresses, *found.eku))
    assert found.der == data


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
