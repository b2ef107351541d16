"""Connecting: what is refused before any I/O, what each failure is called, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import copy
import errno
import logging
import pickle
import socket
import ssl

import pytest
import trustme
from tests.aio.serving import NAME, Loopback, echo, hold, tcp_server, turns

from wssure import (
    CertificateFailed,
    ConnectFailed,
    DialRefused,
    Endpoint,
    InvalidStatus,
    ProxyTimedOut,
    ResolveFailed,
    Site,
    TLSFailed,
    TLSSettings,
    TLSTimedOut,
    UpgradeFailed,
    UpgradeTimedOut,
    UsageError,
    connect,
    serve,
)
from wssure.aio import client_tls as secure_module
from wssure.facts import AlertSeen, ClientHelloSeen, NotTlsSeen, OsErrorSeen, ResolveErrorSeen, TimedOut, TlsEof

pytestmark = pytest.mark.matrix

URL = "wss://a.example/"
USAGE = [
    ("host=", {"host": "10.0.0.1"}, "address="),
    ("server_hostname=", {"server_hostname": "b.example"}, "in the URL"),
    ("ssl=", {"ssl": ssl.create_default_context()}, "tls="),
    ("proxy=", {"proxy": "socks5://proxy.example"}, "http://HOST:PORT"),
    ("extra_headers=", {"extra_headers": {}}, "additional_headers="),
    ("unknown", {"frobnicate": 1}, "frobnicate="),
    ("tls of another kind", {"tls": True}, "TLSSettings"),
    ("context and another backend", {"tls": ssl.create_default_context(), "backend": "openssl"}, "backend="),
    ("no such backend", {"backend": "none such"}, "write one of"),
    ("address and socket", {"address": "10.0.0.1", "sock": socket.socket}, "one of them"),
    ("address and path", {"address": "10.0.0.1", "path": "/run/x"}, "one of them"),
    ("sock of another kind", {"sock": 7}, "socket"),
    ("url as address", {"address": "wss://b.example/x"}, 'address="b.example"'),
    ("CR in a header", {"additional_headers": {"X": "a\r\nEvil: 1"}}, ""),
    ("NUL in the origin", {"origin": "https://a\0"}, ""),
    ("two hosts", {"additional_headers": [("Host", "a"), ("host", "b")]}, "give one"),
    ("a header of the handshake", {"additional_headers": {"Sec-WebSocket-Key": "x"}}, ""),
    ("one subprotocol as text", {"subprotocols": "chat"}, "subprotocols=["),
    ("a subprotocol that is no token", {"subprotocols": ["a b"]}, ""),
    ("compression of another kind", {"compression": "gzip"}, "deflate"),
    ("negative time", {"open_timeout": -1}, "open_timeout"),
    ("zero time", {"close_timeout": 0}, "close_timeout"),
    ("time that is no number", {"ping_interval": "20"}, "ping_interval"),
    ("nan", {"ping_timeout": float("nan")}, "ping_timeout"),
    ("no such phase", {"timeouts": {"handshake": 3}}, "timeouts="),
    ("a phase's limit that is none", {"timeouts": {"tls": 0}}, "timeouts"),
    ("no room for a message", {"max_size": 0}, "max_size"),
    ("a queue of none", {"max_queue": 0}, "max_queue"),
    ("write_limit None", {"write_limit": None}, "write_limit"),
    ("a limit that is no number", {"max_fragments": True}, "max_fragments"),
]


@pytest.mark.parametrize(("options", "fix"), [case[1:] for case in USAGE], ids=[case[0] for case in USAGE])
def test_a_wrong_argument_is_refused_before_any_io_with_what_to_write(options, fix):
    with pytest.raises(UsageError) as caught:
        connect(URL, **options)
    assert caught.value.failure.stage.value == "usage"
    assert fix in caught.value.failure.fix + str(caught.value)


@pytest.mark.parametrize("options", [{"tls": TLSSettings()}, {"backend": "stdlib"}], ids=["tls", "backend"])
def test_tls_for_a_ws_url_is_refused(options):
    with pytest.raises(UsageError, match="ws://"):
        connect("ws://a.example/", **options)


def test_an_endpoint_has_its_address():
    endpoint = Endpoint.parse(URL, address="10.0.0.1")
    connect(endpoint)
    with pytest.raises(UsageError):
        connect(endpoint, address="10.0.0.2")


async def refused(connecting, kind: type[ConnectFailed]) -> ConnectFailed:
    with pytest.raises(kind) as caught:
        await connecting
    error = caught.value
    assert error.failure.cause in str(error)
    assert "\n" not in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.failure) == (str(error), error.failure)
    assert str(copy.copy(error)) == str(error)
    return error


async def test_a_name_that_does_not_exist_is_resolve_failed():
    error = await refused(connect("wss://none.invalid/"), ResolveFailed)
    assert isinstance(error, socket.gaierror)
    assert isinstance(error.__cause__, socket.gaierror)
    assert error.errno == error.__cause__.errno
    assert error.failure.fact(ResolveErrorSeen).name.startswith("EAI_")


async def test_nobody_listening_is_dial_refused():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        error = await refused(connect(URL, address="127.0.0.1", address_port=sock.getsockname()[1]), DialRefused)
    assert isinstance(error, ConnectionRefusedError)
    assert error.errno == errno.ECONNREFUSED
    assert error.failure.cause == "tcp.refused"
    assert [attempt.errno for attempt in error.failure.attempts] == [errno.ECONNREFUSED]


async def test_a_certificate_of_an_unknown_ca_is_certificate_failed_and_the_server_hears_why(secure: Loopback, caplog):
    heard = []
    async with secure.server() as server:
        with caplog.at_level(logging.WARNING, "wssure.server"):
            error = await refused(
                secure.connect(server, tls=TLSSettings(ca=trustme.CA().cert_pem.bytes())), CertificateFailed
            )
            await turns(lambda: caplog.records)
        heard = [record.failure for record in caplog.records]
    assert isinstance(error, ssl.SSLCertVerificationError)
    assert error.failure.cause.startswith("cert.")
    (failure,) = heard
    assert failure.cause == "tls.peer-rejected-our-cert"
    assert failure.fact(AlertSeen).number == 48


async def test_another_name_in_the_certificate_is_certificate_failed(secure: Loopback, site_pem):
    sites = [Site(("b.example",), site_pem("b.example"))]
    async with secure.server(sites=sites) as server:
        error = await refused(secure.connect(server), CertificateFailed)
    assert error.failure.cause == "cert.hostname"
    assert error.failure.fact(ClientHelloSeen).server_name == NAME


async def test_a_strict_server_refuses_an_unknown_name_with_an_alert(secure: Loopback, site_pem):
    sites = [Site(("b.example",), site_pem("b.example"))]
    async with secure.server(sites=sites, strict_sni=True) as server:
        error = await refused(secure.connect(server), TLSFailed)
    assert error.failure.cause == "tls.sni-unknown"


async def test_a_server_that_wants_a_client_certificate_says_so_after_we_believe_we_are_done(
    secure: Loopback, site_pem, ca_pem
):
    """TLS 1.3: alert 116 comes with the first read, and the failure is one of TLS, not of the upgrade."""
    sites = [Site((NAME,), site_pem(NAME), client_ca=ca_pem)]
    async with secure.server(sites=sites) as server:
        error = await refused(secure.connect(server), TLSFailed)
        assert error.failure.cause == "tls.client-cert-required"
        async with secure.connect(server, tls=TLSSettings(ca=ca_pem, cert=site_pem("client.example"))) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"


async def test_plain_http_where_tls_was_expected(secure: Loopback, plain: Loopback):
    async with plain.server() as server:
        error = await refused(secure.connect(server), TLSFailed)
    assert error.failure.fact(NotTlsSeen) or error.failure.fact(TlsEof)


async def test_ws_to_a_tls_port(secure: Loopback, plain: Loopback):
    async with secure.server() as server:
        error = await refused(plain.connect(server), UpgradeFailed)
    assert error.failure.cause == "ws.to-tls-port"


async def test_a_silent_server_times_out_in_a_step_that_has_a_name(plain: Loopback, secure: Loopback):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async with tcp_server(silent) as port:
        error = await refused(plain.connect(port, timeouts={"upgrade": 0.05}), UpgradeTimedOut)
        assert error.failure.fact(TimedOut) == TimedOut(phase="upgrade", limit_s=0.05)
        error = await refused(secure.connect(port, open_timeout=0.05), TLSTimedOut)
        assert error.failure.fact(TimedOut) == TimedOut(phase="tls", limit_s=0.05)
        assert isinstance(error, TimeoutError)
        assert isinstance(error, ssl.SSLError)


async def test_half_an_answer_is_not_called_silence(plain: Loopback):
    half = b"HTTP/1.1 403 Forbidden\r\nServer: nginx\r\n"

    async def begins(reader, writer):
        writer.write(half)
        await reader.read()
        writer.close()

    async with tcp_server(begins) as port:
        error = await refused(plain.connect(port, timeouts={"upgrade": 0.5}), UpgradeTimedOut)
        assert error.failure.fact(TimedOut) == TimedOut("upgrade", 0.5, len(half))
        assert f"sent {len(half)} bytes of its answer to the upgrade request, and not the rest" in str(error)
        error = await refused(
            plain.connect(443, proxy=f"http://127.0.0.1:{port}", timeouts={"proxy": 0.5}), ProxyTimedOut
        )
        assert f"the proxy sent {len(half)} bytes of its answer to our CONNECT" in str(error)


ANSWERS = [
    (
        "404",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nSet-Cookie: secret\r\n\r\nnone",
        InvalidStatus,
        "http.404",
    ),
    (
        "redirect",
        b"HTTP/1.1 301 Moved\r\nLocation: wss://b.example/?token=secret\r\n\r\n",
        InvalidStatus,
        "http.redirect",
    ),
    ("wrong accept", None, UpgradeFailed, "ws.bad-accept"),
    ("garbage", b"\x00\x01\x02\x03 no http at all \r\n\r\n", UpgradeFailed, "http.garbage"),
    ("nothing", b"", UpgradeFailed, "http.eof"),
    ("half an answer", b"HTTP/1.1 101 Swi", UpgradeFailed, "http.eof"),
]
WRONG_ACCEPT = b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"


@pytest.mark.parametrize(("answer", "kind", "cause"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
async def test_an_answer_that_is_no_upgrade_is_explained_and_leaks_no_secret(plain: Loopback, answer, kind, cause):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(WRONG_ACCEPT if answer is None else answer)
        writer.close()

    async with tcp_server(handle) as port:
        error = await refused(plain.connect(port, "/?token=secret"), kind)
    assert error.failure.cause == cause
    assert "secret" not in repr(error.failure)
    if kind is InvalidStatus:
        assert error.response.status in (404, 301)
        assert error.response.body in (b"none", b"")


async def test_a_reset_in_the_tls_handshake_keeps_the_systems_error(secure: Loopback):
    async def reset(reader, writer):
        await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with tcp_server(reset) as port:
        error = await refused(secure.connect(port), TLSFailed)
    assert error.failure.cause == "tcp.reset-in-handshake"
    assert error.errno == errno.ECONNRESET
    assert error.failure.fact(OsErrorSeen).call == "recv"


async def test_a_given_host_replaces_ours_and_a_mismatch_is_said_once(plain: Loopback, caplog):
    async def seen(ws):
        await ws.send(",".join(ws.request.headers.all("Host")))

    async with plain.server(seen, origins=None) as server:
        with caplog.at_level(logging.WARNING, "wssure.client"):
            async with plain.connect(server, additional_headers={"host": "other.example"}) as ws:
                assert await ws.recv() == "other.example"
        assert len([record for record in caplog.records if "other.example" in record.getMessage()]) == 1
        caplog.clear()
        async with plain.connect(server, additional_headers={"Host": f"A.example:{server.port}"}) as ws:
            assert await ws.recv() == f"A.example:{server.port}"
        assert not caplog.records


async def test_user_info_becomes_basic_authorization_and_never_a_fact(plain: Loopback):
    seen = []

    async def handler(ws):
        seen.append(ws.request.headers.get("Authorization"))

    async with plain.server(handler) as server:
        url = f"ws://user:p%40ss@a.example:{server.port}/"
        async with connect(url, address="127.0.0.1") as ws:
            await ws.wait_closed()
    assert seen == ["Basic dXNlcjpwQHNz"]
    assert not any("p@ss" in repr(fact) for fact in ws._recorder.facts())


async def test_an_ssl_context_selects_the_stdlib_backend_and_is_not_changed(secure: Loopback):
    context = ssl.create_default_context(cadata=secure.ca_pem.decode())
    before = (context.verify_mode, context.check_hostname, context.options, context.minimum_version)
    async with secure.server() as server, secure.connect(server, tls=context, backend=None) as ws:
        await ws.send("x")
        assert await ws.recv() == "x"
        assert ws.tls.server_name == NAME
    assert before == (context.verify_mode, context.check_hostname, context.options, context.minimum_version)


async def test_the_second_connection_resumes_the_session_of_the_first(secure: Loopback):
    secure_module.SESSIONS.clear()
    async with secure.server() as server:
        resumed = []
        for _ in range(3):
            async with secure.connect(server) as ws:
                await ws.send("x")
                await ws.recv()
                resumed.append(ws.tls.resumed)
    assert resumed == [False, True, True]


async def test_a_connection_that_is_not_dialled_leaves_the_session_to_the_next_one(secure: Loopback):
    secure_module.SESSIONS.clear()
    async with secure.server() as server:
        async with secure.connect(server) as ws:
            await ws.send("x")
            await ws.recv()
        with socket.socket() as refusing:
            refusing.bind(("127.0.0.1", 0))  # it does not listen
            with pytest.raises(DialRefused):
                await secure.connect(server, address_port=refusing.getsockname()[1])
        async with secure.connect(server) as ws:
            assert ws.tls.resumed


async def test_a_socket_of_the_callers_is_used_and_closed(loopback: Loopback):
    async with loopback.server() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        async with _with_sock(loopback, server, sock) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"
        assert sock.fileno() == -1


def _with_sock(loopback: Loopback, server, sock):
    scheme = "wss" if loopback.secure else "ws"
    options = {"tls": TLSSettings(ca=loopback.ca_pem), "backend": loopback.backend} if loopback.secure else {}
    return connect(f"{scheme}://{NAME}:{server.port}/", sock=sock, **options)


async def test_a_unix_socket_serves_and_connects(tmp_path):
    path = tmp_path / "ws.sock"
    async with serve(echo, path=path) as server:
        assert server.port == 0
        async with connect("ws://localhost/", path=path) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"
    # Nobody listens there any more: the next server takes the place.
    async with serve(echo, path=path), connect("ws://localhost/", path=path) as ws:
        await ws.send("y")
        assert await ws.recv() == "y"


async def test_a_connecting_is_awaited_once(plain: Loopback):
    async with plain.server() as server:
        connecting = plain.connect(server)
        async with connecting:
            pass
        with pytest.raises(RuntimeError, match="already"):
            await connecting


@pytest.mark.parametrize("turn", range(0, 60, 3))
async def test_cancelling_a_connect_at_any_await_leaves_nothing_behind(loopback: Loopback, turn, open_fds):
    """Cancelled after so many turns of the loop: in resolving, dialling, TLS, the upgrade, or after it."""
    async with loopback.server(hold) as server:
        before = open_fds()
        connecting = loopback.connect(server)
        task = asyncio.ensure_future(_finish(connecting))
        for _ in range(turn):
            await asyncio.sleep(0)
        task.cancel("the caller's words")
        await asyncio.wait([task])
        if task.cancelled():
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await task
            assert cancelled.value.args == ("the caller's words",)
        else:
            (await task).abort()
        await turns(lambda: not server._tasks)
        assert open_fds() == before


async def _finish(connecting):
    return await connecting
