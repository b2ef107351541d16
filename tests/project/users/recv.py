"""The type of a message follows from `decode`."""

from __future__ import annotations

from typing import assert_type

from wssure import WebSocket


async def received(ws: WebSocket) -> None:
    assert_type(await ws.recv(), str | bytes)
    assert_type(await ws.recv(decode=None), str | bytes)
    assert_type(await ws.recv(decode=True), str)
    assert_type(await ws.recv(decode=False), bytes)
    assert_type(await ws.recv(True), str)
    assert_type([piece async for piece in ws.recv_streaming()], list[str | bytes])
    assert_type([piece async for piece in ws.recv_streaming(decode=True)], list[str])
    assert_type([piece async for piece in ws.recv_streaming(decode=False)], list[bytes])
