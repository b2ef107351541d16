"""Fuzz target: a connection in both roles, with input in one piece and in several."""

from __future__ import annotations

from wssure.protocol.connection import Connection
from wssure.protocol.event import Violation
from wssure.protocol.state import Role, State
from wssure.wire.deflate import DeflateParams
from wssure.wire.frame import FrameReader


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """No exception is raised, splitting the input changes no event except its time, and all output is well formed."""
    if not data:
        return
    flags, stream = data[0], data[1:]
    assert _events(flags, stream, len(stream) or 1) == _events(flags, stream, 1 + flags % 5)


def _events(flags: int, stream: bytes, step: int) -> list[object]:
    role = Role.SERVER if flags & 0x80 else Role.CLIENT
    connection = Connection(
        role,
        mask_key=None if role is Role.SERVER else lambda: b"\x01\x02\x03\x04",
        max_size=500,
        max_fragments=5,
        deflate=DeflateParams() if flags & 0x40 else None,
        deliver_fragments=bool(flags & 0x20),
    )
    for at in range(0, len(stream), step):
        connection.receive(memoryview(stream)[at : at + step])
    connection.receive_eof()
    assert connection.state is State.CLOSED
    for frame in FrameReader(role is Role.CLIENT).frames(connection.data_to_send()):
        assert frame.fin
    # Invalid text in one fragment may be found before an error in the next frame: the rule is the same.
    return [event.rule if isinstance(event, Violation) else event for event in connection.events()]


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
