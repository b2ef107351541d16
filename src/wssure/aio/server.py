"""A running server: accepts within its limits, tracks its connections, and closes after delivering sent messages."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final

from wssure.aio.incoming import Incoming, Policy
from wssure.aio.listen import Acceptor
from wssure.aio.openings import ENDED, SILENT, Openings, address_key
from wssure.aio.options import Logger
from wssure.aio.websocket import WebSocket
from wssure.errors import usage_error
from wssure.frozen import frozen
from wssure.protocol.close import check_close
from wssure.tls.settings import Site

if TYPE_CHECKING:
    from wssure.aio.resolve import SocketAddress
    from wssure.tls.sites import SiteTable, StrictSNI

# How long closing handshakes and handlers may take together before connections are cut and handlers cancelled.
GRACE_S: Final = 20.0
# How long a cancelled handler is waited for.
_STUBBORN_S: Final = 10.0


def warn_of_certificates(sites: Iterable[Site], logger: Logger) -> None:
    """Log one line for each defect for which clients will refuse the certificate of a site."""
    from wssure.tls.own import certificate_warnings  # here, because a ws:// server needs none

    for warning in certificate_warnings(sites):
        logger.warning("%s", warning)


@frozen
class Capacity:
    """Limits for all clients together, and for openings without progress.

    Args:
        max_handshakes: Most openings in progress.
        handshakes_per_address: Openings of one address beyond this many give way first; None treats all alike.
        max_connections: Most connections, openings included; None is no limit.
        first_byte_s: Seconds in which the first byte has to come; None is no limit.
        stall_s: Seconds without a completed step after which an opening can give way, half of them if no byte came; None
            never lets it.
    """

    max_handshakes: int
    handshakes_per_address: int | None
    max_connections: int | None
    first_byte_s: float | None
    stall_s: float | None


class Server:
    """A server made by `serve`; an asynchronous context manager that closes it.

    Attributes:
        sockets: The listening sockets; empty once closed.
        connections: The open connections at this moment.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        policy: Policy,
        sites: SiteTable | None,
        capacity: Capacity,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._policy = policy
        self._sites = sites
        self._capacity = capacity
        self._handshakes = Openings(
            share=capacity.handshakes_per_address,
            first_byte_s=capacity.first_byte_s,
            stall_s=capacity.stall_s,
            found_stalled=self._resume_accepting,
        )
        self._tasks: dict[asyncio.Task[None], WebSocket | None] = {}
        self._closing: asyncio.Task[None] | None = None
        self._close_arguments = (1001, "")
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self.sockets: tuple[socket.socket, ...] = tuple(sockets)
        self._acceptor = Acceptor(sockets, self._has_capacity, self._take, self._give_way, policy.metrics)

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The TCP port all sockets listen on; 0 for a Unix socket, and once closed."""
        for sock in self.sockets:
            if sock.family != getattr(socket, "AF_UNIX", None):
                port: int = sock.getsockname()[1]
                return port
        return 0

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites new connections can ask for; empty for plain ws."""
        return self._sites.sites if self._sites is not None else ()

    @property
    def connections(self) -> frozenset[WebSocket]:
        """The open connections."""
        return frozenset(websocket for websocket in self._tasks.values() if websocket is not None)

    def metrics(self) -> str:
        """Return counters and gauges in the text format of Prometheus; failures by cause id, and no other label.

        `wssure_certificate_days_left` is there if the server has sites with certificates.

        Serve it on a path of your choice, for example from `process_request`.
        """
        gauges = {
            "wssure_connections": ("Open WebSocket connections.", len(self.connections)),
            "wssure_handshakes": ("Connections being opened.", len(self._handshakes)),
        }
        days = self.certificate_days_left()
        if days is not None:
            help_text = "Whole days until the first certificate of a site expires, negative after it."
            gauges["wssure_certificate_days_left"] = (help_text, int(days // 1))
        return self._policy.metrics.text(gauges)

    def certificate_days_left(self) -> float | None:
        """Return the days until the first certificate of the sites expires, negative after it.

        The files of the sites are read again only if they were changed; files that cannot be read are 0 days. None without sites, or
        if an `ssl.SSLContext` holds the certificate.
        """
        if self._sites is None:
            return None
        from wssure.tls.own import days_left

        return days_left(self._sites.sites)

    def replace_sites(
        self, sites: Iterable[Site], *, default_site: Site | str | None = None, strict_sni: StrictSNI | None = None
    ) -> None:
        """Serve new connections with other sites, say with renewed certificates; open ones stay as they are.

        Args:
            sites: The new ones, all of them.
            default_site: As in `serve`.
            strict_sni: As in `serve`; None leaves it as it is.

        Raises:
            UsageError: The sites do not work, and nothing has changed; or the server is plain ws.
        """
        from wssure.tls.sites import SiteTable

        if self._sites is None or self._policy.backend is None:
            raise usage_error("sites", "replace_sites got sites, but this server is plain ws", "make it with sites=")
        table = SiteTable(sites, default_site, self._sites.strict_sni if strict_sni is None else strict_sni)
        for site in table.sites:
            self._policy.backend.server(site, self._policy.settings)  # a broken certificate is refused here
        self._sites = table
        warn_of_certificates(table.sites, self._policy.logger)

    # --- accepting --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to accept; `serve` calls it."""
        self._acceptor.start()

    def _is_full(self) -> bool:
        if len(self._handshakes) >= self._capacity.max_handshakes:
            return True
        most = self._capacity.max_connections
        return most is not None and len(self._tasks) >= most

    def _has_capacity(self) -> bool:
        return not self._is_full() or self._handshakes.weakest() is not None

    def _give_way(self) -> bool:
        """Close the opening that uses its place least; False if all of them go on."""
        weakest = self._handshakes.weakest()
        if weakest is None:
            return False
        reason, incoming = weakest
        self._handshakes.discard(incoming)
        del self._tasks[incoming.task]
        if reason != ENDED:
            limit = "no byte came" if reason == SILENT else f"no step was completed in {self._capacity.stall_s} s"
            self._policy.metrics.count_eviction(incoming.peer, reason, limit)
        incoming.give_way()
        return True

    def _take(self, sock: socket.socket, address: SocketAddress) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_full():
            # If the bytes of the weakest came since `_has_capacity`, there is one opening too many for a moment.
            self._give_way()
        self._policy.metrics.accepted += 1
        incoming = Incoming(sock, self._policy, self._sites, address_key(sock.family, address))
        task = incoming.task = self._loop.create_task(self._serve(incoming))
        self._handshakes.add(incoming)
        self._tasks[task] = None
        task.add_done_callback(self._forget)

    async def _serve(self, incoming: Incoming) -> None:
        try:
            websocket = await incoming.open()
            if websocket is None:
                self._handshakes.end(incoming)
                self._resume_accepting()
                await incoming.opening.close()
        except BaseException:
            incoming.opening.abort()  # after any error the socket is closed
            raise
        finally:
            self._handshakes.discard(incoming)
            self._resume_accepting()
        if websocket is None:
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = websocket
        self._policy.metrics.opened += 1
        if self._closing is not None:
            await websocket.close(*self._close_arguments)
        else:
            await incoming.handle(websocket)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._resume_accepting()
        if not task.cancelled() and task.exception() is not None:
            self._policy.logger.error("a connection ended with an internal error", exc_info=task.exception())

    def _resume_accepting(self) -> None:
        if self._has_capacity():
            self._acceptor.start()

    # --- closing ----------------------------------------------------------------------------------------------------

    def close(self, code: int = 1001, reason: str = "", *, grace_s: float = GRACE_S) -> asyncio.Future[None]:
        """Stop accepting and close all connections; returns at once.

        What was sent before arrives before the Close. A client that has begun its request gets 503, one in the TLS handshake
        the end of the connection. A client gets `close_timeout` to answer a Close, a handler the rest of `grace_s` to
        end.

        Args:
            code: For the Close frames: 1001 going away, 1012 service restart.
            reason: The same.
            grace_s: Seconds after which connections are cut and handlers are cancelled.

        Returns:
            An awaitable, as `wait_closed` returns.

        Raises:
            TypeError: The code is no number, or the reason no text.
            ValueError: The code must not be sent, or the reason is too long. The server stays open.
        """
        check_close(code, reason)
        if self._closing is None:
            self._acceptor.close()
            self._handshakes.close()
            self.sockets = ()
            self._close_arguments = (code, reason)
            self._closing = self._loop.create_task(self._close(code, reason, grace_s))
        return asyncio.shield(self._closed)

    async def _close(self, code: int, reason: str, grace_s: float) -> None:
        end = self._loop.time() + grace_s
        try:
            closes = [self._loop.create_task(websocket.close(code, reason)) for websocket in self.connections]
            for incoming in self._handshakes:
                incoming.turn_away()
            await self._wait_for(closes, grace_s)
            await self._wait_for(list(self._tasks), end - self._loop.time())
        finally:
            self._policy.metrics.close()
            if not self._closed.done():
                self._closed.set_result(None)

    async def _wait_for(self, tasks: list[asyncio.Task[None]], seconds: float) -> None:
        """Wait for tasks, and cancel those that take longer."""
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=max(0.0, seconds))
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_STUBBORN_S)

    async def wait_closed(self) -> None:
        """Wait until the server is closed: no connection and no handler is left."""
        await asyncio.shield(self._closed)

    async def serve_forever(self) -> None:
        """Serve until cancelled, then close."""
        try:
            await self.wait_closed()
        except asyncio.CancelledError:
            self.close()
            await self.wait_closed()
            raise

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        await self.wait_closed()
