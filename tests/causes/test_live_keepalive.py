"""Ends that keepalive finds: a peer that answers no ping, and our own loop that nobody let run."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.listener import listening, wait_for_end

from wssure import ConnectionClosedError, TLSSettings, connect
from wssure.evidence import Failure, Fault

HERE = "127.0.0.1"


def ended(port: int, ca_pem: bytes, backend: str, use, **pings) -> Failure:
    """Connect, use the connection until it ends, and return why it did."""

    async def run() -> None:
        async with connect(
            f"wss://{NAME}:{port}/",
            address=HERE,
            tls=TLSSettings(ca=ca_pem),
            backend=backend,
            close_timeout=0.2,
            **pings,
        ) as ws:
            await use(ws)

    with pytest.raises(ConnectionClosedError) as caught:
        asyncio.run(run())
    assert caught.value.failure is not None
    return caught.value.failure


def _answers_no_ping(connection: socket.socket) -> None:
    """Upgrade, read what comes and answer nothing, as a program does that hangs."""
    scripts.upgrades(keep=False)(connection)
    wait_for_end(connection)


async def _waits(ws) -> None:
    await ws.recv()


async def _holds_the_loop(ws) -> None:
    while True:
        time.sleep(0.1)  # the blocking call that this is about
        await asyncio.sleep(0)
        if ws.close_code is not None:
            await ws.recv()


def test_a_peer_that_answers_no_ping(backend, serving, ca_pem):
    with listening(scripts.over_tls(serving(), _answers_no_ping)) as port:
        failure = ended(port, ca_pem, backend, _waits, ping_interval=0.05, ping_timeout=0.4)
    assert (failure.cause, failure.fault, failure.transient) == ("ws.peer-silent", Fault.PATH, True)
    assert "0.4 s" in failure.summary


def test_a_loop_that_does_not_run_is_not_the_peers_fault(backend, serving, ca_pem):
    with listening(scripts.over_tls(serving(), _answers_no_ping)) as port:
        failure = ended(port, ca_pem, backend, _holds_the_loop, ping_interval=0.01, ping_timeout=0.02)
    assert (failure.cause, failure.fault) == ("ws.loop-blocked", Fault.CALLER)
