"""`connect`: from a URL to an open WebSocket, each step timed, bounded and explained when it fails."""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Unpack

from wssure.aio.client_tls import SESSIONS, ClientTls, keep_session
from wssure.aio.dial import address_text, dial, dial_unix
from wssure.aio.failure import connect_error
from wssure.aio.given import check_path, check_sock
from wssure.aio.opening import FAILURES, Opening
from wssure.aio.options import Keywords, Logger, Options, document_options, phase_limits, unsupported_loop
from wssure.aio.reflected import ReflectionMask
from wssure.aio.resolve import Address, resolve
from wssure.aio.target import Target
from wssure.aio.tunnel import choose_proxy
from wssure.aio.websocket import WebSocket
from wssure.endpoint import Endpoint
from wssure.errors import usage_error
from wssure.evidence import Recorder, Stage
from wssure.facts import HostHeaderGiven, ResolveAnswers
from wssure.frozen import frozen
from wssure.name import mask_secrets
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.exchange import Refused
from wssure.protocol.handshake_rule import basic_authorization
from wssure.protocol.state import Role
from wssure.protocol.tunnel import TunnelHandshake
from wssure.proxy import Proxy
from wssure.tls.contract import Backend
from wssure.tls.settings import TLSSettings
from wssure.wire.deflate import DeflateSettings

USER_AGENT: Final = "wssure"
HeadersLike = Mapping[str, str] | Iterable[tuple[str, str]]


@frozen
class _Plan:
    """The arguments of `connect`, checked."""

    endpoint: Endpoint
    client_tls: ClientTls | None
    options: Options
    limits: dict[str, float]
    handshake: ClientHandshake
    sock: socket.socket | None
    path: str | None
    proxy: Proxy | None
    tunnel: TunnelHandshake | None
    logger: Logger


