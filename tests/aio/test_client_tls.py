"""The client's side of TLS: which backend and which settings one `connect` uses, and which session it offers again."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest
from tests.aio.serving import NAME, Loopback, hold

from wssure import TLSSettings, connect

pytestmark = pytest.mark.matrix


async def opened(loopback: Loopback, port: int, settings: TLSSettings, **options: object) -> tuple[bool, str | None]:
    """Connect, and return whether the session was resumed and the protocol that ALPN chose."""
    url = f"wss://{NAME}:{port}/"
    async with connect(url, **{"address": "127.0.0.1", "tls": settings, "backend": loopback.backend} | options) as ws:
        await (await ws.ping())  # In TLS 1.3 the tickets come after the handshake.
        assert ws.tls is not None
        return ws.tls.resumed, ws.tls.alpn


async def test_the_same_settings_resume_and_different_ones_do_not(secure: Loopback):
    settings = TLSSettings(ca=secure.ca_pem)
    # Each difference in what was verified or offered makes a session of its own.
    different = [
        replace(settings, verify="chain"),
        replace(settings, allow_expired=True),
        replace(settings, strict=True),
        replace(settings, max_version="TLSv1.2"),
        replace(settings, alpn=("http/1.1", "other")),
    ]
    async with secure.server(hold) as server:
        assert not (await opened(secure, server.port, settings))[0]
        assert (await opened(secure, server.port, settings))[0]
        for other in different:
            assert not (await opened(secure, server.port, other))[0], other


async def test_only_http_1_1_is_offered_unless_the_caller_says_otherwise(secure: Loopback):
    settings = TLSSettings(ca=secure.ca_pem)
    async with secure.server(hold) as server:
        assert (await opened(secure, server.port, settings))[1] == "http/1.1"
        assert (await opened(secure, server.port, replace(settings, alpn=())))[1] is None


async def test_a_context_of_the_callers_is_used_on_the_stdlib_and_stays_as_it_was(secure: Loopback):
    context = ssl.create_default_context(cadata=secure.ca_pem.decode())
    before = (context.verify_mode, context.check_hostname, context.options, context.minimum_version)
    async with (
        secure.server(hold) as server,
        connect(f"wss://{NAME}:{server.port}/", address="127.0.0.1", tls=context) as ws,
    ):
        assert ws.tls is not None
        assert ws.tls.server_name == NAME
    assert before == (context.verify_mode, context.check_hostname, context.options, context.minimum_version)
