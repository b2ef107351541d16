"""One connection a client makes to us: TLS with the site it asks for, the upgrade, the handler, and its end."""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wssure.aio.dial import address_text
from wssure.aio.failure import explain
from wssure.aio.metrics import Metrics
from wssure.aio.opening import FAILURES, Opening
from wssure.aio.openings import ASKED
from wssure.aio.options import Logger, Options
from wssure.aio.origin import Origins, host_is_of_site, may_connect
from wssure.aio.stream import addresses_of
from wssure.aio.websocket import WebSocket
from wssure.errors import ConnectionClosed, UsageError
from wssure.evidence import Failure, Stage
from wssure.facts import ResponseSeen
from wssure.frozen import frozen
from wssure.name import mask_secrets
from wssure.protocol.exchange import Refused
from wssure.protocol.server_handshake import ServerHandshake
from wssure.protocol.state import End, Ending, Role
from wssure.session import answer
from wssure.tls.contract import Backend, EngineFailed
from wssure.tls.settings import TLSSettings
from wssure.wire.deflate import DeflateSettings
from wssure.wire.http_message import REASONS, HttpError, Request, Response
from wssure.wire.http_reader import NotHttp

if TYPE_CHECKING:
    import re

    from wssure.tls.connection import ServerTlsConnection
    from wssure.tls.sites import SiteTable

# A client that sends plain HTTP to a TLS port cannot read TLS: answer in plain HTTP.
_HTTP_METHODS: Final = (b"GET ", b"HEAD ", b"POST ", b"OPTIONS ")
_TO_TLS_PORT: Final = ServerHandshake().reject(
    400, b"plain HTTP request was sent to HTTPS port: write wss:// (or https://) in the URL\n"
)

Handler = Callable[[WebSocket], Awaitable[None]]
ProcessRequest = Callable[[WebSocket, Request], Response | Awaitable[Response | None] | None]
SelectSubprotocol = Callable[[WebSocket, Sequence[str]], str | None]


@frozen
class Policy:
    """The settings of a server for its connections, checked.

    Args:
        handler: Runs for each open connection.
        options: How an open connection behaves.
        limits: Seconds by phase.
        backend: The TLS library; None serves plain ws.
        settings: TLS limits common to all sites.
        by_name: Whether sites answer for their names only, so that a Host of another is misdirected.
        health: The path of health probes; None has none.
        origins: Which pages may connect.
        process_request: May answer a request itself.
        select_subprotocol: Picks one of those offered.
        subprotocols: The subprotocols of the server, best first.
        logger: The logger.
        metrics: Counts connections, and keeps the log of failed ones within limits.
    """

    handler: Handler
    options: Options
    limits: dict[str, float]
    backend: Backend | None
    settings: TLSSettings
    by_name: bool
    health: str | None
    origins: Origins | tuple[str | re.Pattern[str] | None, ...] | None
    process_request: ProcessRequest | None
    select_subprotocol: SelectSubprotocol | None
    subprotocols: tuple[str, ...]
    logger: Logger
    metrics: Metrics


class _Answered(Exception):
    """The request got another answer than an open connection; nothing is wrong with that."""


