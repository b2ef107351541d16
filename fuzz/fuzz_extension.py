"""Fuzz target: the value of Sec-WebSocket-Extensions, parsed, formatted and negotiated by both sides."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.deflate import DeflateSettings, NegotiationError, accept_answer, answer_offers
from wssure.wire.extension import format_extensions, parse_extensions


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised, formatting round-trips, and our own answer always matches the offer."""
    try:
        entries = parse_extensions(data.decode("latin-1"))
    except DecodeError:
        return
    assert parse_extensions(format_extensions(entries)) == entries
    agreed = answer_offers(entries, DeflateSettings())
    if agreed is not None:
        assert parse_extensions(str(agreed[1])) == (agreed[1],)
    try:
        accept_answer(entries, DeflateSettings())
    except NegotiationError:
        return


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
