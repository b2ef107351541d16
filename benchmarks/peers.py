"""One adapter per WebSocket library: it opens a verified TLS connection, sends and receives, and serves an echo.

python -m benchmarks.peers client NAME LOOP PORT CA WORKLOAD SIZE COUNT     prints one JSON line, like wsref
python -m benchmarks.peers server NAME LOOP CERT KEY                        prints its port and serves until killed
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

CONNECTIONS = 200


@dataclass
class Connection:
    """The methods of an open connection that the workloads use."""

    send: Callable[[Any], Awaitable[Any]]
    recv: Callable[[], Awaitable[Any]]
    close: Callable[[], Awaitable[Any]]


Opener = Callable[[str], Awaitable[Connection]]


def context(ca: str) -> ssl.SSLContext | None:
    """Make a context that trusts one CA; None for "", which uses the library's default."""
    return ssl.create_default_context(cafile=ca) if ca else None


async def wssure_opener(ca: str, *, backend: str | None = None) -> Opener:
    import wssure

    tls = wssure.TLSSettings(ca=ca) if ca else None

    async def open_(url: str) -> Connection:
        # The name is resolved, as by every peer; `address=` would avoid that cost.
        ws = await wssure.connect(url, tls=tls, backend=backend, compression=None, ping_interval=None)
        return Connection(ws.send, ws.recv, ws.close)

    return open_


async def websockets_opener(ca: str) -> Opener:
    from websockets.asyncio.client import connect

    tls = context(ca)

    async def open_(url: str) -> Connection:
        # Without the keyword the library makes its own context.
        ws = await connect(url, compression=None, ping_interval=None, **({"ssl": tls} if tls is not None else {}))
        return Connection(ws.send, ws.recv, ws.close)

    return open_


async def picows_websockets_opener(ca: str) -> Opener:
    from picows.websockets.asyncio.client import connect

    tls = context(ca)

    async def open_(url: str) -> Connection:
        # Without the keyword the library makes its own context.
        ws = await connect(url, compression=None, ping_interval=None, **({"ssl": tls} if tls is not None else {}))
        return Connection(ws.send, ws.recv, ws.close)

    return open_


async def aiohttp_opener(ca: str) -> Opener:
    import aiohttp

    tls = context(ca)
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def open_(url: str) -> Connection:
        ws = await session.ws_connect(url, ssl=tls if tls is not None else True, compress=0, max_msg_size=0)

        async def send(data: Any) -> None:
            await (ws.send_bytes(data) if isinstance(data, bytes) else ws.send_str(data))

        return Connection(send, ws.receive, ws.close)

    return open_


async def websocket_client_opener(ca: str) -> Opener:
    """Adapt a blocking library: its calls block inside the coroutine."""
    import websocket

    tls = context(ca)

    async def open_(url: str) -> Connection:
        ws = websocket.create_connection(url, sslopt={"context": tls} if tls is not None else {})

        async def send(data: Any) -> None:
            ws.send(data, websocket.ABNF.OPCODE_BINARY if isinstance(data, bytes) else websocket.ABNF.OPCODE_TEXT)

        async def recv() -> Any:
            return ws.recv()

        async def close() -> None:
            ws.close()

        return Connection(send, recv, close)

    return open_


async def wssure_stdlib_opener(ca: str) -> Opener:
    """Open connections with Python's own ssl module, to compare with the direct use of libssl."""
    return await wssure_opener(ca, backend="stdlib")


OPENERS: dict[str, Callable[..., Awaitable[Opener]]] = {
    "wssure": wssure_opener,
    "wssure.stdlib": wssure_stdlib_opener,
    "websockets": websockets_opener,
    "picows.websockets": picows_websockets_opener,
    "aiohttp": aiohttp_opener,
    "websocket-client": websocket_client_opener,
}
# Clients that cache sessions do so by default; a full handshake needs an empty cache.
RESUMES = ("wssure", "wssure.stdlib")


async def echo(ws: Connection, data: bytes, count: int) -> None:
    send, recv = ws.send, ws.recv
    for _ in range(count):
        await send(data)
        await recv()


