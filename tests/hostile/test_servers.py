"""Servers that answer an upgrade without end, or with what no client asked for: the client says so and lets go."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback, tcp_server

from wssure import TLSFailed, UpgradeFailed
from wssure.aio.stream import SCRATCH_BYTES
from wssure.facts import TlsReceived
from wssure.tls.connection import MAX_HANDSHAKE_BYTES

OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "a header without end": OK + b"X: " + b"x" * 100_000,
    "thousands of headers": OK + b"X: y\r\n" * 5000,
    "headers without end": OK + (b"X: " + b"x" * 4000 + b"\r\n") * 100,
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
    "a status line without end": b"HTTP/1.1 200 " + b"x" * 100_000,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_without_end_is_refused_at_a_limit(plain: Loopback, answer):
    async def says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        try:
            await writer.drain()
            await reader.read()
        except ConnectionError:
            pass
        writer.close()

    async with tcp_server(says) as port:
        with pytest.raises(UpgradeFailed) as caught:
            await plain.connect(port)
    assert caught.value.failure.cause != "unknown.upgrade"


async def test_a_body_without_end_is_cut(plain: Loopback):
    async def says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with tcp_server(says) as port:
        with pytest.raises(UpgradeFailed) as caught:
            await plain.connect(port)
    assert caught.value.failure.cause == "http.403"
    assert len(caught.value.response.body) <= 65536


async def test_a_server_that_says_one_byte_at_a_time_is_bounded_by_the_clock(plain: Loopback):
    async def says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"H" if not reader.at_eof() else b"")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            writer.close()

    async with tcp_server(says) as port:
        with pytest.raises(UpgradeFailed):
            await plain.connect(port, timeouts={"upgrade": 0.2})


JUNK = {
    "change_cipher_spec": b"\x14\x03\x03\x00\x01\x01",
    "warning alerts": b"\x15\x03\x03\x00\x02\x01\x5a",
    "a certificate in single bytes": b"\x16\x03\x03\x00\x01\x0b",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_a_handshake_of_junk_is_ended_before_long(secure: Loopback, junk):
    async def says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        try:
            while True:
                writer.write(junk * 1000)
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with tcp_server(says) as port:
        with pytest.raises(TLSFailed) as caught:
            await secure.connect(port, open_timeout=None)
    assert caught.value.failure.fact(TlsReceived).bytes <= MAX_HANDSHAKE_BYTES + SCRATCH_BYTES
