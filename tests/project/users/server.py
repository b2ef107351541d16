"""A server as users write it. A line with an ignore must be an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_type

from wssure import (
    SAME,
    ConnectionClosed,
    Headers,
    HttpLimits,
    Request,
    Response,
    Server,
    Site,
    TLSSettings,
    WebSocket,
    broadcast,
    serve,
)


async def echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


class Room:
    """A handler may be a method."""

    def __init__(self) -> None:
        self.members: set[WebSocket] = set()

    async def join(self, ws: WebSocket) -> None:
        self.members.add(ws)
        try:
            async for message in ws:
                broadcast(self.members, message)
        except ConnectionClosed as error:
            print(error.code, error.reason)
        finally:
            self.members.discard(ws)


def sites() -> list[Site]:
    one = Site("a.example", cert="a.pem", key="a.key")
    assert_type(one.names, tuple[str, ...])
    return [
        one,
        Site(("b.example", "*.b.example"), cert=b"pem", client_ca="ca.pem"),
        Site(["c.example"], "c.pem", "c.key"),
        Site(7, cert="a.pem"),  # type: ignore[arg-type]
        Site("d.example", cert=None),  # type: ignore[arg-type]
    ]


def health(ws: WebSocket, request: Request) -> Response | None:
    if request.path == "/health":
        return Response(200, "OK", "HTTP/1.1", Headers([("Content-Type", "text/plain")]), b"well\n")
    return None


async def looked_up(ws: WebSocket, request: Request) -> Response | None:
    return None if request.headers.get("Authorization") else Response(401, "Unauthorized", "HTTP/1.1", Headers())


def chosen(ws: WebSocket, offered: Sequence[str]) -> str | None:
    return offered[0] if offered else None


def plain_function(ws: WebSocket) -> None:
    """This is no coroutine function."""


def wrong_hook(ws: WebSocket, request: Request) -> int:
    return 403


async def main() -> None:
    async with serve(echo, "0.0.0.0", 443, sites=sites(), strict_sni="close", process_request=health) as server:
        assert_type(server, Server)
        assert_type(server.port, int)
        server.replace_sites(sites(), default_site="a.example")
        for ws in server.connections:
            assert_type(ws, WebSocket)
        await server.serve_forever()
    server = await serve(Room().join, tls=TLSSettings(cert="a.pem", key="a.key"), process_request=looked_up)
    server.close()
    await server.wait_closed()
    serve(echo, origins=SAME, select_subprotocol=chosen, http_limits=HttpLimits(line_bytes=4096))
    serve(echo, origins=["https://a.example", re.compile("https://.*"), None], subprotocols=["chat"])
    serve(plain_function)  # type: ignore[arg-type]
    serve(echo, process_request=wrong_hook)  # type: ignore[arg-type]
    serve(echo, sites=["a.example"])  # type: ignore[list-item]
    serve(echo, port="443")  # type: ignore[arg-type]
