"""Peers that look at the ClientHello before they take it: another answer for each server name, or for each hello."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from tests.peers.choosy import peek_hello
from tests.peers.listener import Talk, wait_for_end

from wssure.wire.hello import ClientHello


def by_hello(choose: Callable[[ClientHello], Talk]) -> Talk:
    """Let the hello decide what is said; who sends none hears nothing."""

    def talk(connection: socket.socket) -> None:
        hello = peek_hello(connection)
        (choose(hello) if hello is not None else wait_for_end)(connection)

    return talk


def by_name(served: Mapping[str, Talk], otherwise: Talk) -> Talk:
    """Serve these names, and say something else to every other and to none."""
    return by_hello(lambda hello: served.get(hello.server_name or "", otherwise))
