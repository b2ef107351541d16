"""The limits on the head of a message: a setting of both sides, named with the header by the error, whose fix works."""

from __future__ import annotations

import logging
import re

import pytest
from tests.aio.serving import Loopback, hold, tcp_server
from tests.causes.live import explained, works
from tests.peers.listener import listening
from tests.peers.proxy import OPENED, tunnelling
from tests.peers.scripts import upgrades

from wssure import Failure, HttpLimits, ProxyFailed, UpgradeFailed, connect

COOKIE = b"Set-Cookie: a=" + b"x" * 9000
MANY = tuple(b"X-%d: y" % number for number in range(130))
LONG = tuple(b"X-%d: " % number + b"y" * 8000 for number in range(9))
HEADS = {"line_bytes": (COOKIE,), "header_count": MANY, "total_bytes": LONG}


def limits_of(failure: Failure) -> HttpLimits:
    """Return the limits that the fix says to set."""
    found = re.search(r"http_limits=HttpLimits\((\w+)=(\d+)\)", failure.fix)
    assert found, failure.fix
    return HttpLimits(**{found[1]: int(found[2])})


@pytest.mark.parametrize(("limit", "lines"), HEADS.items(), ids=HEADS)
def test_an_answer_above_a_limit_names_it_and_its_fix_works(limit, lines):
    with listening(upgrades(extra=lines)) as port:
        url = f"ws://127.0.0.1:{port}/"
        failure = explained(url)
        assert (failure.cause, failure.stage) == ("http.head-too-large", "upgrade")
        assert f"our limit {limit}" in failure.summary
        assert str(getattr(HttpLimits(), limit)) in failure.summary
        assert ("Set-Cookie" in failure.summary) is (limit == "line_bytes")
        assert works(url, http_limits=limits_of(failure))


async def test_an_answer_of_a_proxy_above_a_limit_is_the_proxys(plain: Loopback):
    answer = OPENED.replace(b"\r\n\r\n", b"\r\n" + COOKIE + b"\r\n\r\n")
    with tunnelling(answer=answer) as proxy:
        async with plain.server(hold) as server:
            with pytest.raises(ProxyFailed) as caught:
                await plain.connect(server, proxy=proxy.url)
            failure = caught.value.failure
            assert (failure.cause, failure.stage) == ("http.head-too-large", "proxy")
            assert f"the proxy at 127.0.0.1:{proxy.port} sent the header Set-Cookie" in failure.summary
            async with plain.connect(server, proxy=proxy.url, http_limits=limits_of(failure)):
                pass


async def test_a_server_says_which_header_of_a_request_is_above_its_limit(plain: Loopback, caplog):
    headers = {"X-Token": "x" * 9000}
    with caplog.at_level(logging.WARNING, "wssure.server"):
        async with plain.server(hold) as server:
            with pytest.raises(UpgradeFailed):
                await plain.connect(server, additional_headers=headers)
    (failure,) = [record.failure for record in caplog.records]
    assert failure.cause == "http.head-too-large"
    assert failure.summary.startswith("the client sent the header X-Token")
    assert "serve(..., http_limits=" in failure.fix
    async with (
        plain.server(hold, http_limits=limits_of(failure)) as server,
        plain.connect(server, additional_headers=headers),
    ):
        pass


async def test_the_limits_of_a_client_are_settings():
    async def answer(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)
        await writer.drain()
        writer.close()

    async with tcp_server(answer) as port:
        with pytest.raises(UpgradeFailed) as caught:
            await connect(f"ws://127.0.0.1:{port}/", http_limits=HttpLimits(body_bytes=10))
    assert caught.value.response.body == b"x" * 10
