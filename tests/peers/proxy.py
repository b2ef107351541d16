"""HTTP proxies in a thread: one that opens real tunnels, and talks for those that do not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.peers.listener import Talk
from tests.peers.scripts import read_request

OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class Tunnels:
    """A proxy that works.

    Args:
        port: Where it listens.
        asked: The requests it got, whole.
    """

    port: int
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def tunnelling(*, authorization: bytes = b"", answer: bytes = OPENED) -> Iterator[Tunnels]:
    """Serve as a proxy for any number of connections at a time; with `authorization` only to those who send it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Tunnels(server.getsockname()[1])
        threading.Thread(target=_accept, args=(server, proxy, authorization, answer), daemon=True).start()
        try:
            yield proxy
        finally:
            # Wakes accept, which a close alone does not.
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, proxy: Tunnels, authorization: bytes, answer: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, proxy, authorization, answer), daemon=True).start()


def _serve(connection: socket.socket, proxy: Tunnels, authorization: bytes, answer: bytes) -> None:
    with connection, contextlib.suppress(OSError):
        request = read_request(connection)
        proxy.asked.append(request)
        if authorization and b"Proxy-Authorization: " + authorization not in request:
            connection.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
            )
            return
        host, _, port = request.split()[1].decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as far:
            connection.sendall(answer)
            back = threading.Thread(target=_pass_on, args=(far, connection), daemon=True)
            back.start()
            _pass_on(connection, far)
            back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def by_first_bytes(asked: Talk, otherwise: Talk) -> Talk:
    """Be a proxy to who says CONNECT, and the server itself to everybody else."""

    def talk(connection: socket.socket) -> None:
        first = connection.recv(7, socket.MSG_PEEK)
        (asked if first == b"CONNECT" else otherwise)(connection)

    return talk


def after_tunnel(then: Talk) -> Talk:
    """Say that the tunnel is open, and be what stands at its other end."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OPENED)
        then(connection)

    return talk


def socks5(connection: socket.socket) -> None:
    """Answer a SOCKS 5 greeting (RFC 1928 section 3) and close on everything else."""
    if connection.recv(65536)[:1] == b"\x05":
        connection.sendall(b"\x05\x00")