class Connecting:
    """Await this result of `connect` for the connection, or enter it with `async with` to have it closed, too."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._begun = False
        self._websocket: WebSocket | None = None

    def __await__(self) -> Generator[Any, Any, WebSocket]:
        return self._open().__await__()

    async def _open(self) -> WebSocket:
        if self._begun:
            raise RuntimeError("this connection was awaited already: call connect again for another one")
        self._begun = True
        return await _open(self._plan)

    async def __aenter__(self) -> WebSocket:
        self._websocket = await self._open()
        return self._websocket

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._websocket is not None
        await self._websocket.close(1011 if isinstance(error, Exception) else 1000)


@document_options
def connect(
    url: str | Endpoint,
    *,
    address: str | None = None,
    address_port: int | None = None,
    tls: TLSSettings | ssl.SSLContext | None = None,
    backend: str | Backend | None = None,
    subprotocols: Sequence[str] | None = None,
    origin: str | None = None,
    additional_headers: HeadersLike | None = None,
    user_agent_header: str | None = USER_AGENT,
    proxy: str | bool | None = True,
    sock: socket.socket | None = None,
    path: str | os.PathLike[str] | None = None,
    **options: Unpack[Keywords],
) -> Connecting:
    """Connect to a WebSocket server.

    `async with connect("wss://b.example.net/") as ws:` closes the connection at the end: with 1000, or with
    1011 if an exception leaves the block. `ws = await connect(...)` does not close it.
    The host of the URL is the name the server must prove: SNI, Host header and certificate check follow it, always.

    Args:
        url: `ws://` or `wss://`, or an `Endpoint`.
        address: Name or IP address to dial instead of the URL's host. SNI and Host stay the URL's.
        address_port: The TCP port to dial instead of the URL's.
        tls: How to verify; an `ssl.SSLContext` selects the stdlib backend and is used as it is. None is the default:
            verification on, the system's trust store.
        backend: The TLS library: `openssl`, `stdlib`, `mbedtls`; None takes the one that WSSURE_BACKEND names, else the
            best there is.
        subprotocols: To offer, best first.
        origin: The Origin header.
        additional_headers: To send with the upgrade. A Host replaces ours.
        user_agent_header: The User-Agent; None sends none.
        proxy: URL of an HTTP proxy to go through, `http://[user:password@]host:port`; it resolves and dials `address`. True
            takes the environment's (`https_proxy` and the like, `no_proxy`), except to this machine; None goes directly.
        sock: A connected socket to use instead of dialling; it belongs to the connection from here on.
        path: A Unix socket to dial.
        options: The fields of `Options`.

    Returns:
        An awaitable that is also an asynchronous context manager.

    Raises:
        UsageError: An argument is wrong; before any I/O.
        ConnectFailed: Awaited: no connection came about; `.failure` says in which step and why.
    """
    chosen = Options.of("connect", options)
    endpoint = _endpoint(url, address, address_port, sock, path)
    way = _proxy(endpoint, proxy, sock, path)
    log = chosen.logger or logging.getLogger("wssure.client")
    handshake = ClientHandshake(
        endpoint.host_header,
        endpoint.path,
        key=os.urandom(16),
        subprotocols=subprotocols,
        deflate=DeflateSettings() if chosen.compression else None,
        origin=origin,
        additional_headers=_headers(additional_headers),
        user_agent=user_agent_header,
        authorization=None if endpoint.userinfo is None else basic_authorization(endpoint.userinfo),
        limits=chosen.http_limits,
    )
    tunnel = None
    if way is not None:
        tunnel = TunnelHandshake(
            endpoint.address,
            endpoint.address_port,
            userinfo=way.userinfo,
            user_agent=user_agent_header,
            limits=chosen.http_limits,
        )
    return Connecting(
        _Plan(
            endpoint,
            _client_tls(endpoint, tls, backend, log),
            chosen,
            phase_limits(chosen.timeouts),
            handshake,
            check_sock(sock),
            check_path(path),
            way,
            tunnel,
            log,
        )
    )


def _endpoint(url: str | Endpoint, address: str | None, port: int | None, sock: object, path: object) -> Endpoint:
    targets = [name for name, value in (("address", address), ("sock", sock), ("path", path)) if value is not None]
    if len(targets) > 1:
        raise usage_error(targets[1], f"{targets[0]} and {targets[1]} both say where to connect", "give one of them")
    if port is not None and targets and targets[0] != "address":
        raise usage_error("address_port", f"address_port came with {targets[0]}, which says where", "give one of them")
    if isinstance(url, Endpoint):
        if address is None and port is None:
            return url
        raise usage_error(
            "address", "address came with an Endpoint, which has one", "write Endpoint.parse(url, address=...)"
        )
    return Endpoint.parse(url, address=address, address_port=port)


def _proxy(endpoint: Endpoint, proxy: str | bool | None, sock: object, path: object) -> Proxy | None:
    direct = next((name for name, value in (("sock", sock), ("path", path)) if value is not None), None)
    if direct is None:
        return choose_proxy(endpoint, proxy)
    if isinstance(proxy, str):
        raise usage_error("proxy", f"proxy came with {direct}, which leaves nothing to dial", "give one of them")
    return None


def _client_tls(
    endpoint: Endpoint,
    tls: TLSSettings | ssl.SSLContext | None,
    backend: str | Backend | None,
    log: Logger,
) -> ClientTls | None:
    if endpoint.secure:
        return ClientTls.client(tls, backend, log)
    for name, value in (("tls", tls), ("backend", backend)):
        if value is not None:
            raise usage_error(
                name, f"{name} came with a ws:// URL, which has no TLS", f"write wss://, or leave ${name}= out"
            )
    return None


def _headers(headers: HeadersLike | None) -> tuple[tuple[str, str], ...]:
    """Return the caller's headers as pairs."""
    pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers or ())
    if any(not isinstance(pair, (tuple, list)) or len(pair) != 2 for pair in pairs):
        raise usage_error(
            "additional_headers", "additional_headers got an entry that is no pair", 'write [("NAME", "VALUE")]'
        )
    if sum(str(name).lower() == "host" for name, _ in pairs) > 1:
        raise usage_error("additional_headers", "additional_headers got two Host headers, expected one", "give one")
    return pairs


async def _open(plan: _Plan) -> WebSocket:
    mask = ReflectionMask(plan.endpoint, plan.handshake.request, plan.proxy).fact
    recorder = Recorder(time.perf_counter_ns, mask)
    recorder.note(plan.endpoint.facts)
    if plan.proxy is not None:
        recorder.note(plan.proxy.fact)
    opening = Opening(plan.options.open_timeout, plan.limits, recorder)
    try:
        async with opening:
            return await _open_within(opening, plan)
    except FAILURES as error:
        response = error.response if isinstance(error, Refused) else None
        failure = connect_error(opening.stage, recorder, error, response=response)
        if plan.sock is None and plan.path is None:
            failure.target = Target.of(plan.endpoint, plan.client_tls, plan.handshake.request, plan.proxy)
        await opening.close()  # after the facts were taken: our own close_notify is none of them
        raise failure from error
    except asyncio.CancelledError as cancelled:
        # `wssure check` shows on Ctrl-C the steps and facts so far. The arguments are the caller's: the message of Task.cancel().
        cancelled.so_far = (opening.stage, recorder.facts(), tuple(recorder.phases))  # type: ignore[attr-defined]
        raise
    except Exception:
        opening.abort()
        raise


