"""Hellos with a wrong server_name, sent raw: a strict wssure server and the hello listener name what is in them."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from tests.causes.conftest import NAME
from tests.peers.foreign import hello_for
from tests.peers.listener import PATIENCE_S

from wssure import Site, serve
from wssure.evidence import Fault
from wssure.tools.cli.hello import examine
from wssure.tools.probe.hello_listener import listen_for_hellos

HERE = "127.0.0.1"
NAMES = [
    ("tls.sni-ip-literal", b"192.0.2.7", "192.0.2.7"),
    ("tls.sni-ip-literal", b"2001:db8::7", "2001:db8::7"),
    ("tls.sni-malformed", b"wss://b.example.net/", "a URL"),
    ("tls.sni-malformed", b"b.example.net:443", "a port"),
    ("tls.sni-malformed", b"b.example.net/ws", "a path"),
    ("tls.sni-malformed", b"b example.net", "white space"),
    ("tls.sni-malformed", b"wss", "scheme"),
    ("tls.sni-malformed", "bücher.example".encode(), "A-label"),
    ("tls.sni-malformed", b"b.example.net..", "trailing dot"),
]
each_name = pytest.mark.parametrize(("cause", "name", "says"), NAMES, ids=[repr(case[1].decode()) for case in NAMES])


async def quiet(ws) -> None:
    await ws.wait_closed()


def sends(port: int, data: bytes) -> bytes:
    """Send bytes, end, and return all that comes back."""
    with socket.create_connection((HERE, port), timeout=PATIENCE_S) as client:
        client.sendall(data)
        answer = b""
        while piece := client.recv(1000):
            answer += piece
        return answer


@each_name
def test_a_strict_server_names_what_is_wrong_in_the_name(backend, site_pem, caplog, cause, name, says):
    async def run() -> bytes:
        site = Site((NAME,), site_pem(NAME))
        async with serve(quiet, HERE, sites=[site], backend=backend, strict_sni=True) as server:
            return await asyncio.to_thread(sends, server.port, hello_for(name))

    with caplog.at_level(logging.INFO, logger="wssure.server"):
        answer = asyncio.run(run())
    (failure,) = [record.failure for record in caplog.records if hasattr(record, "failure")]
    assert (failure.cause, failure.fault) == (cause, Fault.PEER)
    assert says in failure.summary
    # RFC 6066 section 3: a name that is not served is answered by unrecognized_name(112).
    assert answer[:1] == b"\x15"
    assert answer[-1] == 112


@each_name
def test_the_hello_listener_names_what_is_wrong_in_the_name(cause, name, says):
    arrivals, ports = [], asyncio.Queue()

    async def run() -> None:
        listening = asyncio.create_task(
            listen_for_hellos(
                0, arrivals.append, address=HERE, count=1, listening=lambda _, port: ports.put_nowait(port)
            )
        )
        await asyncio.to_thread(sends, await ports.get(), hello_for(name))
        await listening

    asyncio.run(run())
    failure = examine(arrivals[0].data).failure
    assert failure is not None
    assert failure.cause == cause
    assert says in failure.summary


def test_a_client_that_says_nothing(backend, site_pem, caplog):
    async def run() -> None:
        site = Site((NAME,), site_pem(NAME))
        async with serve(quiet, HERE, sites=[site], backend=backend, open_timeout=0.2) as server:
            await asyncio.to_thread(sends, server.port, b"")

    with caplog.at_level(logging.INFO, logger="wssure.server"):
        asyncio.run(run())
    (failure,) = [record.failure for record in caplog.records if hasattr(record, "failure")]
    assert (failure.cause, failure.fault) == ("tls.no-hello", Fault.PEER)
    assert "0.2 s" in failure.summary