class Incoming:
    """One accepted connection.

    Args:
        sock: As accepted.
        policy: The settings of the server.
        sites: The sites at this moment; None for plain ws.
        address_key: The key of its client, which counts against that client's share; see `openings.address_key`.

    Attributes:
        turned_away: True once the server closes and the client is to get 503 if it has begun a request.
        handshake: Reads the request.
        beyond_share: True if its address already held its share; set when the opening gets its place.
        task: Opens the connection, then runs its handler.
    """

    task: asyncio.Task[None]

    def __init__(self, sock: socket.socket, policy: Policy, sites: SiteTable | None, address_key: bytes = b"") -> None:
        self.policy = policy
        self.sites = sites
        self.peer = address_text(sock.family, addresses_of(sock)[1])
        self.opening = Opening(policy.options.open_timeout, policy.limits)
        self.recorder = self.opening.recorder
        self.opening.take(sock)
        self.stream = self.opening.stream
        self.handshake = ServerHandshake(policy.options.http_limits)
        self.tls_connection: ServerTlsConnection | None = None
        self.asked = False
        self.address_key = address_key
        self.beyond_share = False
        self.turned_away = False

    async def open(self) -> WebSocket | None:
        """Complete TLS and upgrade; None if that failed, which is logged: `opening.close` closes the socket."""
        try:
            async with self.opening as opening:
                if self.policy.backend is not None:
                    opening.begin(Stage.TLS, self.peer)
                    await self.start_tls(self.policy.backend)
                opening.begin(Stage.UPGRADE, self.peer)
                try:
                    return await self.upgrade()
                except asyncio.CancelledError:
                    if self.turned_away:
                        self.task.uncancel()
                        await self.read_arrived()
                        if self.handshake.is_http:
                            raise self.unavailable("the server is closing") from None
                    raise
        except _Answered as answered:
            self.policy.metrics.answered += 1
            if answered.args:
                self.policy.metrics.log(logging.INFO, "requests were answered", "%s: %s", self.peer, answered)
        except FAILURES as error:
            self.log_failure(error)
        except UsageError:
            self.log_own_error("connections failed by settings", "the settings of this server do not work")
        return None

    async def start_tls(self, backend: Backend) -> None:
        """Complete the TLS handshake."""
        from wssure.tls.connection import ServerTlsConnection

        if self.sites is None:
            raise AssertionError("a server with a backend has sites")
        self.tls_connection = ServerTlsConnection(backend, self.policy.settings, self.sites, note=self.recorder.note)
        try:
            await self.opening.handshake(self.tls_connection)
        except EngineFailed:
            if self.tls_connection.first_bytes.startswith(_HTTP_METHODS):
                self.stream.engine = None  # in the clear: TLS has ended before it began
                self.stream.write(_TO_TLS_PORT)
            raise

    async def upgrade(self) -> WebSocket:
        """Read the request and answer it."""
        handshake = self.handshake
        request = await self.read_request(handshake)
        self.recorder.note(answer.request, request)
        self.answer_health(request)
        self.check_host(handshake, request)
        self.check_origin(handshake, request)
        websocket = WebSocket(
            self.opening,
            self.policy.options,
            request=request,
            logger=self.policy.logger,
        )
        await self.ask_hook(handshake, websocket, request)
        self.accept(handshake, websocket, request)
        return websocket

    async def read_request(self, handshake: ServerHandshake) -> Request:
        """Return the whole request; answer one that breaks HTTP as HTTP says."""
        try:
            request = await self.opening.read_message(handshake)
        except HttpError as error:
            self.recorder.note(handshake.facts, error)
            # A client that does not speak HTTP gets no answer in it.
            if not isinstance(error, NotHttp):
                self.stream.write(handshake.reject(error.status, f"{error.what}\n".encode()))
            raise
        self.asked = True
        return request

    def refuse(
        self, handshake: ServerHandshake, status: int, why: str, headers: Iterable[tuple[str, str]] = ()
    ) -> _Answered:
        """Answer with a status, and return the exception to raise."""
        self.stream.write(handshake.reject(status, f"{why}\n".encode(), headers))
        return _Answered(f"answered {status}: {why}")

    def refuse_client(self, handshake: ServerHandshake, status: int, why: str) -> Refused:
        """Answer with a status that is the client's failure, and return the exception to raise."""
        self.refuse(handshake, status, why)
        self.recorder.note(ResponseSeen, status, REASONS[status], {}, why)
        return Refused("status", None)

    def unavailable(self, why: str) -> _Answered:
        """Answer 503, and return the exception to raise."""
        return self.refuse(self.handshake, 503, why, [("Retry-After", "1")])

    async def read_arrived(self) -> None:
        """Read the bytes of the request that are there already, without a wait."""
        self.opening.on_readable()
        with suppress(TimeoutError, *FAILURES):
            async with asyncio.timeout(0):
                while not self.handshake.is_http:
                    if not (data := await self.opening.read()):
                        break
                    self.handshake.receive(data)

    def answer_health(self, request: Request) -> None:
        """Answer a probe of the health path: any Host, any Origin, HTTP/1.0 as well, without a record in the log.

        An upgrade is no probe: a WebSocket on the same path, such as `/`, goes on to work.
        """
        if (
            "Upgrade" not in request.headers
            and request.method in ("GET", "HEAD")
            and request.target.partition("?")[0] == self.policy.health
        ):
            self.stream.write(ServerHandshake().reject(200, headers=[("Cache-Control", "no-store")]))
            raise _Answered

    def check_host(self, handshake: ServerHandshake, request: Request) -> None:
        """Refuse a request for a host that the chosen site does not answer for (RFC 9110 section 15.5.20)."""
        site = self.tls_connection.site if self.tls_connection is not None else None
        if site is None or not self.policy.by_name:
            return
        host = request.headers.get("Host") or ""
        if not host_is_of_site(site, host):
            raise self.refuse_client(handshake, 421, f'this site does not answer for "{mask_secrets(host)}"')

    def check_origin(self, handshake: ServerHandshake, request: Request) -> None:
        """Refuse a page of another site: browsers let any page connect to any server (RFC 6455 section 10.2)."""
        origin = request.headers.get("Origin")
        if "Upgrade" not in request.headers:
            return  # a plain request opens nothing
        secure = self.policy.backend is not None
        if not may_connect(self.policy.origins, origin, request.headers.get("Host") or "", secure=secure):
            shown = "a request without Origin" if origin is None else f"the Origin {mask_secrets(origin)}"
            raise self.refuse_client(handshake, 403, f"{shown} is not allowed here")

    async def ask_hook(self, handshake: ServerHandshake, websocket: WebSocket, request: Request) -> None:
        """Let the application answer the request itself."""
        if self.policy.process_request is None:
            return
        try:
            response = self.policy.process_request(websocket, request)
            if inspect.isawaitable(response):
                response = await response
        except Exception:
            self.log_own_error("calls of process_request failed", "process_request failed")
            raise self.refuse(handshake, 500, "the server failed") from None
        if response is not None:
            self.stream.write(handshake.reject(response.status, response.body, response.headers.items()))
            raise _Answered(f"process_request answered {response.status}")

    def select(self, handshake: ServerHandshake, websocket: WebSocket, request: Request) -> str | None:
        """Return the subprotocol to speak; None for none."""
        offered = handshake.subprotocols(request)
        if self.policy.select_subprotocol is not None:
            return self.policy.select_subprotocol(websocket, offered)
        return next((name for name in self.policy.subprotocols if name in offered), None)

    def accept(self, handshake: ServerHandshake, websocket: WebSocket, request: Request) -> None:
        """Answer 101 and open the connection, or say why the request is no upgrade."""
        refusal = handshake.refusal(request)
        if refusal is not None:
            raise self.refuse(handshake, refusal.status, refusal.text, refusal.headers)
        options = self.policy.options
        try:
            subprotocol = self.select(handshake, websocket, request)
            answer = handshake.accept(request, subprotocol, DeflateSettings() if options.compression else None)
        except Exception:
            self.log_own_error("calls of select_subprotocol failed", "select_subprotocol failed")
            raise self.refuse(handshake, 500, "the server failed") from None
        connection = options.connection(Role.SERVER, handshake.deflate)
        self.stream.write(answer)
        self.opening.finish()
        websocket._start(connection, handshake.leftover + self.opening.take_inbox(), subprotocol=subprotocol)

    async def handle(self, websocket: WebSocket) -> None:
        """Run the handler, then close the connection."""
        code, reason = 1000, ""
        try:
            await self.policy.handler(websocket)
        except ConnectionClosed:
            pass  # the client went while the handler used the connection: the ordinary end of many handlers
        except Exception:
            self.policy.logger.exception("connection handler failed")
            code, reason = 1011, "internal error"
        except BaseException:
            websocket.abort()  # cancelled: nothing can be awaited any more
            raise
        await websocket.close(code, reason)

    def log_failure(self, error: BaseException) -> None:
        """Explain in one record why no connection came about."""
        if self.stream.received_bytes == 0 and not self.opening.expired:
            self.policy.metrics.left_early += 1
            self.policy.logger.debug("%s connected and went away without a byte", self.peer)
            return
        if isinstance(error.__cause__, UsageError):
            # A file of a site was good when serving began, and is not now: a renewal that went wrong.
            own = error.__cause__.failure
            self.policy.metrics.count_failure(self.peer, own, lambda failure: f"{error}; {failure.fix}", logging.ERROR)
            return
        from wssure.diagnose import render

        failure = explain(self.opening.stage, self.recorder, "server")
        self.policy.metrics.count_failure(self.peer, failure, _one_line if isinstance(error, Refused) else render)

    def log_own_error(self, what: str, text: str) -> None:
        """Log an error of this server that any client can cause, with its traceback, at a limited rate."""
        self.policy.metrics.log(logging.ERROR, what, "%s: %s", self.peer, text, exc_info=True)

    # --- giving way: see `openings` -----------------------------------------------------------------------------------

    @property
    def progress(self) -> int:
        """The number of steps completed: 0 before the first byte, `ASKED` once the request is whole."""
        if self.asked:
            return ASKED
        if self.stream.received_bytes == 0:
            return 0
        tls_connection = self.tls_connection
        return 1 if tls_connection is None else 1 + (tls_connection.engine is not None) + tls_connection.done

    def has_unread(self) -> bool:
        """Return True if bytes of the client wait in the kernel."""
        try:
            return bool(self.stream.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def expire(self, limit_s: float) -> None:
        """Fail the opening because its first byte did not come within `limit_s` seconds."""
        self.opening.expire(limit_s)

    def give_way(self) -> None:
        """Close the connection at once; a client that has begun a request is answered."""
        if self.handshake.is_http and self.live:
            self.unavailable("too many connections are being opened")
        self.stream.tell(End.FAILED)
        self.stream.tell(End.ABORT)
        self.task.cancel()

    def turn_away(self) -> None:
        """End the opening because the server closes: with 503 if a request has begun. An answer on its way is delivered."""
        if not self.live:
            return
        self.turned_away = self.reads_request
        self.task.cancel()

    @property
    def live(self) -> bool:
        """True until an end of the connection began."""
        return self.opening.ending is Ending.LIVE

    @property
    def reads_request(self) -> bool:
        """True once a request can come: at once, or after TLS."""
        return self.policy.backend is None or (self.tls_connection is not None and self.tls_connection.done)


def _one_line(failure: Failure) -> str:
    return f"{failure.cause}: {failure.summary}; {failure.fix}"