async def _open_within(opening: Opening, plan: _Plan) -> WebSocket:
    """Take every step from dialling to the open connection."""
    recorder, client_tls, handshake = opening.recorder, plan.client_tls, plan.handshake
    if client_tls is not None:
        # Before any I/O: this reads the files of the settings, and one that is missing is the caller's mistake.
        session_key = client_tls.session_key(plan.endpoint)
        tls_connection = client_tls.new_connection(plan.endpoint, recorder)
    sock = await _dial(opening, plan)
    opening.take(sock, from_caller=plan.sock is not None)
    address = next((attempt.address for attempt in recorder.attempts if attempt.ok), None) or _other_end(sock)
    if plan.tunnel is not None:
        opening.begin(Stage.PROXY, address)
        await opening.tunnel(plan.tunnel)
        address = plan.endpoint.dial_place
    if client_tls is not None:
        opening.begin(Stage.TLS, address)
        tls_connection.offer(SESSIONS.take(session_key))
        await opening.handshake(tls_connection)
    opening.begin(Stage.UPGRADE, address)
    _say_host_mismatch(plan, recorder)
    accepted = await opening.exchange(handshake)
    if client_tls is not None:
        keep_session(session_key, tls_connection)
    opening.finish()
    websocket = WebSocket(
        opening,
        plan.options,
        request=handshake.request,
        response=accepted.response,
        logger=plan.logger,
    )
    connection = plan.options.connection(Role.CLIENT, accepted.deflate, _mask_keys)
    websocket._start(connection, accepted.leftover + opening.take_inbox(), subprotocol=accepted.subprotocol)
    return websocket


def _other_end(sock: socket.socket) -> str | None:
    """Return the address at the other end of a given socket; None if it was reset already, which the first read reports."""
    try:
        # Python has no AF_UNIX on Windows.
        unix = getattr(socket, "AF_UNIX", None)
        return address_text(sock.family, sock.getpeername()) if sock.family != unix else None
    except OSError:
        return None


async def _dial(opening: Opening, plan: _Plan) -> socket.socket:
    """Return a connected socket."""
    sock = check_sock(plan.sock)  # again: it may have been closed since
    if sock is not None:
        return sock
    if plan.path is not None:
        opening.begin(Stage.DIAL)
        return await dial_unix(plan.path, opening.recorder)
    opening.begin(Stage.RESOLVE)
    if plan.proxy is not None:
        addresses = await resolve(plan.proxy.host, plan.proxy.port, opening.recorder)
    else:
        addresses = await _addresses(plan.endpoint, opening.recorder)
    opening.begin(Stage.DIAL)
    try:
        return await dial(addresses, opening.recorder)
    except NotImplementedError as error:
        raise unsupported_loop(error) from error


async def _addresses(endpoint: Endpoint, recorder: Recorder) -> list[Address]:
    """Return the addresses to race: those of the name, and any further ones given."""
    port = endpoint.address_port
    addresses = [
        address for name in (endpoint.address, *endpoint.others) for address in await resolve(name, port, recorder)
    ]
    if endpoint.others:
        recorder.note(ResolveAnswers, tuple(str(sockaddr[0]) for _, sockaddr in addresses))
    return addresses


def _say_host_mismatch(plan: _Plan, recorder: Recorder) -> None:
    """Say once that the caller's Host header names another host than SNI and certificate."""
    sent = plan.handshake.request.headers.get("Host") or ""
    if sent.lower() == plan.endpoint.host_header:
        return
    recorder.note(HostHeaderGiven, mask_secrets(sent), plan.endpoint.host_header)
    plan.logger.warning(
        "the Host header given, %s, is not the host of the URL, %s; SNI and certificate check follow the URL",
        mask_secrets(sent),
        plan.endpoint.host_header,
    )


def _mask_keys() -> bytes:
    # RFC 6455 section 10.3: the keys must be unpredictable; one call of the system's generator serves many frames.
    return os.urandom(512)
