"""How a TLS connection ends when the peer's Close and its close_notify come in one piece, as asyncio's clients send them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from tests.aio.serving import NAME, Loopback

from wssure import State, WebSocket

REQUEST = (
    f"GET / HTTP/1.1\r\nHost: {NAME}:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CLOSE = bytes((0x88, 0x82, 0, 0, 0, 0)) + (4001).to_bytes(2, "big")


async def test_the_socket_is_gone_at_once_when_close_and_close_notify_come_together(secure: Loopback):
    kept: list[WebSocket] = []

    async def handler(websocket: WebSocket) -> None:
        kept.append(websocket)
        await websocket.wait_closed()

    async with secure.server(handler) as server:
        context = ssl.create_default_context(cadata=secure.ca_pem.decode())
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context, server_hostname=NAME)
        writer.write((REQUEST % server.port).encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CLOSE)
        writer.close()
        # Loopback delivers before send returns: a few turns are all it takes, and no timer can run out in them.
        for _ in range(20):
            await asyncio.sleep(0)
        assert kept[0].state is State.CLOSED
        assert kept[0].close_code == 4001
        with contextlib.suppress(ssl.SSLError):  # asyncio takes our Close, behind its close_notify, for an error
            await writer.wait_closed()
