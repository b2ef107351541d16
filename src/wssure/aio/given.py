"""Check the sockets and paths that a caller gives, before any I/O, so that no mistake looks like a fault of the network."""

import errno
import os
import select
import socket
import ssl
import stat
import sys
from typing import Final

from wssure.errors import usage_error
from wssure.text import printable

# unix(7): sun_path has 108 bytes on Linux, and 104 on the BSDs and macOS; the last one is a NUL.
MAX_PATH: Final = 107 if sys.platform == "linux" else 103


def check_sock(sock: object, *, listening: bool = False) -> socket.socket | None:
    """Return a socket that can be used; None is none.

    Args:
        sock: As given.
        listening: Whether a listening socket is expected, else a connected one.

    Raises:
        UsageError: It is another object, closed, no stream socket, or in another state.
    """
    if sock is None:
        return None
    defect = _defect(sock, listening) if isinstance(sock, socket.socket) else printable(type(sock).__name__)
    if defect is None:
        assert isinstance(sock, socket.socket)
        return sock
    wanted, fix = ("listening", "after bind() and listen()") if listening else ("connected", "after connect()")
    raise usage_error("sock", f"sock got {defect}, expected a {wanted} stream socket", f"pass a socket.socket {fix}")


def _defect(sock: socket.socket, listening: bool) -> str | None:
    if sock.fileno() < 0:
        return "a closed socket"
    if isinstance(sock, ssl.SSLSocket):
        return "an ssl.SSLSocket, which has TLS of its own"
    if sock.type != socket.SOCK_STREAM:
        return f"a socket of {getattr(sock.family, 'name', sock.family)} and {getattr(sock.type, 'name', sock.type)}"
    try:
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        return f"a socket that cannot be used ({error.strerror})"  # its number was closed
    if listening:
        return None if listens else "a socket that does not listen"
    return "a listening socket" if listens else None if _was_connected(sock) else "a socket that is not connected"


def _was_connected(sock: socket.socket) -> bool:
    """Return True if a socket is or was connected: the first read tells how a connection ended, and loses nothing here."""
    try:
        sock.getpeername()
    except OSError:
        if not hasattr(select, "poll"):  # Windows
            return False
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return any(events & (select.POLLIN | select.POLLERR) for _, events in poll.poll(0))
    return True


def check_path(path: object) -> str | None:
    """Return the path of a Unix socket as text; None is none.

    Raises:
        UsageError: It is no path, empty, too long for a socket, or holds a NUL.
    """
    if path is None:
        return None
    try:
        text = os.fsdecode(path)  # type: ignore[arg-type]  # any other type is refused here
        size = len(os.fsencode(text))
    except (TypeError, UnicodeError):
        text, size, shown = "", 0, printable(repr(path))
    else:
        shown = printable(repr(text)) if size <= MAX_PATH else f"{size} bytes"
    if "\0" not in text and 0 < size <= MAX_PATH:
        return text
    raise usage_error(
        "path",
        f"path got {shown}, expected the path of a Unix socket: 1 to {MAX_PATH} bytes without NUL",
        'write path="/run/NAME.sock"; for a socket with an abstract name, give the socket itself as sock=',
    )


def refuse_no_socket(path: str, error: OSError) -> None:
    """Refuse a path that could not be connected to because it is no stream socket: for a file, too, the system says "refused".

    Raises:
        UsageError: Another kind of file or socket is there.
    """
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return
    if not is_socket or error.errno == errno.EPROTOTYPE:
        kind = "no stream socket" if is_socket else "no socket"
        what = f"path got {printable(repr(path))}, which is {kind}, expected a Unix socket that a server listens on"
        raise usage_error(
            "path", what, "give the path of the server's socket (`ss -lx` lists those that are listened on)"
        )
