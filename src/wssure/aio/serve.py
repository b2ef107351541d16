"""`serve`: check the arguments of a server before any I/O, and start the `Server`."""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
from collections.abc import Generator, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Unpack

from wssure.aio.client_tls import backend_of, backend_of_context
from wssure.aio.failure import prepare
from wssure.aio.given import check_path, check_sock
from wssure.aio.incoming import Handler, Policy, ProcessRequest, SelectSubprotocol
from wssure.aio.listen import check_address, listen, listen_unix
from wssure.aio.metrics import Metrics
from wssure.aio.options import (
    SERVER_LIMITS,
    Keywords,
    Options,
    check_callable,
    document_options,
    optional_count,
    phase_limits,
    required_count,
    unsupported_loop,
)
from wssure.aio.origin import SAME, OriginsLike, check_origins
from wssure.aio.server import Capacity, Server, warn_of_certificates
from wssure.errors import usage_error, wrong_type, wrong_value
from wssure.frozen import frozen
from wssure.protocol.handshake_rule import check_subprotocols
from wssure.tls.contract import Backend
from wssure.tls.settings import Site, TLSSettings

if TYPE_CHECKING:
    from wssure.tls.sites import SiteTable, StrictSNI

MAX_HANDSHAKES: Final = 256
# A quarter of the places: a household or an office seldom opens so many connections within the same second.
HANDSHAKES_PER_ADDRESS: Final = 64


@frozen
class _Plan:
    """The arguments of `serve`, checked."""

    policy: Policy
    table: SiteTable | None
    address: str | None
    port: int
    sock: socket.socket | None
    path: str | None
    reuse_port: bool
    capacity: Capacity


