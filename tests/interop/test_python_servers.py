"""Our client and the servers of PyPI: messages, fragments, pings, compression, closing, client certificates."""

from __future__ import annotations

import pytest
from tests.interop import orders
from tests.interop.conftest import Ours, refusal
from tests.interop.peers import PYTHON_SERVERS, who

from wssure import Confidence, ConnectionClosed, Stage, WebSocket

EACH = pytest.mark.parametrize("server", who(PYTHON_SERVERS), indirect=True)
EACH_THAT_FRAGMENTS = pytest.mark.parametrize("server", who(PYTHON_SERVERS, "fragments"), indirect=True)
EACH_THAT_COMPRESSES = pytest.mark.parametrize("server", who(PYTHON_SERVERS, "deflate"), indirect=True)


@EACH
async def test_every_message_comes_back_as_it_went(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        for message in orders.MESSAGES.values():
            await ws.send(message)
            assert await ws.recv() == message


@EACH
async def test_they_put_our_fragments_together(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        await ws.send(orders.PIECES)
        assert await ws.recv() == orders.WHOLE


@EACH_THAT_FRAGMENTS
async def test_we_put_their_fragments_together(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        await ws.send(orders.FRAGMENTS)
        assert await ws.recv() == orders.WHOLE


@EACH
async def test_pings_are_answered_both_ways(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        assert await (await ws.ping(b"are they there")) >= 0
        await ws.send(orders.PING)
        assert await ws.recv() == orders.PONG_CAME


@EACH_THAT_COMPRESSES
async def test_compression_is_agreed_and_carries_messages(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        assert "permessage-deflate" in _extensions(ws)
        for message in orders.MESSAGES.values():
            await ws.send(message)
            assert await ws.recv() == message


def _extensions(ws: WebSocket) -> str:
    assert ws.response is not None
    return ws.response.headers.get("Sec-WebSocket-Extensions") or ""


@EACH
async def test_they_read_the_code_with_which_we_close(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started:
        ws = await ours.connect(started.port)
        await ws.close(4001, "we go")
        assert await started.close_codes.get() == 4001


@EACH
async def test_we_read_the_code_with_which_they_close(server, ours: Ours):
    async with server.start(ours.files.server_context()) as started, ours.connect(started.port) as ws:
        await ws.send(f"{orders.CLOSE} 4002 they go")
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert (caught.value.code, caught.value.reason) == (4002, "they go")


@EACH
async def test_our_client_certificate_opens_the_door(server, ours: Ours):
    async with (
        server.start(ours.files.server_context(ask_client=True)) as started,
        ours.connect(started.port, **ours.present()) as ws,
    ):
        await ws.send("in")
        assert await ws.recv() == "in"


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@EACH
async def test_a_demanded_client_certificate_we_do_not_have_is_named(server, ours: Ours, version: str):
    # These servers close without an alert, so all there is is what was seen before.
    async with server.start(ours.files.server_context(ask_client=True)) as started:
        failure = await refusal(ours.connect(started.port, max_version=version))
    # Python's ssl hides the request in TLS 1.3; the size of our own last flight shows it.
    assert (failure.stage, failure.cause, failure.confidence) == (
        Stage.TLS,
        "tls.client-cert-required",
        Confidence.LIKELY,
    )
