"""libwebsockets as Debian ships it (4.1.6 in 12, 4.3.5 in 13), both ways: its test server and our client, its test client and our server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from tests.aio.serving import turns
from tests.interop.conftest import Ours, refusal
from tests.interop.peers import need
from tests.interop.processes import Running, free_port, running, said_until, talking

from wssure import Confidence, Site, Stage, WebSocket, connect

DUMB = "dumb-increment-protocol"
MIRROR = "lws-mirror-protocol"
# What their client makes of the name it was given, without the port: over TLS up to 4.1 the first, later the second.
ORIGINS = ["http://localhost", "https://localhost"]
# A line to draw: what the test client sends on the mirror protocol, all the time.
DRAWING = re.compile(r"[cd] #[0-9A-F]{6} \d+ \d+ \d+;")


@contextlib.contextmanager
def lws_server(ours: Ours, folder: pathlib.Path, *options: str) -> Iterator[tuple[int, Running]]:
    port = free_port()
    argv = [need("libwebsockets-test-server"), f"--port={port}", "--ssl", "-d", "7"]
    argv += ["-C", str(ours.files.chain), "-K", str(ours.files.key), *options]
    with running(argv, port, folder) as process:
        yield port, process


def _speaking(ours: Ours, port: int, *subprotocols: str, **tls: object):
    settings = ours.settings(**tls)
    return connect(f"wss://localhost:{port}/", tls=settings, backend=ours.backend, subprotocols=subprotocols or None)


async def test_their_server_counts_for_us(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path) as (port, _):
        async with _speaking(ours, port, DUMB) as ws:
            assert ws.subprotocol == DUMB
            assert [await ws.recv() for _ in range(5)] == ["0", "1", "2", "3", "4"]
            await ws.send("reset\n")
            while await ws.recv() != "0":
                pass


async def test_their_server_mirrors_to_every_client_of_ours(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path) as (port, _):
        async with _speaking(ours, port, MIRROR) as first, _speaking(ours, port, MIRROR) as second:
            await first.send(["d #0000", "FF 1 2 3;"])
            for ws in (first, second):  # it mirrors each fragment as a message of its own
                assert [await ws.recv(), await ws.recv()] == ["d #0000", "FF 1 2 3;"]


async def test_their_server_answers_pings_and_closes(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path) as (port, _):
        async with _speaking(ours, port, MIRROR) as ws:
            assert await (await ws.ping(b"are they there")) >= 0
            await ws.close(1000, "we go")
        assert ws.close_code == 1000


async def test_compression_is_agreed_though_their_server_ignores_the_window(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path) as (port, _):
        async with _speaking(ours, port) as ws:
            assert ws.response is not None
            assert ws.response.headers.get("Sec-WebSocket-Extensions") == "permessage-deflate"
            await ws.send("compressed " * 100)
            assert await (await ws.ping()) >= 0


async def test_their_server_demands_our_certificate(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path, "--ssl-verify-client", "-A", str(ours.files.ca)) as (port, _):
        async with _speaking(ours, port, DUMB, **ours.present()) as ws:
            assert await ws.recv() == "0"
        failure = await refusal(_speaking(ours, port, DUMB))
    assert (failure.stage, failure.cause, failure.confidence) == (
        Stage.TLS,
        "tls.client-cert-required",
        Confidence.CERTAIN,
    )


async def test_a_subprotocol_their_server_does_not_speak_is_a_close_without_a_word(ours: Ours, tmp_path: pathlib.Path):
    with lws_server(ours, tmp_path) as (port, process):
        failure = await refusal(_speaking(ours, port, "no-such-protocol"))
        # Only their log knows why, so our words stay careful.
        assert 'No supported protocol "no-such-protocol"' in process.said()
    assert (failure.stage, failure.cause, failure.confidence) == (Stage.UPGRADE, "http.eof", Confidence.LIKELY)


def _client(ours: Ours, port: int, name: str = "localhost") -> list[str]:
    return [
        need("libwebsockets-test-client"),
        name,
        f"--port={port}",
        "--strict-ssl",
        f"--ssl-ca={ours.files.ca}",
        "-d",
        "1039",  # errors, warnings, notices, info, and what the client's own code says
    ]


class Mirror:
    """A handler that counts on one subprotocol and mirrors on the other, then closes both."""

    def __init__(self) -> None:
        self.drawn: list[str | bytes] = []
        self.names: set[str | None] = set()
        self.ended = asyncio.Event()

    async def __call__(self, ws: WebSocket) -> None:
        assert ws.tls is not None
        self.names.add(ws.tls.server_name)
        if ws.subprotocol == DUMB:
            for number in range(5):
                await ws.send(str(number))
            await (await ws.ping(b"are they there"))
            await ws.close(1000, "that is all")
            return
        for _ in range(5):
            self.drawn.append(await ws.recv())
            await ws.send(self.drawn[-1])
        self.ended.set()


async def test_their_client_draws_with_our_server(ours: Ours, tmp_path: pathlib.Path):
    handler = Mirror()
    async with (
        ours.serve(handler, subprotocols=[DUMB, MIRROR], origins=ORIGINS) as server,
        talking(_client(ours, server.port), tmp_path) as process,
    ):
        await handler.ended.wait()
        said = await said_until(process, b"mirror: LWS_CALLBACK_CLOSED")
    assert len(handler.drawn) == 5
    assert all(isinstance(line, str) and DRAWING.fullmatch(line) for line in handler.drawn), handler.drawn
    assert handler.names == {"localhost"}
    # Its other connection, which counts, is given up by 4.3.5 where a name has addresses of both families.
    assert b"mirror: LWS_CALLBACK_CLIENT_ESTABLISHED" in said


async def test_the_origin_their_client_sends_must_be_listed(
    best: Ours, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "wssure.server")
    async with (
        best.serve(Mirror(), subprotocols=[DUMB, MIRROR], origins=["https://other.example"]) as server,
        talking(_client(best, server.port), tmp_path),
    ):
        await turns(lambda: "http.origin" in caplog.text)
    assert any(f'the Origin "{origin}", which is not allowed' in caplog.text for origin in ORIGINS)


async def test_their_client_refuses_a_name_we_do_not_prove(
    ours: Ours, tmp_path: pathlib.Path, site_pem: Callable[..., bytes], caplog: pytest.LogCaptureFixture
):
    sites = [Site("b.example", site_pem("b.example"))]
    async with (
        ours.serve(Mirror(), sites=sites) as server,
        talking([*_client(ours, server.port), "--justmirror"], tmp_path),  # one connection, not two
    ):
        await turns(lambda: caplog.records)
    failures = [record.failure for record in caplog.records if hasattr(record, "failure")]
    assert [failure.cause for failure in failures] == ["tls.peer-rejected-our-cert"]
