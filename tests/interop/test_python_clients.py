"""The clients of PyPI and our server: messages, fragments, pings, compression, closing, client certificates, names."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from tests.aio.serving import turns
from tests.interop import orders
from tests.interop.conftest import Ours
from tests.interop.peers import PYTHON_CLIENTS, who

if TYPE_CHECKING:
    from tests.interop.python_clients import Talk

EACH = pytest.mark.parametrize("client", who(PYTHON_CLIENTS), indirect=True)
EACH_THAT_FRAGMENTS = pytest.mark.parametrize("client", who(PYTHON_CLIENTS, "fragments"), indirect=True)


@contextlib.asynccontextmanager
async def opened(
    client, ours: Ours, handler: orders.Obeying | None = None, *, mutual: bool = False
) -> AsyncIterator[Talk]:
    """Open a connection of theirs to a server of ours."""
    async with ours.serve(handler or orders.Obeying(), ask_client=mutual) as server:
        talk = await client.open(f"wss://localhost:{server.port}/", ours.files.client_context(present=mutual))
        try:
            yield talk
        finally:
            await talk.end()


@EACH
async def test_every_message_comes_back_as_it_went(client, ours: Ours):
    async with opened(client, ours) as talk:
        for message in orders.MESSAGES.values():
            await talk.send(message)
            assert await talk.receive() == message


@EACH
async def test_compression_is_agreed_where_they_offer_it(client, ours: Ours, request: pytest.FixtureRequest):
    async with opened(client, ours) as talk:
        assert talk.deflate is ("deflate" in PYTHON_CLIENTS[request.node.callspec.params["client"]])


@EACH_THAT_FRAGMENTS
async def test_we_put_their_fragments_together(client, ours: Ours):
    async with opened(client, ours) as talk:
        await talk.send_fragments(orders.PIECES)
        assert await talk.receive() == orders.WHOLE


@EACH
async def test_they_put_our_fragments_together(client, ours: Ours):
    async with opened(client, ours) as talk:
        await talk.send(orders.FRAGMENTS)
        assert await talk.receive() == orders.WHOLE


@EACH
async def test_pings_are_answered_both_ways(client, ours: Ours):
    async with opened(client, ours) as talk:
        await talk.ping()
        await talk.send(orders.PING)
        assert await talk.receive() == orders.PONG_CAME


@EACH
async def test_we_read_the_code_with_which_they_close(client, ours: Ours):
    handler = orders.Obeying()
    async with opened(client, ours, handler) as talk:
        await talk.close(4001, "they go")
        await turns(lambda: handler.close_codes)
        assert handler.close_codes == [4001]


@EACH
async def test_they_read_the_code_with_which_we_close(client, ours: Ours):
    async with opened(client, ours) as talk:
        await talk.send(f"{orders.CLOSE} 4002 we go")
        assert await talk.close_code() == 4002


@EACH
async def test_their_client_certificate_opens_the_door(client, ours: Ours):
    handler = orders.Obeying()
    async with opened(client, ours, handler, mutual=True) as talk:
        await talk.send("in")
        assert await talk.receive() == "in"
        tls = handler.sockets[0].tls
        assert tls is not None
        assert tls.peer_certificate == ssl.PEM_cert_to_DER_cert(_first(ours.files.client_chain.read_text()))


def _first(chain: str) -> str:
    end = "-----END CERTIFICATE-----"
    return chain[: chain.index(end) + len(end)]


@EACH
async def test_without_the_demanded_certificate_they_are_told_why(client, ours: Ours):
    handler = orders.Obeying()
    async with ours.serve(handler, ask_client=True) as server:
        # In TLS 1.2, so that every library reads our alert where its handshake still is in progress.
        context = ours.files.client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((OSError, RuntimeError)) as caught:
            await client.open(f"wss://localhost:{server.port}/", context)
        assert "HANDSHAKE_FAILURE" in _words(caught.value).upper()
    assert handler.sockets == []


def _words(error: BaseException | None) -> str:
    """Return the texts of an error and of what led to it."""
    words = []
    while error is not None:
        words.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return " / ".join(words)