async def send_stream(ws: Connection, data: bytes, count: int) -> None:
    send = ws.send
    for _ in range(count):
        await send(data)
    await send("end")
    await ws.recv()


async def recv_stream(ws: Connection, data: bytes, count: int) -> None:
    recv = ws.recv
    for _ in range(count):
        await recv()


STREAMS = {"echo": echo, "send": send_stream, "recv": recv_stream}


async def client(name: str, port: int, ca: str, workload: str, size: int, count: int) -> dict[str, float]:
    if name == "picows":
        return await picows_client(port, ca, workload, size, count)
    if workload == "many" and name == "websocket-client":
        raise SystemExit("a blocking library has no loop for 200 connections")
    open_ = await OPENERS[name]("" if workload == "default" else ca)
    base = f"wss://localhost:{port}"
    data = b"x" * size
    if workload in ("connect", "default", "resumed"):
        if workload == "resumed" and name not in RESUMES:
            raise SystemExit(f"{name} resumes no sessions")
        return await connects(open_, f"{base}/sink", count, full=workload != "resumed" and name in RESUMES)
    if workload == "many":
        all_ = [await open_(f"{base}/echo") for _ in range(CONNECTIONS)]
        with Meter(count) as meter:
            await asyncio.gather(*(echo(ws, data, count // CONNECTIONS) for ws in all_))
        return meter.result
    path = {"echo": "/echo", "send": "/sink", "recv": f"/source/{size}/{count}"}[workload]
    ws = await open_(base + path)
    with Meter(count) as meter:
        await STREAMS[workload](ws, data, count)
    return meter.result


async def connects(open_: Opener, url: str, count: int, *, full: bool) -> dict[str, float]:
    """Open and close connections one after another; the first one is not counted."""
    await (await open_(url)).close()
    forget = (lambda: None) if not full else forget_sessions
    with Meter(count) as meter:
        for _ in range(count):
            forget()
            await (await open_(url)).close()
    return meter.result


def forget_sessions() -> None:
    from wssure.aio.client_tls import SESSIONS

    SESSIONS.clear()


async def picows_client(port: int, ca: str, workload: str, size: int, count: int) -> dict[str, float]:
    """Use the callback API of picows, which has no coroutine to receive."""
    if workload in ("default", "resumed"):
        raise SystemExit("its core makes no context and resumes no sessions")
    base, tls = f"wss://localhost:{port}", context(ca)
    if workload == "connect":
        return await picows_connects(f"{base}/sink", tls, count)
    path = {"echo": "/echo", "many": "/echo", "send": "/sink", "recv": f"/source/{size}/{count}"}[workload]
    return await picows_stream(base + path, tls, workload, b"x" * size, count)


async def picows_connects(url: str, tls: ssl.SSLContext | None, count: int) -> dict[str, float]:
    from picows import WSListener, ws_connect

    with Meter(count) as meter:
        for _ in range(count):
            transport, _ = await ws_connect(WSListener, url, ssl_context=tls)
            transport.disconnect()
    return meter.result


async def picows_stream(
    url: str, tls: ssl.SSLContext | None, workload: str, data: bytes, count: int
) -> dict[str, float]:
    from picows import WSListener, WSMsgType, ws_connect

    echoing = workload in ("echo", "many")
    connections = CONNECTIONS if workload == "many" else 1
    done = asyncio.Semaphore(0)

    class Listener(WSListener):
        # A sink answers only once, at the end of the stream.
        left = 1 if workload == "send" else count // connections

        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            frame.get_payload_as_bytes()
            self.left -= 1
            if self.left == 0:
                done.release()
            elif echoing:
                transport.send(WSMsgType.BINARY, data)

    transports = [(await ws_connect(Listener, url, ssl_context=tls))[0] for _ in range(connections)]
    with Meter(count) as meter:
        for transport in transports if echoing else ():
            transport.send(WSMsgType.BINARY, data)
        if workload == "send":
            picows_send(transports[0], data, count)
        for _ in range(connections):
            await done.acquire()
    return meter.result


def picows_send(transport: Any, data: bytes, count: int) -> None:
    from picows import WSMsgType

    for _ in range(count):
        transport.send(WSMsgType.BINARY, data)
    transport.send(WSMsgType.TEXT, b"end")


class Meter:
    """Measures CPU and wall seconds of this process between entry and exit."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.result: dict[str, float] = {}

    def __enter__(self) -> Meter:
        self.cpu, self.wall = used(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.result = {"messages": self.count, "cpu_s": used() - self.cpu, "wall_s": time.perf_counter() - self.wall}


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def echoes(path: str, message: object) -> bool:
    """Return True if the C server would echo this: /sink echoes only text, which is the end of a stream."""
    return path != "/sink" or isinstance(message, str)


async def handle(ws: Any, path: str) -> None:
    """Serve a connection of a library with iterable connections."""
    async for message in ws:
        if echoes(path, message):
            await ws.send(message)
        del message  # otherwise every idle connection keeps its last message


async def serve_wssure(cert: str, key: str, backend: str | None = None) -> int:
    import wssure

    async def handler(ws: Any) -> None:
        await handle(ws, ws.request.path)

    site = wssure.Site(("localhost",), cert, key)
    server = await wssure.serve(
        handler,
        "127.0.0.1",
        sites=[site],
        backend=backend,
        compression=None,
        ping_interval=None,
        max_size=2**26,
        max_connections=None,
    )
    return server.port


async def serve_wssure_stdlib(cert: str, key: str) -> int:
    return await serve_wssure(cert, key, "stdlib")


async def serve_websockets(cert: str, key: str, module: str = "websockets.asyncio.server") -> int:
    import importlib

    serve = importlib.import_module(module).serve

    async def handler(ws: Any) -> None:
        await handle(ws, ws.request.path)

    server = await serve(
        handler, "127.0.0.1", 0, ssl=server_context(cert, key), compression=None, ping_interval=None, max_size=2**26
    )
    return next(iter(server.sockets)).getsockname()[1]


async def serve_picows_websockets(cert: str, key: str) -> int:
    return await serve_websockets(cert, key, "picows.websockets.asyncio.server")


async def serve_picows(cert: str, key: str) -> int:
    from picows import WSListener, WSMsgType, ws_create_server

    class Listener(WSListener):
        def __init__(self, path: str) -> None:
            self.sink = path == "/sink"

        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            if frame.msg_type in (WSMsgType.BINARY, WSMsgType.TEXT):
                data = frame.get_payload_as_bytes()
                if not self.sink or frame.msg_type == WSMsgType.TEXT:
                    transport.send(frame.msg_type, data)
            elif frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()

    server = await ws_create_server(
        lambda request: Listener(request.path.decode()), "127.0.0.1", 0, ssl=server_context(cert, key)
    )
    return server.sockets[0].getsockname()[1]


async def serve_aiohttp(cert: str, key: str) -> int:
    from aiohttp import WSMsgType, web

    async def handler(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, max_msg_size=0)
        await ws.prepare(request)
        async for message in ws:
            if echoes(request.path, message.data):
                await (ws.send_bytes(message.data) if message.type == WSMsgType.BINARY else ws.send_str(message.data))
            del message
        return ws

    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(cert, key))
    await site.start()
    return runner.addresses[0][1]


def server_context(cert: str, key: str) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    return tls


SERVERS: dict[str, Callable[[str, str], Awaitable[int]]] = {
    "wssure": serve_wssure,
    "wssure.stdlib": serve_wssure_stdlib,
    "websockets": serve_websockets,
    "picows.websockets": serve_picows_websockets,
    "picows": serve_picows,
    "aiohttp": serve_aiohttp,
}


async def server(name: str, cert: str, key: str) -> None:
    print(await SERVERS[name](cert, key), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    side, name, loop, *rest = sys.argv[1:]
    if loop == "uvloop":
        import uvloop

        runner = uvloop.run
    else:
        runner = asyncio.run
    if side == "server":
        runner(server(name, *rest))
    else:
        port, ca, workload, size, count = rest
        print(json.dumps(runner(client(name, int(port), ca, workload, int(size), int(count)))))


if __name__ == "__main__":
    main()
