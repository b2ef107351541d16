"""Fuzz target: records and handshake messages, split at an offset from the input."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.handshake import HandshakeReader
from wssure.wire.record import RecordReader


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """The records are the same for any pieces, and only `DecodeError` is raised."""
    cut = data[0] if data else 0
    flow = data[1:]
    assert read([flow]) == read([flow[:cut], flow[cut:]])


def read(pieces: list[bytes]) -> tuple[object, ...]:
    """Return the records from the pieces, and the offset at which reading ended."""
    records, messages = RecordReader(), HandshakeReader()
    found: list[object] = []
    try:
        for piece in pieces:
            for record in records.feed(piece):
                found.append(record)
                found += messages.feed(record.payload, record.payload_offset) if record.type == 22 else []
    except DecodeError as error:
        return (*found, error.what, error.offset)
    if records.error is not None:
        return (*found, records.error.what, records.error.offset)
    return (*found, records.pending, messages.pending)


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
