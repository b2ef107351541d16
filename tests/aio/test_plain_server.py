"""The log of a server without TLS has no word of TLS, and its fixes are for the owner of a server."""

from __future__ import annotations

import asyncio
import logging

import pytest

from wssure import serve
from wssure.diagnose import render

HERE = "127.0.0.1"


async def quiet(ws) -> None:
    await ws.wait_closed()


async def logged(data: bytes, *, ends: bool, caplog) -> str:
    """Send bytes, then end or stay silent until the server gives up; return the explanation in its log."""
    with caplog.at_level(logging.INFO, logger="wssure.server"):
        async with serve(quiet, HERE, open_timeout=0.2) as server:
            reader, writer = await asyncio.open_connection(HERE, server.port)
            writer.write(data)
            if ends:
                writer.write_eof()
            await reader.read()
            writer.close()
    (failure,) = [record.failure for record in caplog.records if hasattr(record, "failure")]
    return render(failure)


WAYS = {
    "silence": (b"", False, "http.timeout"),
    "half a request": (b"GET / HTTP/1.1\r\nHost: a", False, "http.timeout"),
    "half a request and the end": (b"GET / HTTP/1.1\r\nHost: a", True, "http.eof"),
    "no request": (b"HELO mail.example.net\r\n\r\n", True, None),
}


@pytest.mark.parametrize("how", WAYS)
async def test_a_server_without_tls_does_not_speak_of_it(caplog, how):
    data, ends, cause = WAYS[how]
    text = await logged(data, ends=ends, caplog=caplog)
    assert cause is None or text.startswith(f"error[{cause}]: ")
    assert "tls" not in text.lower()
    assert "plain GET" not in text
    assert "the client" in text
