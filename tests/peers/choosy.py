"""Servers that look at the ClientHello before they decide what to do, and remember everything that arrived."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Callable, Iterator

from tests.peers.listener import PATIENCE_S, Talk, listening, read_some

from wssure.wire.decode import DecodeError
from wssure.wire.hello import ClientHello, find_client_hello

Choose = Callable[[ClientHello], Talk | None]


def peek_hello(connection: socket.socket) -> ClientHello | None:
    """Decode the ClientHello and leave it with the kernel; None where something else came."""
    wanted = 1
    while True:
        data = connection.recv(65536, socket.MSG_PEEK | (socket.MSG_WAITALL if wanted > 1 else 0))
        if not data or data[0] != 22:
            return None
        size = 5 + int.from_bytes(data[3:5], "big")
        if len(data) >= size:
            break
        wanted = size
    try:
        return find_client_hello(data)
    except DecodeError:
        return None


def chooses(context: ssl.SSLContext, then: Talk, choose: Choose) -> Talk:
    """Do what `choose` says about the hello; where it says None, a real handshake and `then` on top of it."""

    def talk(connection: socket.socket) -> None:
        hello = peek_hello(connection)
        other = choose(hello) if hello is not None else None
        if other is not None:
            other(connection)
            return
        if hello is None:
            read_some(connection)
            return
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.settimeout(PATIENCE_S)
            then(wrapped)

    return talk


class Arrived:
    """What came to a server: of each connection the bytes on the wire, and where TLS ended here, the plaintext."""

    def __init__(self) -> None:
        self.wire: list[bytes] = []
        self.plain: list[bytes] = []

    def everything(self) -> bytes:
        """Return all of it in one."""
        return b"\n".join(self.wire + self.plain)


@contextlib.contextmanager
def recording(talk: Talk, arrived: Arrived, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve with `talk` behind a relay that keeps what the client sends; gives the relay's port."""
    with listening(talk, host) as behind, listening(_relay(behind, arrived, host), host) as port:
        yield port


def _relay(behind: int, arrived: Arrived, host: str) -> Talk:
    """Copy both directions until the server ends; the client's end alone is passed on."""

    def talk(connection: socket.socket) -> None:
        kept = bytearray()
        with socket.create_connection((host, behind)) as other:
            open_ends = {connection: other, other: connection}
            try:
                while other in open_ends:
                    for source in select.select(open_ends, (), (), 5)[0]:
                        data = source.recv(65536)
                        if source is connection:
                            kept += data
                        if data:
                            open_ends[source].sendall(data)
                        else:
                            _pass_end(open_ends.pop(source))
            finally:
                arrived.wire.append(bytes(kept))

    return talk


def _pass_end(sink: socket.socket) -> None:
    """End one direction, if the peer has not ended the connection already."""
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def notes_plain(then: Talk, arrived: Arrived) -> Talk:
    """Keep the first plaintext that comes, without taking it from `then`."""

    def talk(connection: socket.socket) -> None:
        arrived.plain.append(b"")
        then(_Noting(connection, arrived))  # type: ignore[arg-type]

    return talk


class _Noting:
    """A connection whose received bytes are kept."""

    def __init__(self, connection: socket.socket, arrived: Arrived) -> None:
        self._connection = connection
        self._arrived = arrived

    def recv(self, size: int) -> bytes:
        data = self._connection.recv(size)
        self._arrived.plain[-1] += data
        return data

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


__all__ = ["Arrived", "Choose", "chooses", "notes_plain", "peek_hello", "recording"]
