"""Fuzz target: a ServerHello in a stream."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.hello import ServerHello, find_server_hello


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised by decoding, and nothing by a property."""
    try:
        hello = find_server_hello(data)
    except DecodeError:
        return
    for name in dir(ServerHello):
        if not name.startswith("_"):
            getattr(hello, name)


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
