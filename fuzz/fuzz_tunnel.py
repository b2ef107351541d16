"""Fuzz target: a proxy's answer to CONNECT, in one piece and byte by byte."""

from __future__ import annotations

from wssure.protocol.tunnel import TunnelHandshake, TunnelRefused


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `TunnelRefused` is raised; the answer and the bytes after it are the same for any pieces."""
    assert _outcome(data, len(data) or 1) == _outcome(data, 1)


def _outcome(data: bytes, step: int) -> object:
    handshake = TunnelHandshake("a.test", 443)
    try:
        for at in range(0, len(data), step):
            opened = handshake.receive(data[at : at + step])
            if opened is not None:
                return opened.response.status, opened.leftover + data[at + step :]
        handshake.receive_eof()
    except TunnelRefused as refused:
        return "garbage" if refused.response is None else refused.response.status
    return "ended"


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
