"""Listening sockets, and a fair, bounded way to accept from them that survives a lack of file descriptors."""

import asyncio
import errno
import logging
import os
import socket
import stat
from collections.abc import Callable
from typing import Final

from wssure.aio.dial import unix_socket
from wssure.aio.metrics import Metrics
from wssure.aio.resolve import Address, SocketAddress, resolve
from wssure.errors import UsageError, listen_failed, usage_error
from wssure.evidence import Recorder
from wssure.name import mask_secrets, normalise_address

BACKLOG: Final = 512
# How many connections one readiness event accepts: the loop's other work is not starved by a flood.
_BATCH: Final = 32
_SHORTAGE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Errors of the connection that was to be accepted, not of the listener (accept(2)).
_PASSING: Final = (
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ETIMEDOUT,
    errno.ECONNRESET,
)
_FIXES: Final = {
    errno.EADDRINUSE: "stop the program that listens there (`ss -ltnp` shows it), or choose another port; 0 picks a free one",
    errno.EADDRNOTAVAIL: "give an address of this machine (`ip address` lists them); in Python, None is all of them",
    **dict.fromkeys(
        (errno.ENODEV, errno.EINVAL),
        "write the network interface behind a link-local address, such as fe80::1%eth0 (`ip -6 address` lists both)",
    ),
    errno.EACCES: "choose a port from 1024, or give this process the right to lower ones (CAP_NET_BIND_SERVICE)",
}
_PATH_FIXES: Final = {
    errno.EADDRINUSE: "stop the server that listens there (`ss -lx` shows it), or remove what is no socket, or choose another path",
    errno.ENOENT: "make the directory first, or choose another path",
    errno.ENOTDIR: "choose a path whose parents are directories",
    errno.EACCES: "choose a directory that this process may write to",
}
_SHORTAGE_WAIT_S: Final = 0.2
_PORT_TRIES: Final = 10


def _bind(family: int, sockaddr: tuple[object, ...], *, reuse_port: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # On Windows SO_REUSEADDR would let another program take over the port.
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(sockaddr)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _everywhere(port: int) -> list[Address]:
    addresses: list[Address] = [(int(socket.AF_INET), ("0.0.0.0", port))]  # noqa: S104 - address=None says all interfaces
    if socket.has_ipv6:
        addresses.append((int(socket.AF_INET6), ("::", port)))
    return addresses


def _open_all(addresses: list[Address], *, reuse_port: bool) -> list[socket.socket]:
    """Listen on all addresses; if the port is 0, all use the port of the first."""
    sockets: list[socket.socket] = []
    try:
        for family, sockaddr in addresses:
            port = sockets[0].getsockname()[1] if sockets and sockaddr[1] == 0 else sockaddr[1]
            try:
                sockets.append(_bind(family, (sockaddr[0], port, *sockaddr[2:]), reuse_port=reuse_port))
            except OSError as error:
                # A host without IPv6 still serves IPv4.
                if not sockets or error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    raise
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def check_address(address: object) -> str | None:
    """Return an address to listen on; None is every address.

    Raises:
        UsageError: It is neither a name nor an IP address.
    """
    if address is None:
        return None
    try:
        return normalise_address(address)  # type: ignore[arg-type]  # any other type is refused there
    except UsageError as error:
        wrong = error.failure
    fix = "write a name or an IP address of this machine, without port or brackets; 0.0.0.0 or :: is every address of its family"
    raise usage_error("address", wrong.summary, fix)


async def listen(address: str | None, port: int, *, reuse_port: bool = False) -> list[socket.socket]:
    """Return listening sockets, all on one port.

    Args:
        address: A name or an IP address of this host; None is all of them.
        port: 0 picks a free one.
        reuse_port: Let other processes listen on the same port, too.

    Raises:
        ListenFailed: The address is not of this machine, the port is taken or reserved, or the name does not resolve.
    """
    try:
        return await _listen(address, port, reuse_port)
    except OSError as error:
        description = f"port {port} of {'every address' if address is None else mask_secrets(address)}"
        fix = "correct the name" if isinstance(error, socket.gaierror) else _FIXES.get(error.errno or 0)
        raise listen_failed(description, error, fix or "choose another address or port") from error


async def _listen(address: str | None, port: int, reuse_port: bool) -> list[socket.socket]:
    if address is None:
        addresses = _everywhere(port)
    else:
        addresses = await resolve(address, port, Recorder(lambda: 0))
    tries = _PORT_TRIES if port == 0 else 1
    while True:
        tries -= 1
        try:
            return _open_all(addresses, reuse_port=reuse_port)
        except OSError as error:
            # Another process took the port of the other family in between.
            if error.errno != errno.EADDRINUSE or tries <= 0:
                raise


def listen_unix(path: str) -> socket.socket:
    """Return a socket that listens on a path; replace a socket that no process serves any more.

    Raises:
        ListenFailed: The path is taken by something else, or cannot be made.
    """
    try:
        return _bound_path(path)
    except OSError as error:
        fix = _PATH_FIXES.get(error.errno or 0, "choose another path")
        raise listen_failed(f"the path {mask_secrets(os.fsdecode(path))}", error, fix) from error


def _bound_path(path: str) -> socket.socket:
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode) and _is_dead(path):
            os.unlink(path)
    except FileNotFoundError:
        pass
    sock = unix_socket()
    try:
        sock.setblocking(False)
        sock.bind(path)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _is_dead(path: str) -> bool:
    with unix_socket() as probe:
        return probe.connect_ex(path) == errno.ECONNREFUSED


