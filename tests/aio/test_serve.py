"""Serving: sites, who may connect, limits, and closing."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket

import pytest
from tests.aio.serving import NAME, Loopback, age, echo, hold, turns

from wssure import (
    ConnectionClosedError,
    ConnectionClosedOK,
    Headers,
    InvalidStatus,
    ListenFailed,
    Response,
    Site,
    State,
    TLSFailed,
    TLSSettings,
    UsageError,
    connect,
    serve,
)
from wssure.facts import NotHttpSeen, TimedOut


def site(pem: bytes, *names: str) -> Site:
    return Site(names or (NAME,), pem)


USAGE = [
    ("sites and a certificate in tls", lambda pem: {"sites": [site(pem)], "tls": TLSSettings(cert=pem)}),
    ("tls without a certificate", lambda pem: {"tls": TLSSettings()}),
    ("tls of another kind", lambda pem: {"tls": True}),
    ("no site", lambda pem: {"sites": []}),
    ("two sites for a name", lambda pem: {"sites": [site(pem), site(pem, NAME, "b.example")]}),
    ("a certificate that is none", lambda pem: {"sites": [site(b"no pem")]}),
    ("strict without sites", lambda pem: {"strict_sni": True}),
    ("default_site without sites", lambda pem: {"default_site": NAME}),
    ("backend without tls", lambda pem: {"backend": "stdlib"}),
    ("address and path", lambda pem: {"address": "::1", "path": "/run/x"}),
    ("a port beside a path", lambda pem: {"port": 80, "path": "/run/x"}),
    ("a port out of range", lambda pem: {"port": 65536}),
    ("address of another kind", lambda pem: {"address": 7}),
    ("sock of another kind", lambda pem: {"sock": 7}),
    ("host=", lambda pem: {"host": "::1"}),
    ("ssl=", lambda pem: {"ssl": None}),
    ("process_response=", lambda pem: {"process_response": echo}),
    ("no such keyword", lambda pem: {"frobnicate": 1}),
    ("a hook that is none", lambda pem: {"process_request": 7}),
    ("origins as one text", lambda pem: {"origins": "https://a.example"}),
    ("subprotocols as one text", lambda pem: {"subprotocols": "chat"}),
    ("a subprotocol that is no token", lambda pem: {"subprotocols": ["a b"]}),
    ("a subprotocol twice", lambda pem: {"subprotocols": ["a", "a"]}),
    ("no handshakes", lambda pem: {"max_handshakes": 0}),
    ("no connections", lambda pem: {"max_connections": 0}),
]


@pytest.mark.parametrize("options", [case[1] for case in USAGE], ids=[case[0] for case in USAGE])
def test_a_wrong_argument_is_refused_before_any_io(options, site_pem):
    with pytest.raises(UsageError):
        serve(echo, **options(site_pem(NAME)))


def test_a_handler_is_a_function():
    with pytest.raises(UsageError, match="handler"):
        serve(None)


async def http(port: int, *lines: str) -> bytes:
    """Send a request as it stands and return the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join((*lines, "", "")).encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
REQUESTS = [
    ("plain GET", ("GET / HTTP/1.1", "Host: a"), 426),
    ("another method", ("POST / HTTP/1.1", "Host: a", "Content-Length: 0"), 405),
    ("no Connection", ("GET / HTTP/1.1", "Host: a", "Upgrade: websocket", *UPGRADE[2:]), 400),
    ("another version", ("GET / HTTP/1.1", "Host: a", *UPGRADE[:2], "Sec-WebSocket-Version: 8", UPGRADE[3]), 426),
    ("a short key", ("GET / HTTP/1.1", "Host: a", *UPGRADE[:3], "Sec-WebSocket-Key: AAAA"), 400),
    ("a foreign origin", ("GET / HTTP/1.1", "Host: a", *UPGRADE, "Origin: https://evil.example"), 403),
    ("origin null", ("GET / HTTP/1.1", "Host: a", *UPGRADE, "Origin: null"), 403),
    ("two hosts", ("GET / HTTP/1.1", "Host: a", "Host: b", *UPGRADE), 400),
    ("a header without end", ("GET / HTTP/1.1", "X: " + "x" * 9000), 431),
    ("an old HTTP", ("GET / HTTP/1.0", "Host: a", *UPGRADE), 505),
    ("another HTTP", ("GET / HTTP/3.0", "Host: a"), 505),
]


