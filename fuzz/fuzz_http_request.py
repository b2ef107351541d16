"""Fuzz target: the head of a request."""

from __future__ import annotations

from wssure.protocol.server_handshake import ServerHandshake
from wssure.wire.deflate import DeflateSettings
from wssure.wire.http_message import HttpError, HttpLimits
from wssure.wire.http_reader import ResponseReader


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `HttpError` is raised, and the answer to every parsed request can be parsed."""
    handshake = ServerHandshake(HttpLimits(line_bytes=400, header_count=10, total_bytes=1000))
    try:
        request = handshake.receive(data)
    except HttpError as error:
        answer = handshake.reject(error.status, error.what.encode())
    else:
        if request is None:
            return
        refusal = handshake.refusal(request)
        answer = handshake.refuse(refusal) if refusal else handshake.accept(request, None, DeflateSettings())
    assert ResponseReader().feed(answer) is not None


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
