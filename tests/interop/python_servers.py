"""WebSocket servers from PyPI that obey `orders`, each behind the same three lines: start, port, close code seen."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp.web
import picows
import websockets.asyncio.server
import websockets.exceptions
from tests.interop import orders


@dataclass
class Started:
    """A foreign server that listens."""

    port: int
    close_codes: asyncio.Queue[int | None]


class WithWebsockets:
    """The package websockets."""

    @asynccontextmanager
    async def start(self, context: ssl.SSLContext) -> AsyncIterator[Started]:
        codes: asyncio.Queue[int | None] = asyncio.Queue()

        async def obey(ws: Any) -> None:
            try:
                async for message in ws:
                    await self._obey(ws, message)
            except websockets.exceptions.ConnectionClosedError:
                pass  # any code but 1000 and 1001
            codes.put_nowait(ws.close_code)

        async with websockets.asyncio.server.serve(obey, "127.0.0.1", 0, ssl=context) as server:
            yield Started(server.sockets[0].getsockname()[1], codes)

    async def _obey(self, ws: Any, message: str | bytes) -> None:
        if message == orders.FRAGMENTS:
            await ws.send(orders.PIECES)
        elif message == orders.PING:
            await (await ws.ping())
            await ws.send(orders.PONG_CAME)
        elif isinstance(message, str) and message.startswith(orders.CLOSE):
            await ws.close(*orders.closing(message))
        else:
            await ws.send(message)


class WithAiohttp:
    """The package aiohttp, whose API has no fragments."""

    @asynccontextmanager
    async def start(self, context: ssl.SSLContext) -> AsyncIterator[Started]:
        codes: asyncio.Queue[int | None] = asyncio.Queue()

        async def handle(request: aiohttp.web.Request) -> aiohttp.web.WebSocketResponse:
            # Without autoping the pongs reach this code, too.
            ws = aiohttp.web.WebSocketResponse(autoping=False)
            await ws.prepare(request)
            async for message in ws:
                await self._obey(ws, message)
            codes.put_nowait(ws.close_code)
            return ws

        application = aiohttp.web.Application()
        application.router.add_get("/", handle)
        runner = aiohttp.web.AppRunner(application)
        await runner.setup()
        try:
            await aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            yield Started(runner.addresses[0][1], codes)
        finally:
            await runner.cleanup()

    async def _obey(self, ws: aiohttp.web.WebSocketResponse, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            await ws.send_str(orders.PONG_CAME)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await ws.send_bytes(message.data)
        elif message.data == orders.PING:
            await ws.ping(b"are you there")
        elif message.data.startswith(orders.CLOSE):
            code, reason = orders.closing(message.data)
            await ws.close(code=code, message=reason.encode())
        else:
            await ws.send_str(message.data)


class WithPicows:
    """The package picows, which leaves fragments to its user and has no compression here."""

    @asynccontextmanager
    async def start(self, context: ssl.SSLContext) -> AsyncIterator[Started]:
        codes: asyncio.Queue[int | None] = asyncio.Queue()
        server = await picows.ws_create_server(lambda _: _PicowsObeys(codes), "127.0.0.1", 0, ssl=context)
        try:
            yield Started(server.sockets[0].getsockname()[1], codes)
        finally:
            server.close()
            await server.wait_closed()


class _PicowsObeys(picows.WSListener):  # type: ignore[misc]
    def __init__(self, codes: asyncio.Queue[int | None]) -> None:
        self.codes = codes
        self.kind = picows.WSMsgType.BINARY
        self.pieces: list[bytes] = []

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        kind, payload = frame.msg_type, frame.get_payload_as_bytes()
        if kind == picows.WSMsgType.CLOSE:
            self.codes.put_nowait(int(frame.get_close_code()))
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif kind == picows.WSMsgType.PONG:
            transport.send(picows.WSMsgType.TEXT, orders.PONG_CAME.encode())
        elif kind != picows.WSMsgType.PING:  # it answers those itself
            self._piece(transport, kind, payload, frame.fin)

    def _piece(self, transport: Any, kind: picows.WSMsgType, payload: bytes, fin: bool) -> None:
        if kind != picows.WSMsgType.CONTINUATION:
            self.kind, self.pieces = kind, []
        self.pieces.append(payload)
        if fin:
            self._obey(transport, b"".join(self.pieces))

    def _obey(self, transport: Any, message: bytes) -> None:
        if message == orders.FRAGMENTS.encode():
            send_fragments(transport, orders.PIECES)
        elif message == orders.PING.encode():
            transport.send_ping(b"are you there")
        elif message.startswith(orders.CLOSE.encode()):
            code, reason = orders.closing(message.decode())
            transport.send_close(code, reason.encode())
        else:
            transport.send(self.kind, message)


def send_fragments(transport: Any, pieces: tuple[str, ...]) -> None:
    """Send a text message in fragments over picows."""
    for index, piece in enumerate(pieces):
        kind = picows.WSMsgType.CONTINUATION if index else picows.WSMsgType.TEXT
        transport.send(kind, piece.encode(), fin=index == len(pieces) - 1)


SERVERS = {"websockets": WithWebsockets(), "aiohttp": WithAiohttp(), "picows": WithPicows()}