@pytest.mark.parametrize(("lines", "status"), [case[1:] for case in REQUESTS], ids=[case[0] for case in REQUESTS])
async def test_a_request_that_is_no_upgrade_gets_the_status_that_says_why(plain: Loopback, lines, status):
    async with plain.server(hold) as server:
        answer = await http(server.port, *lines)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer


async def test_an_upgrade_of_the_same_origin_is_accepted(plain: Loopback):
    async with plain.server(hold) as server:
        host = f"{NAME}:{server.port}"
        async with plain.connect(server, origin=f"http://{host}"):
            pass
        with pytest.raises(InvalidStatus) as caught:
            await plain.connect(server, origin=f"https://{host}")
        assert caught.value.response.status == 403


async def test_a_host_outside_the_sites_names_gets_421_before_the_origin_is_looked_at(secure: Loopback):
    async with secure.server() as server:
        options = {"additional_headers": {"Host": "b.example"}, "origin": "https://evil.example"}
        with pytest.raises(InvalidStatus) as caught:
            await secure.connect(server, **options)
        assert caught.value.response.status == 421
        assert caught.value.failure.cause == "http.misdirected-421"


async def test_one_certificate_for_every_name_answers_for_every_host(secure: Loopback):
    options = {"sites": None, "tls": TLSSettings(cert=secure.pem)}
    async with secure.server(**options) as server, secure.connect(server, additional_headers={"Host": "b"}) as ws:
        await ws.send("x")
        assert await ws.recv() == "x"


async def test_each_name_gets_its_own_site_and_an_unknown_one_the_default(secure: Loopback, site_pem, ca_pem):
    sites = [site(site_pem(NAME)), site(site_pem("*.b.example"), "*.b.example")]
    async with secure.server(sites=sites) as server:
        for host in (NAME, "x.b.example"):
            url = f"wss://{host}:{server.port}/"
            async with connect(url, address="127.0.0.1", tls=TLSSettings(ca=ca_pem), backend=secure.backend) as ws:
                await ws.send(host)
                assert await ws.recv() == host
        url = f"wss://c.example:{server.port}/"
        unchecked = TLSSettings(ca=ca_pem, verify="chain")
        with pytest.raises(InvalidStatus) as caught:
            await connect(url, address="127.0.0.1", tls=unchecked, backend=secure.backend)
        assert caught.value.response.status == 421


async def test_replaced_sites_hold_for_new_connections_only(secure: Loopback, site_pem, ca_pem):
    async with secure.server() as server:
        async with secure.connect(server) as old:
            server.replace_sites([site(site_pem("b.example"), "b.example")])
            assert [name for served in server.sites for name in served.names] == ["b.example"]
            await old.send("x")
            assert await old.recv() == "x"
        with pytest.raises(TLSFailed):
            await secure.connect(server)
        with pytest.raises(UsageError):
            server.replace_sites([site(b"no pem")])
        url = f"wss://b.example:{server.port}/"
        async with connect(url, address="127.0.0.1", tls=TLSSettings(ca=ca_pem), backend=secure.backend):
            pass


async def test_plain_ws_has_no_sites_to_replace(plain: Loopback, site_pem):
    async with plain.server() as server:
        assert server.sites == ()
        with pytest.raises(UsageError):
            server.replace_sites([site(site_pem(NAME))])


async def test_process_request_may_answer_instead(plain: Loopback):
    seen = []

    async def process(ws, request):
        seen.append((ws.state, request.path))
        with pytest.raises(RuntimeError, match="not open"):
            await ws.send("too early")
        with pytest.raises(RuntimeError, match="not open"):
            await ws.recv()
        if request.path == "/health":
            return Response(200, "", "HTTP/1.1", Headers([("Content-Type", "text/plain")]), b"fine\n")
        return None

    async with plain.server(process_request=process) as server:
        answer = await http(server.port, "GET /health HTTP/1.1", "Host: a")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\nfine\n")
        async with plain.connect(server, "/chat") as ws:
            await ws.send("x")
            assert await ws.recv() == "x"
    assert seen == [(State.CONNECTING, "/health"), (State.CONNECTING, "/chat")]


