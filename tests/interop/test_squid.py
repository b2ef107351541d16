"""squid between our client and our server: with and without a password, on every backend; and what it refuses."""

from __future__ import annotations

import asyncio

import pytest
from tests.backends import EXPECTED
from tests.interop.processes import free_port
from tests.interop.squid import squid_running

from wssure import ConnectFailed, Site, TLSSettings, connect, serve

NAME = "b.example.net"
RULES = {"open": (), "with a user": ("acl known proxy_auth REQUIRED", "http_access deny !known")}


async def echo(ws):
    async for message in ws:
        await ws.send(message)


@pytest.fixture(params=RULES)
def squid(request, tmp_path):
    port = free_port()
    with squid_running(port, tmp_path, *RULES[request.param]):
        yield f"http://user:password@127.0.0.1:{port}" if RULES[request.param] else f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("backend", EXPECTED)
def test_messages_pass_through_squid(squid, backend, site_pem, ca_pem):
    async def run() -> None:
        sites = [Site((NAME,), site_pem(NAME))]
        async with serve(echo, "127.0.0.1", sites=sites, strict_sni=True, backend=backend) as server:
            url = f"wss://{NAME}:{server.port}/"
            async with connect(
                url, address="127.0.0.1", proxy=squid, backend=backend, tls=TLSSettings(ca=ca_pem)
            ) as ws:
                for message in ("text", b"\x00" * 100_000):
                    await ws.send(message)
                    assert await ws.recv() == message
                assert ws.tls.server_name == NAME

    asyncio.run(run())


def test_squids_own_word_is_in_the_explanation(squid):
    async def run() -> ConnectFailed:
        with pytest.raises(ConnectFailed) as caught:
            await connect(f"wss://{NAME}:1/", address="127.0.0.1", proxy=squid)
        return caught.value

    error = asyncio.run(run())
    assert error.failure.cause == "proxy.bad-gateway"
    assert "ERR_CONNECT_FAIL 111" in error.failure.summary
    assert b"squid" in error.response.body
