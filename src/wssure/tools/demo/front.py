"""A TCP front for a TLS server: it reads the server_name of each ClientHello off the wire and passes every byte on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from wssure.wire.decode import DecodeError
from wssure.wire.hello import find_client_hello

_HEADER_BYTES: Final = 5


class Front:
    """The open front.

    Args:
        target: The port of the server behind it, on this machine.

    Attributes:
        port: The port of the front.
        seen: The server_name of each client so far; None if it sent none.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.seen: list[str | None] = []

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read the first TLS record of a client, note the name in it, and connect the client to the server."""
        try:
            header = await reader.readexactly(_HEADER_BYTES)
            record = header + await reader.readexactly(int.from_bytes(header[3:]))
            self.seen.append(find_client_hello(record).server_name)
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            back.write(record)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        except (OSError, EOFError, DecodeError):
            pass  # the client left, or is no TLS client: nothing to show of it
        finally:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def front(target: int) -> AsyncIterator[Front]:
    """Open a front for the server at a port of this machine."""
    opened = Front(target)
    server = await asyncio.start_server(opened.relay, "127.0.0.1", 0)
    opened.port = server.sockets[0].getsockname()[1]
    try:
        yield opened
    finally:
        server.close()
