"""Peers that look at the ClientHello before they take it: another answer for each server name, or for each hello."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from tests.peers.listener import Talk, wait_for_end

from wssure.wire.decode import DecodeError
from wssure.wire.hello import ClientHello, find_client_hello

_TO_THE_END = socket.MSG_PEEK | socket.MSG_WAITALL


def peek_hello(connection: socket.socket) -> ClientHello | None:
    """Return the hello that waits in the socket, which stays there; None where something else does."""
    head = connection.recv(5, _TO_THE_END)
    if head[:1] != b"\x16" or len(head) < 5:
        return None
    try:
        return find_client_hello(connection.recv(5 + int.from_bytes(head[3:], "big"), _TO_THE_END))
    except DecodeError:
        return None


def by_hello(choose: Callable[[ClientHello], Talk]) -> Talk:
    """Let the hello decide what is said; who sends none hears nothing."""

    def talk(connection: socket.socket) -> None:
        hello = peek_hello(connection)
        (choose(hello) if hello is not None else wait_for_end)(connection)

    return talk


def by_name(served: Mapping[str, Talk], otherwise: Talk) -> Talk:
    """Serve these names, and say something else to every other and to none."""
    return by_hello(lambda hello: served.get(hello.server_name or "", otherwise))
