"""Names to addresses, in a few daemon threads of our own: a cancelled lookup is abandoned, and exit never waits for one.

asyncio's executor is not used because interpreter exit joins its threads: a resolver that answers after 30 seconds would
keep a finished program alive for as long.
"""

import asyncio
import errno
import os
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from wssure.evidence import Attempt, Recorder
from wssure.facts import ResolveAnswers, ResolveErrorSeen
from wssure.name import is_ip

# A lookup that hangs keeps its thread until the system's resolver gives up, so the bound is on hung servers, not on load.
MAX_THREADS: Final = 16
IDLE_S: Final = 5.0

_T = TypeVar("_T")
# As the socket module gives it, of IPv4, of IPv6, or of a Unix socket, which has a path or an abstract name.
SocketAddress = tuple[str, int] | tuple[str, int, int, int] | str | bytes
Address = tuple[int, tuple[Any, ...]]
"""A socket family and the address `connect` takes."""

_Job = Callable[[], None]


class Lookups:
    """A bounded set of daemon threads that run blocking lookups; a thread without work for a while ends.

    Args:
        limit: The most threads at one time; further lookups wait for one to become free.
    """

    def __init__(self, limit: int = MAX_THREADS) -> None:
        self._limit = limit
        self._reset()

    def _reset(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._outstanding = 0

    def submit(self, job: _Job) -> None:
        """Run a job in one of the threads, as soon as one is free."""
        with self._lock:
            self._outstanding += 1
            # Abandoned jobs count as outstanding, so a hung lookup never holds up the one behind it below the limit.
            start = self._threads < min(self._limit, self._outstanding)
            self._threads += start
        self._jobs.put(job)
        if start:
            threading.Thread(target=self._run, name="wssure-resolve", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._outstanding < self._threads:
                        self._threads -= 1
                        return
                continue
            job()
            with self._lock:
                self._outstanding -= 1


_LOOKUPS = Lookups()
# Threads do not survive a fork: the child starts its own.
if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_LOOKUPS._reset)


def _set_result(future: asyncio.Future[_T], result: _T | None, error: BaseException | None) -> None:
    if future.done():
        return  # the caller was cancelled and has gone
    if error is None:
        future.set_result(result)  # type: ignore[arg-type]  # without an error there is one
    else:
        future.set_exception(error)


async def in_thread(call: Callable[[], _T], lookups: Lookups | None = None) -> _T:
    """Run a blocking call in a daemon thread and await its result; cancellation abandons it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def job() -> None:
        result, error = None, None
        try:
            result = call()
        except Exception as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(_set_result, future, result, error)
        except RuntimeError:
            pass  # the loop is closed: no task waits any more

    (lookups or _LOOKUPS).submit(job)
    return await future


def _addresses(answers: list[tuple[Any, ...]]) -> list[Address]:
    seen: dict[Address, None] = {}
    for family, _, _, _, sockaddr in answers:
        seen[int(family), tuple(sockaddr)] = None
    return list(seen)


async def resolve(name: str, port: int, recorder: Recorder) -> list[Address]:
    """Return the addresses of a name, in the system's order (RFC 6724), at least one.

    Args:
        name: A DNS name or an IP address, with a zone if it needs one.
        port: The TCP port, part of each address.
        recorder: Takes `resolve.answers`, or `resolve.error`.

    Raises:
        socket.gaierror: The name has no address, or no resolver answered.
        OSError: ENODEV: the zone of an address is no network interface.
    """
    if is_ip(name.partition("%")[0]):
        # Nothing to look up: getaddrinfo only turns a zone's name into its number.
        try:
            answers = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            # What connect(2) says for the number of an interface that is gone: it may come back, so this is no usage error.
            error = OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            recorder.attempts.append(Attempt(name, False, error.strerror, error.errno, recorder.elapsed_ms()))
            raise error from None
        return _addresses(answers)
    try:
        addresses = _addresses(await in_thread(lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)))
    except socket.gaierror as error:
        recorder.note(ResolveErrorSeen, error.errno, code_name(error.errno), error.strerror)
        raise
    recorder.note(ResolveAnswers, tuple(str(sockaddr[0]) for _, sockaddr in addresses))
    return addresses


_CODES: Final = {
    getattr(socket, name): name
    for name in sorted(dir(socket), reverse=True)
    if name.startswith("EAI_") and name not in ("EAI_MAX", "EAI_PROTOCOL", "EAI_BADHINTS")
}


def code_name(code: int | None) -> str:
    """Return the symbol of a getaddrinfo code, such as `EAI_NONAME`."""
    return _CODES.get(code, f"EAI_{code}") if code is not None else "EAI"
