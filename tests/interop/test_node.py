"""The npm package ws, both ways: its client and our server, our client and its server."""

from __future__ import annotations

import asyncio
import json
import pathlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.aio.serving import turns
from tests.interop import orders
from tests.interop.conftest import Ours, refusal
from tests.interop.peers import NODE_MODULES, need_node_module
from tests.interop.processes import output_of, talking

from wssure import Confidence, ConnectionClosed, Stage

SCRIPTS = pathlib.Path(__file__).parent / "node"
ENVIRONMENT = {"NODE_PATH": str(NODE_MODULES), "PIECES": json.dumps(orders.PIECES)}


async def node_client(ours: Ours, folder: pathlib.Path, port: int, *, present: bool = False) -> dict[str, Any]:
    """Run the client's conversation and return what it saw."""
    argv = [need_node_module("ws"), str(SCRIPTS / "client.cjs"), f"wss://localhost:{port}/", str(ours.files.ca)]
    if present:
        argv += [str(ours.files.client_chain), str(ours.files.client_key)]
    _, said = await output_of(argv, folder, environment=ENVIRONMENT)
    seen: dict[str, Any] = json.loads(said)
    return seen


class NodeServer:
    """A running server of theirs."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def close_code(self) -> int:
        """Return the next close code it has seen."""
        code: int = (await _line(self.process))["closed"]
        return code


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(await process.stdout.readline())
    return line


@asynccontextmanager
async def node_server(ours: Ours, folder: pathlib.Path, *, ask_client: bool = False) -> AsyncIterator[NodeServer]:
    argv = [need_node_module("ws"), str(SCRIPTS / "server.cjs"), str(ours.files.chain), str(ours.files.key)]
    if ask_client:
        argv.append(str(ours.files.ca))
    async with talking(argv, folder, ENVIRONMENT) as process:
        yield NodeServer(process, (await _line(process))["port"])


async def test_their_client_sees_all_that_our_server_promises(ours: Ours, tmp_path: pathlib.Path):
    handler = orders.Obeying()
    async with ours.serve(handler) as server:
        seen = await node_client(ours, tmp_path, server.port)
        await turns(lambda: len(handler.close_codes) == 2)
    assert seen == {
        "extensions": "permessage-deflate",
        "same": dict.fromkeys(orders.MESSAGES, True),
        "ourPieces": orders.WHOLE,
        "theirPieces": orders.WHOLE,
        "pong": "are you there",
        "pingAnswered": orders.PONG_CAME,
        "closed": {"code": 4002, "reason": "we go"},
    }
    assert handler.close_codes == [4001, 4002]


async def test_our_server_demands_their_certificate(ours: Ours, tmp_path: pathlib.Path):
    handler = orders.Obeying()
    async with ours.serve(handler, ask_client=True) as server:
        refused = await node_client(ours, tmp_path, server.port)
        assert handler.sockets == []
        admitted = await node_client(ours, tmp_path, server.port, present=True)
    # RFC 8446 section 6.2: certificate_required (116), delivered although their handshake was done.
    assert refused == {"error": "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"}
    assert admitted["pong"] == "are you there"


async def test_our_client_sees_all_that_their_server_does(ours: Ours, tmp_path: pathlib.Path):
    async with node_server(ours, tmp_path) as server:
        async with ours.connect(server.port) as ws:
            assert ws.response is not None
            assert "permessage-deflate" in (ws.response.headers.get("Sec-WebSocket-Extensions") or "")
            for message in orders.MESSAGES.values():
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send(orders.PIECES)
            assert await ws.recv() == orders.WHOLE
            await ws.send(orders.FRAGMENTS)
            assert await ws.recv() == orders.WHOLE
            assert await (await ws.ping(b"are they there")) >= 0
            await ws.send(orders.PING)
            assert await ws.recv() == orders.PONG_CAME
            await ws.close(4001, "we go")
        assert await server.close_code() == 4001

        async with ours.connect(server.port) as ws:
            await ws.send(f"{orders.CLOSE} 4002 they go")
            with pytest.raises(ConnectionClosed) as caught:
                await ws.recv()
            assert (caught.value.code, caught.value.reason) == (4002, "they go")


async def test_their_server_demands_our_certificate(ours: Ours, tmp_path: pathlib.Path):
    async with node_server(ours, tmp_path, ask_client=True) as server:
        async with ours.connect(server.port, **ours.present()) as ws:
            await ws.send("in")
            assert await ws.recv() == "in"
        failure = await refusal(ours.connect(server.port))
    assert (failure.stage, failure.cause) == (Stage.TLS, "tls.client-cert-required")
    assert failure.confidence is Confidence.CERTAIN
