"""Clients that get another answer than an open connection: each refusal has its cause, a probe its 200, an end its 503."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl

import pytest
from tests.aio.serving import Loopback, echo, hold, turns
from tests.causes.test_live_server import asks

from wssure import InvalidStatus, UsageError, connect, serve
from wssure.tools.cli.main import guarded

pytestmark = pytest.mark.matrix
PAGE = "https://app.example.net"


async def dialled(loopback: Loopback, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as a probe does, by the IP address."""
    if not loopback.secure:
        return await asyncio.open_connection("127.0.0.1", port)
    context = ssl.create_default_context(cadata=loopback.ca_pem.decode())
    context.check_hostname = False
    return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="127.0.0.1")


async def heard(loopback: Loopback, port: int, request: str) -> bytes:
    """Send bytes and return everything that comes until the end."""
    reader, writer = await dialled(loopback, port)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_refused_origin_is_logged_in_one_line_with_a_fix_that_works(plain: Loopback, caplog):
    """A proxy that ends TLS passes an https page on as plain HTTP."""
    request = asks("Host: app.example.net", f"Origin: {PAGE}")
    with caplog.at_level(logging.WARNING, "wssure.server"):
        async with plain.server(hold) as server:
            answer = await heard(plain, server.port, request)
            assert '\nwssure_failures_total{cause="http.origin"} 1\n' in server.metrics()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert PAGE.encode() in answer
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.failure.cause == "http.origin"
    assert "a proxy that ends TLS" in record.getMessage()
    assert "\n" not in record.getMessage()
    found = re.search(r'serve\(\.\.\., origins=\["([^"]+)"\]\)', record.getMessage())
    assert found
    async with plain.server(hold, origins=[found[1]]) as server:
        reader, writer = await dialled(plain, server.port)
        writer.write(request.encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
        writer.close()


async def test_a_request_without_the_origin_that_must_be_there(plain: Loopback, caplog):
    with caplog.at_level(logging.WARNING, "wssure.server"):
        async with plain.server(hold, origins=[PAGE]) as server:
            assert b"without Origin" in await heard(plain, server.port, asks("Host: a"))
        assert "origins=[None]" in caplog.text
        async with plain.server(hold, origins=[None]) as server, plain.connect(server):
            pass
    assert [record.failure.cause for record in caplog.records] == ["http.origin"]


async def test_a_misdirected_request_is_logged_with_its_cause(secure: Loopback, caplog):
    with caplog.at_level(logging.WARNING, "wssure.server"):
        async with secure.server(hold) as server:
            assert (await heard(secure, server.port, asks("Host: b.example"))).startswith(b"HTTP/1.1 421 ")
    assert [record.failure.cause for record in caplog.records] == ["http.misdirected-421"]


async def test_check_names_the_origin_that_our_server_refuses(plain: Loopback, capsys):
    async with plain.server(hold) as server:
        url = f"ws://127.0.0.1:{server.port}/"
        code = await asyncio.to_thread(guarded, ["check", url, "--origin", PAGE, "--proxy", "none"])
    assert code == 1
    assert "error[http.origin]" in capsys.readouterr().out


PROBES = {
    "by IP": "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "HEAD": "HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1:443\r\n\r\n",
    "old": "GET /healthz HTTP/1.0\r\n\r\n",
    "foreign": f"GET /healthz?full=1 HTTP/1.1\r\nHost: other.example\r\nOrigin: {PAGE}\r\n\r\n",
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
async def test_the_health_path_answers_every_probe_before_any_check(loopback: Loopback, probe, caplog):
    asked = []
    with caplog.at_level(logging.INFO, "wssure.server"):
        options = {"process_request": lambda ws, request: asked.append(request), "origins": [PAGE]}
        async with loopback.server(hold, health="/healthz", **options) as server:
            answer = await heard(loopback, server.port, probe)
            assert "\nwssure_answered_total 1\n" in server.metrics()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0\r\n" in answer
    assert not asked
    assert not caplog.records


async def test_a_health_path_takes_no_websocket_away(loopback: Loopback):
    async with loopback.server(echo, health="/") as server, loopback.connect(server) as ws:
        await ws.send("x")
        assert await ws.recv() == "x"
        assert (await heard(loopback, server.port, PROBES["by IP"].replace("healthz", ""))).startswith(b"HTTP/1.1 200 ")


OTHERS = {
    "another path": "GET /healthz/x HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "another method": "POST /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n",
}


@pytest.mark.parametrize("request_text", OTHERS.values(), ids=OTHERS)
async def test_the_health_path_is_one_path_and_read_only(plain: Loopback, request_text):
    async with plain.server(hold, health="/healthz") as server:
        assert not (await heard(plain, server.port, request_text)).startswith(b"HTTP/1.1 200")


async def test_without_a_health_path_no_path_is_special(plain: Loopback):
    async with plain.server(hold) as server:
        assert (await heard(plain, server.port, PROBES["by IP"])).startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize("wrong", ["healthz", "", "/a b", "/a?b", "/a#b", "/ä", b"/healthz", True])
def test_a_health_path_is_an_absolute_path(wrong):
    with pytest.raises(UsageError, match="health"):
        serve(hold, health=wrong)


NOT_HTTP = [
    "HELP\r\n",
    "EHLO client.example.net\r\n",
    "HELO\n",
    "SSH-2.0-x\r\n",
    "GET /\r\n",
    "a" * 9000,
    "ping\r\n\r\n",
]


@pytest.mark.parametrize("first", NOT_HTTP, ids=lambda first: first[:8].strip())
async def test_a_client_that_speaks_no_http_gets_none(plain: Loopback, first):
    async with plain.server(hold) as server:
        assert await heard(plain, server.port, first) == b""


BROKEN = {
    "GET / HTTP/1.1 x\r\n\r\n": 400,
    "GET / HTTP/1.1\n\n": 400,
    "GET  / HTTP/1.1\r\n\r\n": 400,
    "GET /" + "a" * 9000: 414,
    "GET / HTTP/7.1\r\n\r\n": 505,
}


@pytest.mark.parametrize(("first", "status"), BROKEN.items(), ids=map(str, range(len(BROKEN))))
async def test_a_client_that_speaks_broken_http_is_told_so(plain: Loopback, first, status):
    async with plain.server(hold) as server:
        assert (await heard(plain, server.port, first)).startswith(b"HTTP/1.1 %d " % status)


async def waits_for_ever(ws, request) -> None:
    await asyncio.Event().wait()


BEGUN = {"half a request": asks("Host: a.example")[:-4], "a request that is being judged": asks("Host: a.example")}


@pytest.mark.parametrize("request_text", BEGUN.values(), ids=BEGUN)
async def test_a_server_that_closes_answers_a_client_in_its_upgrade(loopback: Loopback, request_text):
    async with loopback.server(hold, process_request=waits_for_ever) as server:
        reader, writer = await dialled(loopback, server.port)
        writer.write(request_text.encode())
        await turns(lambda: server._handshakes)
        (opening,) = server._handshakes
        whole = request_text.endswith("\r\n\r\n")
        await turns(lambda: opening.asked if whole else opening.reads_request and opening.stream.received_bytes)
        answer = asyncio.ensure_future(reader.read())
        await server.close()
        assert (await answer).startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1" in await answer
        writer.close()


async def test_a_server_that_closes_leaves_silent_clients_at_once(loopback: Loopback):
    async with loopback.server(hold) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await turns(lambda: server._handshakes)
        await server.close()
        assert await reader.read() == b""
        writer.close()


async def test_an_error_that_leaves_the_context_closes_with_1011(loopback: Loopback):
    codes = []

    async def handler(ws) -> None:
        await ws.wait_closed()
        codes.append(ws.close_code)

    async def fails(kind: type[BaseException]) -> None:
        async with loopback.connect(server):
            raise kind

    async with loopback.server(handler) as server:
        for kind in (ZeroDivisionError, asyncio.CancelledError):
            with pytest.raises(kind):
                await fails(kind)
        async with loopback.connect(server):
            pass
    assert codes == [1011, 1000, 1000]


async def test_a_client_says_what_a_refusal_says(plain: Loopback):
    async with plain.server(hold, origins=["https://other.example"]) as server:
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"ws://127.0.0.1:{server.port}/", origin=PAGE)
    assert caught.value.failure.cause == "http.origin"


SILENT_OR_NOT_HTTP = {
    "nothing": b"",
    "ssh": b"SSH-2.0-x",
    "mail": b"EHLO client.example.net",
    "zeros": bytes(9),
    "a line": b"help",
}


@pytest.mark.parametrize("first", SILENT_OR_NOT_HTTP.values(), ids=SILENT_OR_NOT_HTTP)
@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
async def test_a_server_that_closes_says_no_http_to_a_client_that_speaks_none(loopback: Loopback, first, read):
    async with loopback.server(hold) as server:
        reader, writer = await dialled(loopback, server.port)
        await turns(lambda: server._handshakes)
        (opening,) = server._handshakes
        await turns(lambda: opening.reads_request)
        before = opening.stream.received_bytes
        writer.write(first)
        if read and first[:1].strip(b"\0"):
            await turns(lambda: opening.stream.received_bytes > before and opening.handshake.seen_bytes)
        await server.close()
        assert await reader.read() == b""
        writer.close()


async def test_a_request_that_the_server_has_not_read_yet_is_answered_when_it_closes(loopback: Loopback):
    async with loopback.server(hold) as server:
        reader, writer = await dialled(loopback, server.port)
        await turns(lambda: server._handshakes)
        (opening,) = server._handshakes
        await turns(lambda: opening.reads_request)
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        await server.close()
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
