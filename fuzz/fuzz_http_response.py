"""Fuzz target: a response and its body, in one piece and byte by byte, and a client's check of it."""

from __future__ import annotations

from wssure.protocol.client_handshake import Accepted, ClientHandshake, UpgradeRejected
from wssure.wire.deflate import DeflateSettings


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `UpgradeRejected` is raised, with the same kind for any pieces."""
    assert _outcome(data, len(data) or 1) == _outcome(data, 1)


def _outcome(data: bytes, step: int) -> str:
    handshake = ClientHandshake("a.test", "/", key=bytes(16), subprotocols=["a"], deflate=DeflateSettings())
    try:
        for at in range(0, len(data), step):
            if isinstance(handshake.receive(data[at : at + step]), Accepted):
                return "accepted"
        handshake.receive_eof()
    except UpgradeRejected as error:
        return error.kind
    return "ended"


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
