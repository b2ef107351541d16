"""A request with a flaw in its grammar is logged without what may be secret in it: query, credentials, cookies."""

from __future__ import annotations

import asyncio

import pytest
from tests.aio.serving import Loopback

SECRET = "S3CR3T"
GOOD = "GET / HTTP/1.1\r\nHost: a.test\r\n"
FLAWED = {
    "blank-in-the-target": f"GET /?token={SECRET}&name=a b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "umlaut-in-the-target": f"GET /?token={SECRET}\u00fc HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "blank-before-the-colon": f"{GOOD}Authorization : Bearer {SECRET}\r\n\r\n",
    "folded-cookie": f"GET / HTTP/1.1\r\nCookie: a=1;\r\n sid={SECRET}\r\n\r\n",
    "value-without-a-name": f"{GOOD}Bearer {SECRET}\r\n\r\n",
    "control-character": f"GET / HTTP/1.1\r\nCookie: sid={SECRET}\r\nX-A: a\x01b\r\n\r\n",
    "early-flaw": f"GET / HTTP/1.1\r\nX-A: \x01\r\nCookie: {SECRET}\r\n\r\n",
    "lower-case-method": f"get /?token={SECRET} a HTTP/1.1\r\nHost: a.test\r\n\r\n",
}


@pytest.mark.parametrize("request_text", FLAWED.values(), ids=FLAWED)
async def test_no_secret_of_a_flawed_request_reaches_the_log(plain: Loopback, caplog, request_text: str) -> None:
    async with plain.server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_text.encode("latin-1"))
        answer = await reader.read()
        writer.close()
    assert SECRET.encode() not in answer
    assert caplog.records
    assert SECRET not in caplog.text
    assert SECRET.encode().hex() not in caplog.text


async def test_no_query_of_plain_http_on_a_tls_port_reaches_the_log(secure: Loopback, caplog) -> None:
    async with secure.server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET /?token={SECRET} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        await reader.read()
        writer.close()
    assert caplog.records
    assert SECRET not in caplog.text
