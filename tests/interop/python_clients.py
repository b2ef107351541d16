"""WebSocket clients from PyPI, each behind the same few calls."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Protocol

import aiohttp
import picows
import websocket
import websockets.asyncio.client
from tests.interop.python_servers import send_fragments


class Talk(Protocol):
    """An open connection of a foreign client."""

    deflate: bool

    async def send(self, message: str | bytes) -> None: ...
    async def send_fragments(self, pieces: tuple[str, ...]) -> None: ...
    async def receive(self) -> str | bytes: ...
    async def ping(self) -> None:
        """Return when the pong has come."""

    async def close(self, code: int, reason: str) -> None: ...
    async def close_code(self) -> int | None:
        """Return the code with which the server closes."""

    async def end(self) -> None:
        """Let go of whatever is left."""


class WebsocketsTalk:
    """The package websockets."""

    def __init__(self, ws: Any) -> None:
        self.ws = ws
        self.deflate = "permessage-deflate" in ws.response.headers.get("Sec-WebSocket-Extensions", "")

    @classmethod
    async def open(cls, url: str, context: ssl.SSLContext) -> WebsocketsTalk:
        return cls(await websockets.asyncio.client.connect(url, ssl=context, proxy=None))

    async def send(self, message: str | bytes) -> None:
        await self.ws.send(message)

    async def send_fragments(self, pieces: tuple[str, ...]) -> None:
        await self.ws.send(pieces)

    async def receive(self) -> str | bytes:
        message: str | bytes = await self.ws.recv()
        return message

    async def ping(self) -> None:
        await (await self.ws.ping())

    async def close(self, code: int, reason: str) -> None:
        await self.ws.close(code, reason)

    async def close_code(self) -> int | None:
        await self.ws.wait_closed()
        code: int | None = self.ws.close_code
        return code

    async def end(self) -> None:
        await self.ws.close()


class AiohttpTalk:
    """The package aiohttp, whose API has no fragments."""

    def __init__(self, session: aiohttp.ClientSession, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.session = session
        self.ws = ws
        self.deflate = ws.compress > 0

    @classmethod
    async def open(cls, url: str, context: ssl.SSLContext) -> AiohttpTalk:
        session = aiohttp.ClientSession()
        try:
            return cls(session, await session.ws_connect(url, ssl=context, compress=15, autoping=False))
        except BaseException:
            await session.close()
            raise

    async def send(self, message: str | bytes) -> None:
        await (self.ws.send_str(message) if isinstance(message, str) else self.ws.send_bytes(message))

    async def send_fragments(self, pieces: tuple[str, ...]) -> None:
        raise AssertionError("aiohttp has no fragments")

    async def receive(self) -> str | bytes:
        message = await self.ws.receive()
        while message.type is aiohttp.WSMsgType.PING:
            await self.ws.pong(message.data)
            message = await self.ws.receive()
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
        data: str | bytes = message.data
        return data

    async def ping(self) -> None:
        await self.ws.ping(b"are you there")
        message = await self.ws.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"are you there")

    async def close(self, code: int, reason: str) -> None:
        await self.ws.close(code=code, message=reason.encode())

    async def close_code(self) -> int | None:
        await self.ws.receive()
        return self.ws.close_code

    async def end(self) -> None:
        await self.ws.close()
        await self.session.close()


class _PicowsListens(picows.WSListener):  # type: ignore[misc]
    def __init__(self) -> None:
        self.frames: asyncio.Queue[tuple[Any, bytes, bool]] = asyncio.Queue()
        self.code: int | None = None

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self.code = int(frame.get_close_code())
            if not transport.is_close_frame_sent:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            self.frames.put_nowait((frame.msg_type, frame.get_payload_as_bytes(), frame.fin))


class PicowsTalk:
    """The package picows, which leaves fragments to its user and has no compression here."""

    deflate = False

    def __init__(self, transport: Any, listener: _PicowsListens) -> None:
        self.transport = transport
        self.listener = listener

    @classmethod
    async def open(cls, url: str, context: ssl.SSLContext) -> PicowsTalk:
        return cls(*await picows.ws_connect(_PicowsListens, url, ssl_context=context))

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.transport.send(picows.WSMsgType.TEXT, message.encode())
        else:
            self.transport.send(picows.WSMsgType.BINARY, message)

    async def send_fragments(self, pieces: tuple[str, ...]) -> None:
        send_fragments(self.transport, pieces)

    async def receive(self) -> str | bytes:
        kind, data, fin = await self._frame()
        while not fin:
            _, more, fin = await self._frame()
            data += more
        return data.decode() if kind == picows.WSMsgType.TEXT else data

    async def _frame(self) -> tuple[Any, bytes, bool]:
        frame = await self.listener.frames.get()
        while frame[0] in (picows.WSMsgType.PING, picows.WSMsgType.PONG):  # it answers pings itself
            frame = await self.listener.frames.get()
        return frame

    async def ping(self) -> None:
        self.transport.send_ping(b"are you there")
        kind, data, _ = await self.listener.frames.get()
        assert (kind, data) == (picows.WSMsgType.PONG, b"are you there")

    async def close(self, code: int, reason: str) -> None:
        self.transport.send_close(code, reason.encode())
        await self.transport.wait_disconnected()

    async def close_code(self) -> int | None:
        await self.transport.wait_disconnected()
        return self.listener.code

    async def end(self) -> None:
        self.transport.disconnect()
        await self.transport.wait_disconnected()


class WebsocketClientTalk:
    """The package websocket-client, which blocks: each call runs in a thread. It has no compression."""

    deflate = False

    def __init__(self, ws: websocket.WebSocket) -> None:
        self.ws = ws

    @classmethod
    async def open(cls, url: str, context: ssl.SSLContext) -> WebsocketClientTalk:
        return cls(await asyncio.to_thread(_blocking_connect, url, context))

    async def send(self, message: str | bytes) -> None:
        opcode = websocket.ABNF.OPCODE_TEXT if isinstance(message, str) else websocket.ABNF.OPCODE_BINARY
        await asyncio.to_thread(self.ws.send, message, opcode)

    async def send_fragments(self, pieces: tuple[str, ...]) -> None:
        for index, piece in enumerate(pieces):
            opcode = websocket.ABNF.OPCODE_CONT if index else websocket.ABNF.OPCODE_TEXT
            frame = websocket.ABNF.create_frame(piece.encode(), opcode, fin=int(index == len(pieces) - 1))
            await asyncio.to_thread(self.ws.send_frame, frame)

    async def receive(self) -> str | bytes:
        message: str | bytes = await asyncio.to_thread(self.ws.recv)
        return message

    async def ping(self) -> None:
        await asyncio.to_thread(self.ws.ping, b"are you there")
        opcode, data = await asyncio.to_thread(self.ws.recv_data, True)
        assert (opcode, data) == (websocket.ABNF.OPCODE_PONG, b"are you there")

    async def close(self, code: int, reason: str) -> None:
        await asyncio.to_thread(self.ws.close, code, reason.encode())

    async def close_code(self) -> int | None:
        opcode, data = await asyncio.to_thread(self.ws.recv_data, True)
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        return int.from_bytes(data[:2], "big")

    async def end(self) -> None:
        await asyncio.to_thread(self.ws.shutdown)


def _blocking_connect(url: str, context: ssl.SSLContext) -> websocket.WebSocket:
    return websocket.create_connection(url, timeout=60, sslopt={"context": context})


CLIENTS = {
    "websockets": WebsocketsTalk,
    "aiohttp": AiohttpTalk,
    "picows": PicowsTalk,
    "websocket-client": WebsocketClientTalk,
}
