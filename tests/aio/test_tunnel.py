"""Through an HTTP proxy: the server is the same one, its name is proved the same way, and the proxy sees only where to."""

from __future__ import annotations

import asyncio
import os
import pickle
import re

import pytest
from tests.aio.serving import NAME, Loopback, tcp_server
from tests.peers.proxy import OPENED, tunnelling

from wssure import ConnectFailed, Endpoint, UsageError, connect
from wssure.aio.tunnel import choose_proxy
from wssure.errors import ConnectTimedOut, ProxyFailed, ProxyTimedOut
from wssure.facts import ProxyUsed, TimedOut

pytestmark = pytest.mark.matrix


@pytest.fixture
def environment(monkeypatch):
    """Set proxy variables, with none of this machine's."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return lambda **values: [monkeypatch.setenv(name, value) for name, value in values.items()]


async def test_a_connection_through_a_proxy_is_the_same_one(loopback: Loopback):
    with tunnelling() as proxy:
        async with loopback.server() as server, loopback.connect(server, proxy=proxy.url) as ws:
            port = server.port
            await ws.send("hello")
            assert await ws.recv() == "hello"
            assert ws.request.headers["Host"] == f"{NAME}:{server.port}"
            if loopback.secure:
                assert ws.tls.server_name == NAME
            assert [phase.name for phase in ws.timings if phase.name == "proxy"] == ["proxy"]
    assert proxy.asked[0].split(b"\r\n")[0] == b"CONNECT 127.0.0.1:%d HTTP/1.1" % port
    assert NAME.encode() not in proxy.asked[0]


async def test_what_comes_right_behind_the_answer_is_the_servers(loopback: Loopback):
    """The first bytes of the tunnel may share a segment with the proxy's head."""
    with tunnelling(answer=OPENED) as proxy:

        async def first(ws):
            await ws.send("first")
            await ws.wait_closed()

        async with loopback.server(first) as server, loopback.connect(server, proxy=proxy.url) as ws:
            assert await ws.recv() == "first"


async def test_user_and_password_are_the_proxys_alone_and_in_no_fact(secure: Loopback):
    token = b"Basic dXNlcjpzM2NyZXQ="  # user:s3cret
    with tunnelling(authorization=token) as proxy:
        url = proxy.url.replace("//", "//user:s3cret@")
        async with secure.server() as server:
            async with secure.connect(server, proxy=url) as ws:
                assert "Proxy-Authorization" not in ws.request.headers
            with pytest.raises(ConnectFailed) as caught:
                await connect(f"wss://other.example:{server.port}/", address="127.0.0.1", proxy=url)
    assert token in proxy.asked[0]
    assert b"s3cret" not in pickle.dumps(caught.value)
    assert token[6:] not in pickle.dumps(caught.value)
    assert "(through the proxy 127.0.0.1:" in caught.value.failure.summary


async def test_a_refusal_carries_the_proxys_answer(secure: Loopback):
    with tunnelling(authorization=b"Basic x") as proxy:
        async with secure.server() as server:
            with pytest.raises(ProxyFailed) as caught:
                await secure.connect(server, proxy=proxy.url)
    assert caught.value.failure.cause == "proxy.auth"
    assert caught.value.response.status == 407
    assert caught.value.failure.fact(ProxyUsed).port == proxy.port


async def test_a_proxys_silence_ends_with_its_own_time_limit(secure: Loopback):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async with tcp_server(silent) as port:
        with pytest.raises(ProxyTimedOut) as caught:
            await secure.connect(443, proxy=f"http://127.0.0.1:{port}", timeouts={"proxy": 0.1})
    assert isinstance(caught.value, ConnectTimedOut)
    assert caught.value.failure.fact(TimedOut) == TimedOut(phase="proxy", limit_s=0.1)


