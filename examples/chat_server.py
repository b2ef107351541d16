"""A chat: each message goes to all members. Behind a proxy that ends TLS.

python chat_server.py --origin https://chat.example.net

The first message of a member is its name.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

from wssure import WebSocket, broadcast, serve

members: dict[WebSocket, str] = {}


async def chat(ws: WebSocket) -> None:
    name = await ws.recv(decode=True)
    members[ws] = name
    broadcast(members, f"{name} joined, {len(members)} here")
    try:
        async for message in ws:
            if isinstance(message, str):
                broadcast(members, f"{name}: {message}")
    finally:
        del members[ws]
        broadcast(members, f"{name} left")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--origin", action="append", required=True, help="the origin of the page that may connect")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    stop = asyncio.Event()
    async with serve(
        chat,
        "127.0.0.1",
        options.port,
        origins=options.origin,
        max_size=4096,
        broadcast_limit=2**18,  # a member that takes nothing is closed with 1008
        handshakes_per_address=None,  # all clients have the address of the proxy
    ) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        print("listening on port", server.port, flush=True)
        await stop.wait()


asyncio.run(main())
