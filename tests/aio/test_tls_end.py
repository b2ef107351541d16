"""A TLS connection that ends with a goodbye is told from one that is cut off, after the handshake too."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import ssl
from pathlib import Path

import pytest
from tests.aio.serving import NAME, Loopback

from wssure import ConnectionClosedError
from wssure.facts import TlsEof

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@pytest.mark.parametrize("clean", [True, False], ids=["goodbye", "cut"])
async def test_a_goodbye_of_tls_without_one_of_websocket_is_noted_as_what_it_is(
    secure: Loopback, site_pem, tmp_path: Path, clean: bool
):
    path = tmp_path / "site.pem"
    path.write_bytes(site_pem(NAME))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    async def upgrade_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", request).group(1)
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        await writer.drain()
        if clean:
            writer.close()
        else:
            writer.transport.abort()

    server = await asyncio.start_server(upgrade_and_leave, "127.0.0.1", 0, ssl=context)
    async with server:
        ws = await secure.connect(server.sockets[0].getsockname()[1])
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        await ws.wait_closed()
    end = caught.value.failure.fact(TlsEof)
    assert end.after == "done"
    assert end.clean is clean