class Serving:
    """The result of `serve`: await it for the `Server`, or use `async with`, which also closes it."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._server: Server | None = None

    def __await__(self) -> Generator[Any, Any, Server]:
        return _start(self._plan).__await__()

    async def __aenter__(self) -> Server:
        self._server = await _start(self._plan)
        return self._server

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()


@document_options
def serve(
    handler: Handler,
    address: str | None = None,
    port: int = 0,
    *,
    sites: Iterable[Site] | None = None,
    tls: TLSSettings | ssl.SSLContext | None = None,
    backend: str | Backend | None = None,
    default_site: Site | str | None = None,
    strict_sni: StrictSNI = False,
    origins: OriginsLike = SAME,
    process_request: ProcessRequest | None = None,
    select_subprotocol: SelectSubprotocol | None = None,
    subprotocols: Sequence[str] | None = None,
    max_handshakes: int = MAX_HANDSHAKES,
    handshakes_per_address: int | None = HANDSHAKES_PER_ADDRESS,
    max_connections: int | None = None,
    sock: socket.socket | None = None,
    path: str | os.PathLike[str] | None = None,
    reuse_port: bool = False,
    health: str | None = None,
    **options: Unpack[Keywords],
) -> Serving:
    """Serve WebSocket connections.

    Args:
        handler: A coroutine function; runs for each connection, which is closed when it returns.
        address: A name or IP address of this host; None listens on all of them.
        port: 0 picks a free one, see `Server.port`.
        sites: The names served and their certificates; each connection gets the site it asks for.
        tls: One certificate for every name: `TLSSettings(cert=..., key=...)`, or an `ssl.SSLContext`. Neither `sites` nor
            `tls` serves plain ws.
        backend: The TLS library; None takes the one that WSSURE_BACKEND names, else the best there is.
        default_site: Answers if no name matches; None is the first site.
        strict_sni: True refuses an unknown or missing name with an alert; `close` closes silently.
        origins: Which pages may connect: SAME, a list of origins (None in it: no Origin header), or None for all. A plain ws
            server behind a proxy that ends TLS needs the list: `["https://app.example.net"]`.
        process_request: Called with connection and request; a `Response` it returns is the answer.
        select_subprotocol: Called with connection and offer; returns one of them, or None.
        subprotocols: The subprotocols of this server, best first; the first one offered is chosen.
        max_handshakes: Most openings in progress. If a further client comes, the oldest opening gives way that sent no
            byte for half the seconds of `timeouts["stall"]`, then the oldest that completed no step for all of them.
            While there is none, clients wait in the kernel's backlog, in order.
        handshakes_per_address: Openings of one IPv4 address, or one /64 of IPv6, beyond this many give way first. No
            client is refused for it. None treats all alike, for servers behind a proxy, whose clients share its address.
        max_connections: Most connections, openings included; None is no limit. Only openings give way.
        sock: A listening socket instead of address and port.
        path: A Unix socket to listen on instead.
        reuse_port: Let other processes listen on the same port.
        health: A path such as `/healthz` whose GET and HEAD get 200, with any Host and Origin, before `process_request` is
            asked; an upgrade on that path is none of them. None has none.
        options: The fields of `Options`.

    Returns:
        An awaitable that gives the `Server`, and an asynchronous context manager that closes it, too.

    Raises:
        UsageError: An argument is wrong; before any I/O.
        ListenFailed: Awaited: the address is not of this machine, or the port is taken.
    """
    shared = Options.of("serve", options)
    for name, hook in (("process_request", process_request), ("select_subprotocol", select_subprotocol)):
        check_callable(name, hook)
    if not callable(handler):
        raise wrong_type("handler", handler, "a function", "pass a coroutine function")
    _check_listen_target(address, port, sock, path, reuse_port)
    chosen, settings, table = _tls(sites, tls, backend, default_site, strict_sni)
    log = shared.logger or logging.getLogger("wssure.server")
    if table is not None:
        warn_of_certificates(table.sites, log)
    limits = phase_limits({**SERVER_LIMITS, **(shared.timeouts or {})}, SERVER_LIMITS)
    capacity = Capacity(
        required_count("max_handshakes", max_handshakes),
        optional_count("handshakes_per_address", handshakes_per_address),
        optional_count("max_connections", max_connections),
        limits.pop("first_byte", None),
        limits.pop("stall", None),
    )
    policy = Policy(
        handler=handler,
        options=shared,
        limits=limits,
        backend=chosen,
        settings=settings,
        by_name=sites is not None,
        health=_checked_health(health),
        origins=check_origins(origins),
        process_request=process_request,
        select_subprotocol=select_subprotocol,
        subprotocols=check_subprotocols(subprotocols),
        logger=log,
        metrics=Metrics(log),
    )
    return Serving(
        _Plan(
            policy,
            table,
            check_address(address),
            port,
            check_sock(sock, listening=True),
            check_path(path),
            reuse_port,
            capacity,
        )
    )


def _checked_health(path: object) -> str | None:
    if path is None or (isinstance(path, str) and re.fullmatch(r"/[!\"$->@-~]*", path)):
        return path
    raise wrong_value("health", path, "an absolute path without query", 'write health="/healthz"')


def _check_listen_target(address: object, port: object, sock: object, path: object, reuse_port: object) -> None:
    targets = [name for name, value in (("address", address), ("sock", sock), ("path", path)) if value is not None]
    if len(targets) > 1:
        raise usage_error(targets[1], f"{targets[0]} and {targets[1]} both say where to listen", "give one of them")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
        raise wrong_value("port", port, "0 to 65535", "pass port as an int")
    if port and targets and targets[0] != "address":
        raise usage_error("port", f"port came with {targets[0]}, which says where to listen", "give one of them")
    if not isinstance(reuse_port, bool):
        raise wrong_type("reuse_port", reuse_port, "True or False", "write reuse_port=True, or leave it out")


def _tls(
    sites: Iterable[Site] | None,
    tls: TLSSettings | ssl.SSLContext | None,
    backend: str | Backend | None,
    default_site: Site | str | None,
    strict_sni: StrictSNI,
) -> tuple[Backend | None, TLSSettings, SiteTable | None]:
    """Return backend, common limits and sites; no backend for plain ws."""
    from wssure.tls.sites import SiteTable  # here, because a ws:// server needs none

    if sites is None and (default_site is not None or strict_sni):
        name = "strict_sni" if strict_sni else "default_site"
        raise usage_error(name, f"{name} came without sites, expected names to choose from", "give sites=[Site(...)]")
    if sites is not None and tls is not None and not _is_limits(tls):
        raise usage_error("tls", "tls got a certificate beside sites, expected one of the two", "give it to a Site")
    if sites is None and tls is None:
        if backend is not None:
            raise usage_error("backend", "backend came without sites or tls, which is plain ws", "give sites= or tls=")
        return None, TLSSettings(), None
    if isinstance(tls, ssl.SSLContext):
        # The context holds the certificate; the site stands for "every name".
        return backend_of_context(tls, backend), TLSSettings(), SiteTable([Site((), b"")])
    settings = TLSSettings() if tls is None else tls
    if not isinstance(settings, TLSSettings):
        raise wrong_type("tls", tls, "TLSSettings or ssl.SSLContext", "correct tls=")
    chosen = backend_of(backend)
    if sites is None:
        assert tls is not None
        if tls.cert is None:
            raise usage_error("tls", "tls got no certificate", "write tls=TLSSettings(cert=..., key=...), or sites=")
        sites = [Site((), tls.cert, tls.key)]
    table = SiteTable(sites, default_site, strict_sni)
    for site in table.sites:
        chosen.server(site, settings)  # a certificate or key that does not work is refused before any I/O
    return chosen, settings, table


def _is_limits(tls: object) -> bool:
    return isinstance(tls, TLSSettings) and tls.cert is None and tls.ca is None


async def _start(plan: _Plan) -> Server:
    prepare()
    sock = check_sock(plan.sock, listening=True)  # again: it may have been closed since
    if sock is not None:
        sock.setblocking(False)
        sockets = [sock]
    elif plan.path is not None:
        sockets = [listen_unix(plan.path)]
    else:
        sockets = await listen(plan.address, plan.port, reuse_port=plan.reuse_port)
    server = Server(sockets, plan.policy, plan.table, plan.capacity)
    try:
        server.start()
    except NotImplementedError as error:
        for sock in sockets:
            sock.close()
        raise unsupported_loop(error) from error
    return server