async def test_a_hook_that_fails_is_a_500_and_in_the_log(plain: Loopback, caplog):
    def process(ws, request):
        raise KeyError("bug")

    def select(ws, offered):
        raise KeyError("bug")

    for hook in ({"process_request": process}, {"select_subprotocol": select}):
        async with plain.server(**hook) as server:
            with pytest.raises(InvalidStatus) as caught:
                await plain.connect(server)
            assert caught.value.response.status == 500
    assert sum(record.exc_info is not None for record in caplog.records) == 2


async def test_select_subprotocol_picks_from_what_is_offered(plain: Loopback):
    hook = {"select_subprotocol": lambda ws, offered: offered[-1]}
    async with plain.server(hold, **hook) as server, plain.connect(server, subprotocols=["a", "b"]) as ws:
        assert ws.subprotocol == "b"


async def test_a_handler_that_fails_closes_with_1011_and_is_in_the_log(plain: Loopback, caplog):
    async def handler(ws):
        raise KeyError("bug")

    async with plain.server(handler) as server, plain.connect(server) as ws:
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert caught.value.rcvd.code == 1011
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["connection handler failed"]


async def test_a_handler_that_returns_closes_with_1000(plain: Loopback):
    async def handler(ws):
        await ws.send("bye")

    async with plain.server(handler) as server, plain.connect(server) as ws:
        assert [message async for message in ws] == ["bye"]
        assert ws.close_code == 1000


async def test_closing_the_server_says_1001_to_everybody_and_waits_for_handlers(loopback: Loopback):
    ended = []

    async def handler(ws):
        await ws.wait_closed()
        await asyncio.sleep(0.01)
        ended.append(ws)

    server = await serve(handler, "127.0.0.1", **(_secure(loopback)))
    clients = [await loopback.connect(server) for _ in range(3)]
    closing = server.close(1012, "restart")
    assert server.sockets == ()
    for ws in clients:
        with pytest.raises(ConnectionClosedError) as caught:
            await ws.recv()
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1012, "restart")
        await ws.wait_closed()
    await closing
    await server.wait_closed()
    assert len(ended) == 3
    assert not server.connections


def _secure(loopback: Loopback) -> dict:
    return {"sites": [site(loopback.pem)], "backend": loopback.backend} if loopback.secure else {}


async def test_the_default_close_is_going_away(plain: Loopback):
    server = await serve(hold, "127.0.0.1")
    async with server, plain.connect(server) as ws:
        server.close()
        with pytest.raises(ConnectionClosedOK) as caught:
            await ws.recv()
        assert caught.value.rcvd.code == 1001


async def test_serve_forever_ends_with_the_server(plain: Loopback):
    async with plain.server() as server:
        forever = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0)
        forever.cancel()
        with pytest.raises(asyncio.CancelledError):
            await forever
        assert server.sockets == ()


async def test_handshakes_beyond_the_bound_wait_and_are_served_in_turn(plain: Loopback):
    gates = [asyncio.Event() for _ in range(3)]
    asked: list[asyncio.Event] = []

    async def decides(ws: object, request: object) -> None:
        asked.append(gates[len(asked)])
        await asked[-1].wait()

    # The requests are whole: these openings wait for the server's own hook, and never give way.
    options = {"open_timeout": None, "timeouts": {"stall": 60}, "process_request": decides}
    async with plain.server(max_handshakes=2, **options) as server:
        first = [asyncio.create_task(_echo_once(plain, server)) for _ in range(2)]
        await turns(lambda: len(asked) == 2)
        waiting = asyncio.create_task(_echo_once(plain, server))
        await turns(lambda: not server._acceptor._watching)
        age(server, 3600)
        server._handshakes._look_for_stalls()
        assert server._handshakes.weakest() is None
        assert (len(server._handshakes), len(asked)) == (2, 2)
        gates[0].set()
        await turns(lambda: len(asked) == 3)
        gates[2].set()
        assert await waiting == "x"
        gates[1].set()
        assert await asyncio.gather(*first) == ["x", "x"]
        assert server._policy.metrics.evicted == {}


