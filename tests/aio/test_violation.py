"""A peer that breaks the protocol right behind a message: the message is answered, then the connection fails."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import echo, hold, tcp_server, turns

from wssure import ConnectionClosedError, ProtocolViolation, connect, serve
from wssure.protocol.client_handshake import ClientHandshake
from wssure.wire.frame import FrameReader, Opcode, encode_frame

pytestmark = pytest.mark.matrix
KEY = b"\x01\x02\x03\x04"
BROKEN = b"\x83\x80" + KEY  # opcode 3 is reserved


async def converse(port: int, data: bytes) -> list[tuple[int, bytes]]:
    """Upgrade, send bytes in one piece and return the frames that come until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    handshake = ClientHandshake(f"127.0.0.1:{port}", "/", key=bytes(16))
    writer.write(handshake.request_bytes())
    while (accepted := handshake.receive(await reader.read(4096))) is None:
        pass
    writer.write(data)
    frames = FrameReader(False, False)
    got = frames.frames(accepted.leftover)
    while chunk := await reader.read(65536):
        got += frames.frames(chunk)
    writer.close()
    await writer.wait_closed()
    return [(frame.opcode, bytes(frame.payload)) for frame in got]


async def test_a_message_before_a_violation_is_answered_before_the_close():
    async with serve(echo, "127.0.0.1", compression=None) as server:
        before = encode_frame(Opcode.TEXT, b"one", mask=KEY) + encode_frame(Opcode.TEXT, b"two", mask=KEY)
        got = await converse(server.port, before + BROKEN)
    assert [frame[0] for frame in got] == [Opcode.TEXT, Opcode.TEXT, Opcode.CLOSE]
    assert [frame[1] for frame in got[:2]] == [b"one", b"two"]
    assert int.from_bytes(got[2][1][:2], "big") == 1002


async def test_a_handler_that_never_reads_does_not_hold_a_violation_for_ever():
    async with serve(hold, "127.0.0.1", compression=None) as server:
        got = await converse(server.port, encode_frame(Opcode.TEXT, b"one", mask=KEY) + BROKEN)
    assert [frame[0] for frame in got] == [Opcode.CLOSE]


async def test_recv_gives_the_message_and_then_the_violation():
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from wssure.protocol.server_handshake import ServerHandshake

        handshake = ServerHandshake()
        while (request := handshake.receive(await reader.read(4096))) is None:
            pass
        writer.write(handshake.accept(request) + encode_frame(Opcode.TEXT, b"fine") + b"\x83\x00")
        await reader.read()
        writer.close()

    async with tcp_server(peer) as port, connect(f"ws://127.0.0.1:{port}/", compression=None) as ws:
        await turns(lambda: ws._driver.queue.messages)
        assert await ws.recv() == "fine"
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
    assert isinstance(caught.value.__cause__, ProtocolViolation)
    assert caught.value.failure.cause == "ws.protocol-error"