class Acceptor:
    """Accepts while there is capacity, in the kernel's order; otherwise connections wait in the kernel's backlog.

    Args:
        sockets: The listening ones.
        has_capacity: Tells whether one more may be accepted now.
        take: Gets each accepted socket and its address.
        spare: Closes a connection that can give way; False if there is none. Called if file descriptors are short.
        metrics: Logs a lack of file descriptors, once until no client waits for one any more.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        has_capacity: Callable[[], bool],
        take: Callable[[socket.socket, SocketAddress], None],
        spare: Callable[[], bool],
        metrics: Metrics,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._has_capacity = has_capacity
        self._take = take
        self._spare = spare
        self._metrics = metrics
        self._watching = False
        self._short = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def start(self) -> None:
        """Accept, or go on accepting."""
        if self._watching or self._closed or self._timer is not None:
            return
        self._watching = True
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._on_readable, sock)

    def _stop(self) -> None:
        if self._watching:
            self._watching = False
            for sock in self._sockets:
                self._loop.remove_reader(sock.fileno())

    def _on_readable(self, listener: socket.socket) -> None:
        for _ in range(_BATCH):
            if not self._has_capacity():
                self._stop()  # `start` is called when there is room again
                return
            try:
                sock, address = listener.accept()
            except (BlockingIOError, InterruptedError):
                self._short = False  # no client waits any more
                return
            except OSError as error:
                if self._on_accept_error(error):
                    return
                continue
            self._take(sock, address)

    def _on_accept_error(self, error: OSError) -> bool:
        """Take an error of `accept`; return True if accepting has to wait."""
        if error.errno in _PASSING:
            return True
        if not self._short:
            self._short = True
            what = "out of file descriptors or memory" if error.errno in _SHORTAGE else "accept failed"
            text = "%s (%s): new connections wait until that ends or idle openings give way"
            self._metrics.log(logging.ERROR, "times accept failed", text, what, error.strerror)
        if error.errno in _SHORTAGE and self._spare():
            return False
        # Accepting again at once would fail again at once, and the listener stays readable: wait for descriptors.
        self._stop()
        self._timer = self._loop.call_later(_SHORTAGE_WAIT_S, self._again)
        return True

    def _again(self) -> None:
        self._timer = None
        self.start()

    def close(self) -> None:
        """Stop, and close the listening sockets."""
        self._stop()
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for sock in self._sockets:
            sock.close()