async def _echo_once(loopback: Loopback, server) -> str:
    async with loopback.connect(server) as ws:
        await ws.send("x")
        return await ws.recv()


async def test_connections_beyond_the_bound_wait_until_one_ends(plain: Loopback):
    async with plain.server(max_connections=1) as server:
        async with plain.connect(server):
            waiting = asyncio.create_task(_echo_once(plain, server))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not waiting.done()
        assert await waiting == "x"


async def test_a_client_that_never_finishes_opening_is_let_go(loopback: Loopback, caplog):
    async with loopback.server(open_timeout=0.05) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await reader.read() == b""
        writer.close()
        await turns(lambda: caplog.records)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.failure.fact(TimedOut).limit_s == 0.05


async def test_a_lack_of_descriptors_is_said_once_and_survived(plain: Loopback, caplog):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with plain.server(timeouts={"stall": None}) as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.send(b"GET")  # an opening that went on does not give way
        await turns(lambda: any(opening.progress for opening in server._handshakes._queues))
        blocked = socket.create_connection(("127.0.0.1", server.port))
        first = socket.socket()
        floor = first.fileno() + 1
        first.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (floor - 1, hard))
        try:
            await turns(lambda: any("file descriptors" in record.getMessage() for record in caplog.records))
            server._acceptor._again()
            await asyncio.sleep(0.01)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert len([record for record in caplog.records if "file descriptors" in record.getMessage()]) == 1
        assert await _echo_once(plain, server) == "x"
        sock.close()
        blocked.close()
        await turns(lambda: not server._handshakes)


async def test_a_failed_handshake_is_one_record_with_every_peer_byte_escaped(plain: Loopback, caplog):
    async with plain.server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x1b[31mGET evil\r\n\r\n")
        await reader.read()
        writer.close()
        await turns(lambda: caplog.records)
    (record,) = caplog.records
    assert "\x1b" not in record.getMessage()
    assert record.failure.fact(NotHttpSeen).text.startswith("\\x1b[31mGET evil")


async def test_a_client_that_connects_and_goes_is_not_worth_a_warning(loopback: Loopback, caplog):
    async with loopback.server() as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await turns(lambda: server._handshakes)
        writer.close()
        await turns(lambda: not server._handshakes)
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]


async def test_plain_http_to_a_tls_port_is_answered_in_http(secure: Loopback):
    async with secure.server() as server:
        answer = await http(server.port, "GET / HTTP/1.1", "Host: a")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"wss://" in answer


async def test_all_interfaces_listen_on_one_port():
    async with serve(echo) as server:
        assert {sock.getsockname()[1] for sock in server.sockets} == {server.port}
        async with connect(f"ws://localhost:{server.port}/") as ws:
            await ws.send("x")
            assert await ws.recv() == "x"


async def test_a_taken_port_is_the_systems_error(plain: Loopback):
    async with plain.server() as server:
        with pytest.raises(ListenFailed) as caught:
            await serve(echo, "127.0.0.1", server.port)
        assert caught.value.errno == errno.EADDRINUSE


async def test_a_listening_socket_of_the_callers_is_used():
    sock = socket.create_server(("127.0.0.1", 0))
    async with serve(echo, sock=sock) as server, connect(f"ws://127.0.0.1:{server.port}/") as ws:
        await ws.send("x")
        assert await ws.recv() == "x"
    assert sock.fileno() == -1


async def test_closing_the_server_cancels_openings_and_leaves_nothing(loopback: Loopback, open_fds):
    before = open_fds()
    async with loopback.server() as server:
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
        await turns(lambda: len(server._handshakes) == 5)
    assert not server._tasks
    for client in clients:
        client.close()
    assert open_fds() == before
