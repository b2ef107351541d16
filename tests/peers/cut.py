"""A path that lets only so many bytes of a good server's answer through, or lets them through one by one."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable

from tests.peers.listener import Talk, reset, wait_for_end

End = Callable[[socket.socket], None]


def ends(connection: socket.socket) -> None:
    """Close in good order."""
    connection.shutdown(socket.SHUT_WR)
    wait_for_end(connection)


def resets(connection: socket.socket) -> None:
    """Reset."""
    reset(connection)


def stalls(connection: socket.socket) -> None:
    """Say nothing more, and leave the connection open."""
    wait_for_end(connection)


def cut(context: ssl.SSLContext, after: int, end: End, *, behind_hello: bool = False) -> Talk:
    """Answer the hello with the first bytes of a real server's flight, and then end in some way.

    Args:
        context: The server's.
        after: How many bytes.
        end: The way.
        behind_hello: Count them from the end of the ServerHello's record, whose size depends on the group.
    """

    def talk(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        while outgoing.pending < after:
            data = connection.recv(65536)
            if not data:
                return
            incoming.write(data)
            with contextlib.suppress(ssl.SSLError):
                server.do_handshake()
        flight = outgoing.read()
        hello = 5 + int.from_bytes(flight[3:5], "big") if behind_hello else 0
        connection.sendall(flight[: hello + after])
        end(connection)

    return talk


def one_by_one(context: ssl.SSLContext, then: Talk) -> Talk:
    """Do a real handshake whose bytes leave one at a time, and talk on top of it."""

    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        then(_Slow(connection, server, incoming, outgoing))  # type: ignore[arg-type]

    return talk


class _Slow:
    """TLS over a socket that takes one byte at a time."""

    def __init__(
        self, connection: socket.socket, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self._connection, self._tls, self._incoming, self._outgoing = connection, tls, incoming, outgoing
        self._until_done(tls.do_handshake)

    def recv(self, size: int) -> bytes:
        try:
            return self._until_done(lambda: self._tls.read(size))
        except ssl.SSLError:
            return b""

    def sendall(self, data: bytes) -> None:
        self._until_done(lambda: self._tls.write(data))

    def _until_done(self, step: Callable[[], object]) -> object:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._connection.recv(65536)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        for byte in self._outgoing.read():
            self._connection.sendall(bytes((byte,)))
