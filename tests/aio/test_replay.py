"""Recorded bytes are sent as they are, and the answer says how it ended."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from tests.aio.serving import tcp_server

from wssure.aio.replay import replay

RECORDED = bytes(range(256)) * 4
ANSWER = b"answer" * 100


async def ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def keeps(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def goes_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not reader.at_eof():
        writer.write(ANSWER)
        await asyncio.sleep(0)
        if writer.is_closing():
            return
    writer.close()


@pytest.mark.parametrize(
    ("behaviour", "ended", "quiet_s"),
    [(ends, "eof", 60), (keeps, "timeout", 0.05)],
    ids=["the server ends", "the server falls silent"],
)
async def test_an_answer_is_whole_and_its_end_is_named(behaviour, ended: str, quiet_s: float):
    received = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readexactly(len(RECORDED)))
        writer.write(ANSWER)
        await writer.drain()
        await behaviour(reader, writer)

    async with tcp_server(server) as port:
        reply = await replay(RECORDED, "127.0.0.1", port, quiet_s=quiet_s)
    assert received == [RECORDED]
    assert (reply.data, reply.ended) == (ANSWER, ended)


async def test_a_reset_is_no_error_but_an_end():
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(RECORDED))
        await resets(reader, writer)

    async with tcp_server(server) as port:
        assert (await replay(RECORDED, "127.0.0.1", port, quiet_s=60)).ended == "reset"


async def test_an_answer_without_end_is_cut_at_the_limit():
    async with tcp_server(goes_on) as port:
        reply = await replay(RECORDED, "127.0.0.1", port, quiet_s=60, limit=1000)
    assert (len(reply.data), reply.ended) == (1000, "limit")


async def test_a_port_that_refuses_is_the_systems_error():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # Bound and not listening.
        with pytest.raises(ConnectionRefusedError):
            await replay(RECORDED, "127.0.0.1", sock.getsockname()[1])
