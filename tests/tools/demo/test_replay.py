"""Replayed bytes: what the server said is kept, however it ends."""

from __future__ import annotations

import asyncio

import pytest
from tests.peers import scripts
from tests.peers.listener import listening, read_some, wait_for_end
from tests.wire.recordings import flight

from wssure.tools.demo.replay import Reply, replay

HELLO = flight("libwebsockets", "lws433-mbed340full-skiphost.hex")
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


def says_and_waits(connection) -> None:
    read_some(connection)
    connection.sendall(ALERT)
    wait_for_end(connection)


@pytest.mark.parametrize(
    ("talk", "reply"),
    [
        (scripts.closes_after_hello, Reply(b"", "eof")),
        (scripts.resets_after_hello, Reply(b"", "reset")),
        (scripts.says_after_hello(ALERT), Reply(ALERT, "eof")),
        (says_and_waits, Reply(ALERT, "timeout")),
        (scripts.says_after_hello(bytes(100)), Reply(bytes(50), "limit")),
    ],
    ids=["eof", "reset", "alert", "silent", "limit"],
)
def test_what_came_and_how_it_ended(talk, reply):
    with listening(talk) as port:
        assert asyncio.run(replay(HELLO, "127.0.0.1", port, quiet_s=0.3, limit=50)) == reply


def test_a_port_that_nobody_serves_is_an_error():
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(replay(HELLO, "127.0.0.1", 1))
