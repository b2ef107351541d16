"""From addresses to one TCP connection: races them as RFC 8305 says, without tasks, and keeps an `Attempt` for each.

Nothing here knows TLS, names or settings: dialling cannot choose a server name, because it never sees one.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Final

from wssure.aio.given import refuse_no_socket
from wssure.aio.resolve import Address
from wssure.aio.stream import os_error
from wssure.errors import usage_error
from wssure.evidence import Attempt, Phase, Recorder
from wssure.facts import UnixPathDialled

# RFC 8305 section 5: "Connection Attempt Delay ... recommended value for a default delay is 250 milliseconds."
ATTEMPT_DELAY_S: Final = 0.25
_IN_PROGRESS: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR)


def address_text(family: int, sockaddr: tuple[object, ...] | str | bytes | None) -> str:
    """Return `ip:port`, an IPv6 address in brackets, or a socket path."""
    if isinstance(sockaddr, (str, bytes)):
        return os.fsdecode(sockaddr)
    if not sockaddr:
        return "?"
    host = f"[{sockaddr[0]}]" if family == socket.AF_INET6 else str(sockaddr[0])
    return f"{host}:{sockaddr[1]}"


def interleave(addresses: Iterable[Address]) -> list[Address]:
    """Order addresses by alternating families, the first one's family first.

    Source: RFC 8305 section 4, with a First Address Family Count of 1.
    """
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    return [address for address in chain.from_iterable(zip_longest(*families.values())) if address is not None]


class _Race:
    """Starts one attempt after another until one stands; at most one winner, and every other socket is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, addresses: list[Address], recorder: Recorder) -> None:
        self.loop = loop
        self.recorder = recorder
        self.waiting = addresses
        self.running: dict[socket.socket, tuple[str, float]] = {}
        self.result: asyncio.Future[socket.socket] = loop.create_future()
        self.timer: asyncio.TimerHandle | None = None
        self.error: OSError | None = None

    def start_next(self) -> None:
        """Start the next attempt; and the one after it once the delay is over or this one failed."""
        self.stop_timer()
        while self.waiting and not self.result.done():
            family, sockaddr = self.waiting.pop(0)
            if self.start(family, sockaddr):
                break
        if self.result.done():
            return
        if self.waiting:
            self.timer = self.loop.call_later(ATTEMPT_DELAY_S, self.start_next)
        elif not self.running:
            self.result.set_exception(self.error or OSError(errno.EADDRNOTAVAIL, "no address to connect to"))

    def start(self, family: int, sockaddr: tuple[object, ...]) -> bool:
        """Begin one attempt; False if it failed at once."""
        text = address_text(family, sockaddr)
        began = self.recorder.elapsed_ms()
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self.on_failed(text, began, error.errno)
            return False
        sock.setblocking(False)
        try:
            number = sock.connect_ex(sockaddr)
        except OSError as error:
            number = error.errno or errno.EINVAL
        if number == 0:
            self.on_connected(sock, text, began)
            return True
        if number not in _IN_PROGRESS:
            sock.close()
            self.on_failed(text, began, number)
            return False
        self.running[sock] = (text, began)
        self.loop.add_writer(sock.fileno(), self.on_writable, sock)
        return True

    def on_writable(self, sock: socket.socket) -> None:
        """One attempt has ended, well or not."""
        text, began = self.running.pop(sock)
        self.loop.remove_writer(sock.fileno())
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number == 0 and not self.result.done():
            self.on_connected(sock, text, began)
            return
        sock.close()
        if self.result.done():
            return
        self.on_failed(text, began, number)
        # RFC 8305 section 5: an attempt that failed does not make the next one wait for the delay.
        self.start_next()

    def on_connected(self, sock: socket.socket, text: str, began: float) -> None:
        self.recorder.attempts.append(Attempt(text, True, start_ms=began, ms=self.recorder.elapsed_ms() - began))
        self.recorder.phases.append(Phase("dial", text, began, self.recorder.elapsed_ms() - began, True))
        self.result.set_result(sock)

    def on_failed(self, text: str, began: float, number: int | None) -> None:
        took = self.recorder.elapsed_ms() - began
        words = os.strerror(number) if number else None
        self.recorder.note(os_error, number, "connect")
        self.recorder.attempts.append(Attempt(text, False, words, number, began, took))
        self.recorder.phases.append(Phase("dial", text, began, took, False))
        self.error = OSError(number, words)

    def stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def close(self) -> None:
        """End the attempts that still run: the losers after a success, all after a cancellation."""
        self.stop_timer()
        for sock, (text, began) in self.running.items():
            self.loop.remove_writer(sock.fileno())
            sock.close()
            took = self.recorder.elapsed_ms() - began
            self.recorder.attempts.append(Attempt(text, False, "abandoned", None, began, took))
            self.recorder.phases.append(Phase("dial", text, began, took, False))
        self.running.clear()


async def dial(addresses: list[Address], recorder: Recorder) -> socket.socket:
    """Return a connected non-blocking socket to the first address that answers.

    Args:
        addresses: From `resolve`, in the system's order.
        recorder: Takes an `Attempt` and a phase for each address tried, and `os.error` for each that failed.

    Raises:
        OSError: No address answered; the last attempt's error.

    Source: RFC 8305 sections 4 and 5.
    """
    race = _Race(asyncio.get_running_loop(), interleave(addresses), recorder)
    try:
        race.start_next()
        sock = await race.result
    except BaseException:
        if race.result.done() and not race.result.cancelled() and race.result.exception() is None:
            race.result.result().close()  # it was connected at the moment of the cancellation
        raise
    finally:
        race.close()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def unix_socket() -> socket.socket:
    """Return a new Unix socket.

    Raises:
        UsageError: Python has no Unix sockets on this system.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise usage_error(
            "path", "path= needs Unix sockets, which Python does not have here", "give host and port instead"
        )
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


async def dial_unix(path: str, recorder: Recorder) -> socket.socket:
    """Return a non-blocking socket connected to a Unix socket's path.

    Raises:
        UsageError: Another kind of file or socket is there, or Python has no Unix sockets on this system.
        OSError: No process listens there.
    """
    recorder.note(UnixPathDialled, path)
    sock = unix_socket()
    began = recorder.elapsed_ms()
    try:
        sock.setblocking(False)
        # A Unix socket connects at once or not at all (EAGAIN: the listener's queue is full).
        sock.connect(path)
    except OSError as error:
        sock.close()
        refuse_no_socket(path, error)
        recorder.note(os_error, error.errno, "connect")
        recorder.attempts.append(Attempt(path, False, error.strerror, error.errno, began))
        raise
    recorder.attempts.append(Attempt(path, True, start_ms=began))
    recorder.phases.append(Phase("dial", path, began, recorder.elapsed_ms() - began, True))
    return sock
