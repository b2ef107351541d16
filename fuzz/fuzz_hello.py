"""Fuzz target: a ClientHello in a stream, with every property, its fingerprints and its spans."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.fingerprint import ja3, ja4
from wssure.wire.hello import ClientHello, decode_client_hello, find_client_hello


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised by decoding, nothing by a property, and no span is outside the stream."""
    try:
        hello = find_client_hello(data)
    except DecodeError:
        return
    for name in dir(ClientHello):
        if not name.startswith("_"):
            getattr(hello, name)
    ja3(hello)
    ja4(hello)
    for start, stop in [*hello.field_spans.values(), *(item.span for item in hello.extensions), hello.span]:
        assert 0 <= start <= stop <= len(data)
    assert decode_client_hello(hello.raw).extension_ids == hello.extension_ids


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
