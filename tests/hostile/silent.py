"""An attacker in a process of its own: `python -m tests.hostile.silent PORT COUNT`.

Keeps COUNT silent connections to a port of this machine: one that the server closes is opened again at once. Prints a line
once all of them were opened, and ends with its standard input.
"""

from __future__ import annotations

import selectors
import socket
import sys


def connect(selector: selectors.BaseSelector, port: int) -> None:
    """Begin one more connection."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", port))
    selector.register(sock, selectors.EVENT_READ)


def main(port: int, count: int) -> None:
    """Keep the connections until standard input ends."""
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    for _ in range(count):
        connect(selector, port)
    print("opened", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            assert isinstance(key.fileobj, socket.socket)
            selector.unregister(key.fileobj)
            key.fileobj.close()
            connect(selector, port)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