@pytest.mark.parametrize("where", ["proxy", "server"])
async def test_a_refusal_without_end_is_told_by_its_head(plain: Loopback, where):
    """No length, and the connection stays open: the status says it all the same, long before the time limit."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\ngo away")
        await reader.read()
        writer.close()

    async with tcp_server(refuse) as port:
        proxy = f"http://127.0.0.1:{port}" if where == "proxy" else None
        with pytest.raises(ConnectFailed) as caught:
            await plain.connect(port, proxy=proxy, open_timeout=15)
    assert not isinstance(caught.value, TimeoutError)
    assert caught.value.failure.cause == {"proxy": "proxy.forbidden", "server": "http.403"}[where]
    assert caught.value.response.body == b"go away"


async def test_giving_up_while_the_proxy_is_silent_leaves_nothing(secure: Loopback):
    asked = asyncio.Event()

    async def silent(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()
        writer.close()

    async with tcp_server(silent) as port:
        task = asyncio.ensure_future(secure.connect(443, proxy=f"http://127.0.0.1:{port}")._open())
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_proxy_and_a_socket_leave_nothing_to_dial(plain: Loopback, tmp_path):
    with pytest.raises(UsageError, match="nothing to dial"):
        connect("ws://a.example/", path=tmp_path / "x", proxy="http://127.0.0.1:1")


# The environment: what curl, Go and websockets do with the same variables.
URL = {True: "wss://a.example/", False: "ws://a.example/"}
CHOSEN = [
    ("https for wss", {"https_proxy": "http://p:1"}, True, "p:1"),
    ("capitals", {"HTTPS_PROXY": "http://p:1"}, True, "p:1"),
    ("no scheme", {"https_proxy": "p:1"}, True, "p:1"),
    ("all", {"all_proxy": "http://p:1"}, True, "p:1"),
    ("wss before https", {"https_proxy": "http://q:1", "wss_proxy": "http://p:1"}, True, "p:1"),
    ("https for ws", {"https_proxy": "http://p:1", "http_proxy": "http://q:1"}, False, "p:1"),
    ("http for ws", {"http_proxy": "http://p:1"}, False, "p:1"),
    ("http is not for wss", {"http_proxy": "http://p:1"}, True, None),
    ("nothing", {}, True, None),
    ("empty", {"https_proxy": ""}, True, None),
    ("excepted", {"https_proxy": "http://p:1", "no_proxy": "b.example,.example"}, True, None),
    ("all excepted", {"https_proxy": "http://p:1", "no_proxy": "*"}, True, None),
    ("another excepted", {"https_proxy": "http://p:1", "no_proxy": "b.example"}, True, "p:1"),
]


@pytest.mark.parametrize(
    ("variables", "secure_url", "place_of_it"), [case[1:] for case in CHOSEN], ids=[case[0] for case in CHOSEN]
)
def test_the_environment_chooses_the_proxy(environment, variables, secure_url, place_of_it):
    environment(**variables)
    proxy = choose_proxy(Endpoint.parse(URL[secure_url]), True)
    assert (proxy and proxy.authority) == place_of_it
    if proxy is not None:
        assert proxy.origin in variables


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_this_machine_is_never_behind_the_environments_proxy(environment, address):
    environment(https_proxy="http://p:1")
    assert choose_proxy(Endpoint.parse("wss://a.example/", address=address), True) is None


@pytest.mark.parametrize(("address", "proxied"), [("10.1.2.3", False), ("11.1.2.3", True), ("2001:db8::7", False)])
def test_no_proxy_may_name_networks(environment, address, proxied):
    environment(https_proxy="http://p:1", no_proxy="a.test, 10.0.0.0/8,2001:db8::/32")
    assert bool(choose_proxy(Endpoint.parse("wss://a.example/", address=address), True)) is proxied


@pytest.mark.parametrize("excepted", ["a.example", "203.0.113.7", "203.0.113.0/24", "b.example", "203.0.114.0/24"])
def test_no_proxy_may_name_the_host_or_where_it_is_dialled(environment, excepted):
    environment(https_proxy="http://p:1", no_proxy=excepted)
    proxy = choose_proxy(Endpoint.parse("wss://a.example/", address="203.0.113.7"), True)
    assert bool(proxy) is (excepted in ("b.example", "203.0.114.0/24"))


def test_the_environment_is_read_only_where_it_is_asked(environment):
    environment(https_proxy="socks5://p:1")
    assert choose_proxy(Endpoint.parse("wss://a.example/"), None) is None
    with pytest.raises(UsageError, match="environment variable https_proxy"):
        connect("wss://a.example/")
    with pytest.raises(UsageError, match="expected a URL, True or None"):
        connect("wss://a.example/", proxy=False)


SOCKS = [
    ("socks_proxy", {"socks_proxy": "socks5://u:s3cret@p:1080"}, "socks_proxy"),
    ("capitals", {"SOCKS_PROXY": "socks5h://u:s3cret@p:1080"}, "SOCKS_PROXY"),
    ("mixed case", {"Socks_Proxy": "socks5h://u:s3cret@p:1080"}, "Socks_Proxy"),
    ("written as http", {"socks_proxy": "http://u:s3cret@p:1080"}, "socks_proxy"),
    ("no scheme", {"SOCKS_PROXY": "u:s3cret@p:1080"}, "SOCKS_PROXY"),
    ("broken", {"SOCKS_PROXY": "u:s3/cret@p:1080"}, "SOCKS_PROXY"),
    ("before https", {"socks_proxy": "p:1080", "https_proxy": "http://q:1"}, "socks_proxy"),
    ("before all", {"socks_proxy": "p:1080", "all_proxy": "http://q:1"}, "socks_proxy"),
    ("as https_proxy", {"https_proxy": "socks5://u:s3cret@p:1080"}, "https_proxy"),
    ("as HTTPS_PROXY", {"HTTPS_PROXY": "socks4a://u:s3cret@p:1080"}, "HTTPS_PROXY"),
    ("as all_proxy", {"all_proxy": "socks5://u:s3cret@p:1080"}, "all_proxy"),
    ("as ALL_PROXY", {"ALL_PROXY": "SOCKS5H://u:s3cret@p:1080"}, "ALL_PROXY"),
    ("https before all", {"https_proxy": "socks5://u:s3cret@p:1080", "all_proxy": "http://q:1"}, "https_proxy"),
]


@pytest.mark.parametrize("url", URL.values(), ids=["wss", "ws"])
@pytest.mark.parametrize(("variables", "named"), [case[1:] for case in SOCKS], ids=[case[0] for case in SOCKS])
def test_a_socks_proxy_of_the_environment_is_never_passed_by(environment, variables, named, url):
    environment(**variables)
    with pytest.raises(UsageError) as caught:
        connect(url)
    failure = caught.value.failure
    assert failure.cause == "usage.proxy"
    assert f"environment variable {named} " in failure.summary
    assert "SOCKS" in failure.summary
    assert f"unset {named}" in failure.fix or "unset it" in failure.fix
    assert "proxy=None" in failure.fix
    assert "http://HOST:PORT" in failure.fix
    assert not {"s3cret", "s3", "cret"} & set(re.split(r"[^A-Za-z0-9]", repr((failure, str(caught.value)))))


ORDER = [
    ("wss before socks", {"wss_proxy": "http://p:1", "socks_proxy": "q:1080"}, True, "p:1"),
    ("ws before socks", {"WS_PROXY": "http://p:1", "socks_proxy": "q:1080"}, False, "p:1"),
    ("https before socks in all", {"https_proxy": "http://p:1", "all_proxy": "socks5://q:1080"}, True, "p:1"),
    ("https before http", {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"}, False, "p:1"),
    ("http before all", {"http_proxy": "http://p:1", "ALL_PROXY": "http://q:1"}, False, "p:1"),
    ("small before capitals", {"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, True, "p:1"),
    ("empty socks", {"socks_proxy": ""}, True, None),
    ("empty hides capitals", {"socks_proxy": "", "SOCKS_PROXY": "p:1080"}, True, None),
    ("excepted", {"socks_proxy": "p:1080", "NO_PROXY": "a.example"}, True, None),
    ("all excepted", {"ALL_PROXY": "socks5://p:1080", "no_proxy": "*"}, True, None),
]


@pytest.mark.parametrize(
    ("variables", "secure_url", "place_of_it"), [case[1:] for case in ORDER], ids=[case[0] for case in ORDER]
)
def test_the_variables_are_read_in_the_order_of_websockets_and_then_all(
    environment, variables, secure_url, place_of_it
):
    environment(**variables)
    proxy = choose_proxy(Endpoint.parse(URL[secure_url]), True)
    assert (proxy and proxy.authority) == place_of_it


@pytest.mark.parametrize("address", ["localhost", "127.3.2.1", "::1"])
def test_a_socks_proxy_is_no_way_to_this_machine(environment, address):
    environment(socks_proxy="socks5://p:1080")
    assert choose_proxy(Endpoint.parse("wss://a.example/", address=address), True) is None


async def test_the_environments_proxy_is_gone_to(environment, secure: Loopback):
    seen: list[bytes] = []

    async def refuse(reader, writer):
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with tcp_server(refuse) as port:
        environment(https_proxy=f"http://127.0.0.1:{port}")
        with pytest.raises(ConnectFailed) as caught:
            await connect("wss://a.example/", backend=secure.backend)
    assert seen[0].startswith(b"CONNECT a.example:443 ")
    assert caught.value.failure.cause == "proxy.bad-gateway"
    assert caught.value.failure.fact(ProxyUsed).origin == "https_proxy"
