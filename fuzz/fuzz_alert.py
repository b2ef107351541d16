"""Fuzz target: the payload of an alert record."""

from __future__ import annotations

from wssure.wire.alert import decode_alert
from wssure.wire.decode import DecodeError


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised, and every alert has a name."""
    try:
        alert = decode_alert(data)
    except DecodeError:
        return
    assert alert.name


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
