"""The few things a peer is asked to do, in text messages both sides understand; everything else is echoed."""

from __future__ import annotations

from dataclasses import dataclass, field

from wssure import WebSocket

FRAGMENTS = "!fragments"
PING = "!ping"
CLOSE = "!close"  # then code and reason

PIECES = ("one ", "message ", "in pieces: ", "\N{SNOWMAN}")
WHOLE = "".join(PIECES)
PONG_CAME = "pong came"

MESSAGES = {
    "text": "hello, w\N{LATIN SMALL LETTER O WITH DIAERESIS}rld \N{GRINNING FACE}",
    "empty": "",
    "binary": bytes(range(256)),
    "text of 100 KiB": "0123456789abcde\n" * 6400,
    "binary of 100 KiB": bytes(range(256)) * 400,
}


def closing(order: str) -> tuple[int, str]:
    """Return code and reason of an order to close."""
    _, code, reason = order.split(" ", 2)
    return int(code), reason


@dataclass
class Obeying:
    """Our own server's handler: obeys, and keeps what the tests ask about."""

    close_codes: list[int | None] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)

    async def __call__(self, websocket: WebSocket) -> None:
        self.sockets.append(websocket)
        try:
            async for message in websocket:
                await self._obey(websocket, message)
        finally:
            self.close_codes.append(websocket.close_code)

    async def _obey(self, websocket: WebSocket, message: str | bytes) -> None:
        if message == FRAGMENTS:
            await websocket.send(PIECES)
        elif message == PING:
            await (await websocket.ping())
            await websocket.send(PONG_CAME)
        elif isinstance(message, str) and message.startswith(CLOSE):
            await websocket.close(*closing(message))
        else:
            await websocket.send(message)
