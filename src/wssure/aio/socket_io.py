"""Move bytes between a socket and its TLS engine: receive, transmit, and flush the output of the engine.

A compiled module cimports these names from socket_io.pxd, which makes the system calls directly. An interpreted module imports
them from here. Both keep the contract of `wssure.tls.contract.Engine` and raise the same `OSError`s.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if TYPE_CHECKING:
    from wssure.tls.contract import Engine

if not cython.compiled:

    def receive(sock: socket.socket, descriptor: int, buffer: memoryview) -> int:
        """Fill `buffer` from the socket; 0 at the end of file.

        Raises:
            BlockingIOError: Nothing is there.
            OSError: The connection broke.
        """
        return sock.recv_into(buffer)

    def transmit(sock: socket.socket, descriptor: int, data: bytes | bytearray | memoryview) -> int:
        """Send bytes; return how many the kernel took.

        Raises:
            BlockingIOError: It takes none now.
            OSError: The connection broke.
        """
        return sock.send(data)

    def current_thread() -> int:
        """Return a number that identifies this thread."""
        return threading.get_ident()

    def flush_engine(engine: Engine, sock: socket.socket, descriptor: int) -> int:
        """Send the output of the engine; return the number of bytes left.

        Raises:
            BlockingIOError: The kernel takes none now.
            OSError: The connection broke.
        """
        view = engine.outgoing()
        size = len(view)
        if size == 0:
            return 0
        count = transmit(sock, descriptor, view)
        engine.consume(count)
        return size - count
