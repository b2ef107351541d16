"""Small real servers in a thread: each takes connections one after the other and talks to them as its script says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Talk = Callable[[socket.socket], None]
# How long one end of a test waits for the other before it gives up: an end for what hangs, and nothing a test asserts.
PATIENCE_S = 60


@contextlib.contextmanager
def listening(talk: Talk, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve with `talk` until the block ends; gives the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as server:
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, talk, stopping), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopping.set()
            with contextlib.suppress(OSError), socket.create_connection(server.getsockname()[:2], timeout=PATIENCE_S):
                pass
            thread.join()


def _serve(server: socket.socket, talk: Talk, stopping: threading.Event) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            if stopping.is_set():
                return
            connection.settimeout(PATIENCE_S)
            # The other end may leave at any moment: that is what many of these tests are about.
            with contextlib.suppress(OSError):
                talk(connection)


@contextlib.contextmanager
def refusing(host: str = "127.0.0.1") -> Iterator[int]:
    """Give a port on which nobody listens, kept from others for as long as the block lasts."""
    with socket.socket() as held:
        held.bind((host, 0))
        yield held.getsockname()[1]


@contextlib.contextmanager
def full_backlog(host: str = "127.0.0.1") -> Iterator[int]:
    """Give a port whose queue of new connections is full: further requests are dropped without a word."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind((host, 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def read_some(connection: socket.socket, size: int = 65536) -> bytes:
    """Read what has arrived: at least a byte, or nothing at the end."""
    return connection.recv(size)


def read_record(connection: socket.socket) -> bytes:
    """Read one TLS record."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        more = connection.recv(65536)
        if not more:
            break
        data += more
    return data


def wait_for_end(connection: socket.socket) -> None:
    """Read until the other end closes."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
