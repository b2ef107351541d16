"""One connection of an experiment: dialled, spoken to in one of six ways, closed, and told as facts.

What goes out is decided here and nowhere else: a ClientHello and what the engine needs to finish a handshake, raw bytes that
hold nothing of the caller's, silence, `GET /`, an upgrade request behind a handshake that was verified, or the request for a
document that `fetch` composes.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from wssure.aio import answer
from wssure.aio.dial import dial
from wssure.aio.patience import read_answer
from wssure.aio.resolve import Address
from wssure.aio.stream import Stream
from wssure.aio.tunnel import open_tunnel
from wssure.diagnose.outcome import Outcome, outcome_of
from wssure.endpoint import ServerName
from wssure.errors import UsageError
from wssure.evidence import F, Recorder
from wssure.facts import Fact, HttpEof, LibraryWords, NotHttpSeen, NotTlsSeen, ResponseSeen, TimedOut, TlsEof
from wssure.protocol.handshake import ClientHandshake, UpgradeRejected
from wssure.protocol.tunnel import TunnelHandshake, TunnelRefused
from wssure.proxy import Proxy
from wssure.tls.contract import Backend, EngineFailed
from wssure.tls.link import ClientLink
from wssure.tls.observer import Observer
from wssure.tls.settings import TLSSettings
from wssure.wire.http import HttpError, Response
from wssure.wire.http_reader import ResponseReader

__all__ = [
    "Request",
    "Route",
    "Told",
    "Tls",
    "ask_document",
    "ask_plainly",
    "ask_upgrade",
    "listen",
    "offer_hello",
    "shake_hands",
]

# Between two pieces of a hello, so that they leave in segments of their own.
SEGMENT_GAP_S: Final = 0.02
# Of an answer in HTTP: head and body may have 64 KiB each.
_MOST_BYTES: Final = 2 * 65536
# Less than any time limit of a trial: a refusal whose body does not end is a refusal, not silence.
_BODY_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Told:
    """What one connection of an experiment showed.

    Args:
        facts: With the vocabulary of docs/facts.md.
        outcome: Its end in short.
        address: The address that answered, as `ip:port`; None where none did.
        chain: DER of the certificates that came, the peer's own first, verified or not.
    """

    facts: tuple[Fact, ...]
    outcome: Outcome
    address: str | None = None
    chain: tuple[bytes, ...] = ()

    def fact(self, kind: type[F]) -> F | None:
        """Return the last fact of a kind, or None."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, kind)), None)


@dataclass(frozen=True, slots=True)
class Route:
    """How one experiment gets to the server.

    Args:
        address: Where to dial.
        proxy: What listens there where that is a proxy; None where it is the server. User and password are not sent.
        tunnel_to: Address and port to ask the proxy for; they matter only with one.
        others: Further addresses to race, where it does not matter which one answers.
    """

    address: Address
    proxy: Proxy | None = None
    tunnel_to: tuple[str, int] = ("", 0)
    others: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        if self.proxy is not None and self.proxy.userinfo is not None:
            raise AssertionError("an experiment carries no credentials")


@dataclass(frozen=True, slots=True)
class Tls:
    """How one experiment does TLS.

    Args:
        backend: The library.
        settings: Without client certificate and key.
        server_name: What to send as SNI, and to check.
    """

    backend: Backend
    settings: TLSSettings
    server_name: ServerName

    def __post_init__(self) -> None:
        if self.settings.cert is not None or self.settings.key is not None:
            raise AssertionError("an experiment carries no client certificate")

    @property
    def verifies(self) -> bool:
        """True where a finished handshake has proved whom we talk to."""
        return bool(self.settings.pins) or self.settings.verify == "full"

    def link(self, recorder: Recorder) -> ClientLink:
        """Make the link of one connection; no session of another one is used."""
        return ClientLink(self.backend, self.settings, self.server_name, note=recorder.note)


@dataclass(frozen=True, slots=True)
class Request:
    """The upgrade request of an experiment: nothing of the caller's but these.

    Args:
        host_header: Value of Host.
        path: Without a query.
        origin: Value of Origin; None sends none.
    """

    host_header: str
    path: str
    origin: str | None = None


class _Line:
    """The TCP connection of one trial and what is noted about it."""

    def __init__(self, limit_s: float) -> None:
        self.recorder = Recorder(time.perf_counter_ns)
        self.limit_s = limit_s
        self.phase = "dial"
        self.stream: Stream | None = None
        self.link: ClientLink | None = None

    async def run(self, route: Route, talk: Callable[[Stream], Awaitable[None]]) -> Told:
        """Connect, through the proxy where there is one, and talk; whatever ends it is noted and goes no further, and the socket is closed."""
        try:
            async with asyncio.timeout(self.limit_s):
                sock: socket.socket = await dial([route.address, *route.others], self.recorder)
                self.stream = Stream(asyncio.get_running_loop(), sock, self.recorder.note)
                await self.through(route)
                await talk(self.stream)
        except TimeoutError:
            self.recorder.note(TimedOut, self.phase, round(self.limit_s, 1))
        except (EngineFailed, TunnelRefused, UpgradeRejected, HttpError, OSError):
            pass  # noted where it happened
        except UsageError as error:
            # A library that cannot make this variant: that changes nothing, and must not hide the failure itself.
            self.recorder.note(LibraryWords, None, None, str(error))
        finally:
            if self.stream is not None:
                self.stream.abort()
        facts = self.recorder.facts()
        stood = next((attempt.address for attempt in self.recorder.attempts if attempt.ok), None)
        chain = () if self.link is None else self.link.peer_chain
        return Told(facts, outcome_of(facts, self.recorder.attempts), stood, chain)

    async def through(self, route: Route) -> None:
        """Ask for the tunnel, where the route goes through a proxy."""
        if route.proxy is None:
            return
        assert self.stream is not None
        self.phase = "proxy"
        self.recorder.note(route.proxy.fact)
        await open_tunnel(self.stream, TunnelHandshake(*route.tunnel_to), self.recorder)


async def shake_hands(route: Route, tls: Tls, limit_s: float) -> Told:
    """Do one TLS handshake, verified as its settings say, and close without a further byte.

    Args:
        route: How to get there.
        tls: How.
        limit_s: Seconds for all of it.
    """
    line = _Line(limit_s)

    async def talk(stream: Stream) -> None:
        line.phase = "tls"
        line.link = tls.link(line.recorder)
        await stream.handshake(line.link)

    return await line.run(route, talk)


async def offer_hello(route: Route, pieces: Sequence[bytes], limit_s: float) -> Told:
    """Send a ClientHello of our own making and take only the first answer.

    Args:
        route: How to get there.
        pieces: TLS records, cut as they are to be sent: each piece leaves in a segment of its own.
        limit_s: Seconds for all of it.
    """
    line = _Line(limit_s)
    note = line.recorder.note
    observer = Observer(note)

    async def talk(stream: Stream) -> None:
        line.phase = "tls"
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(SEGMENT_GAP_S)
            stream.write(piece)
        while not observer.received.garbage:
            data = await stream.read()
            if not data:
                note(TlsEof, False, observer.stage, observer.received.count)
                break
            if observer.see_received(data):
                break

    return await line.run(route, talk)


async def ask_plainly(route: Route, host_header: str, limit_s: float) -> Told:
    """Send `GET /` in clear text, with a Host and nothing else, and read the answer."""
    request = f"GET / HTTP/1.1\r\nHost: {host_header}\r\nConnection: close\r\n\r\n".encode("ascii")
    line = _Line(limit_s)

    async def talk(stream: Stream) -> None:
        line.phase = "upgrade"
        stream.write(request)
        await _read_response(stream, line.recorder)

    return await line.run(route, talk)


async def ask_document(addresses: Sequence[Address], request: bytes, limit_s: float) -> tuple[Told, Response | None]:
    """Send a request in clear text and return the answer, its body cut at 64 KiB; None where none in HTTP came.

    Args:
        addresses: Where to dial; nothing is looked up.
        request: Its bytes.
        limit_s: Seconds for all of it.
    """
    line = _Line(limit_s)
    found: list[Response | None] = []

    async def talk(stream: Stream) -> None:
        line.phase = "upgrade"
        stream.write(request)
        found.append(await _read_response(stream, line.recorder))

    told = await line.run(Route(addresses[0], others=tuple(addresses[1:])), talk)
    return told, found[0] if found else None


async def _read_response(stream: Stream, recorder: Recorder) -> Response | None:
    reader = ResponseReader()
    first = b""
    while reader.seen_bytes < _MOST_BYTES:
        data = await read_answer(stream, has_head=reader.has_head, body_s=_BODY_S)
        first = first or data[:64]
        try:
            response = reader.feed(data) if data else reader.receive_eof()
        except HttpError:
            recorder.note(NotHttpSeen.of, first)
            raise
        if response is not None:
            recorder.note(answer.response, ResponseSeen, response)
            return response
        if not data:
            break
    recorder.note(HttpEof, reader.seen_bytes)
    return None


async def listen(route: Route, limit_s: float) -> Told:
    """Connect, send nothing and read what the peer says first."""
    line = _Line(limit_s)

    async def talk(stream: Stream) -> None:
        line.phase = "upgrade"
        data = await stream.read()
        if data:
            line.recorder.note(NotTlsSeen.of, data)
        else:
            line.recorder.note(TlsEof, False, "nothing")

    return await line.run(route, talk)


async def ask_upgrade(route: Route, tls: Tls | None, request: Request, limit_s: float) -> Told:
    """Ask for a WebSocket and close once the answer is there.

    Args:
        route: How to get there.
        tls: How; None for plain ws. It must verify: nothing is sent to whom we do not know.
        request: What to ask.
        limit_s: Seconds for all of it.
    """
    if tls is not None and not tls.verifies:
        raise AssertionError("an unverified connection carries no request")
    handshake = ClientHandshake(
        request.host_header, request.path, key=secrets.token_bytes(16), origin=request.origin, user_agent="wssure"
    )
    line = _Line(limit_s)

    async def talk(stream: Stream) -> None:
        if tls is not None:
            line.phase = "tls"
            await stream.handshake(tls.link(line.recorder))
        line.phase = "upgrade"
        stream.write(handshake.request_bytes())
        await _read_upgrade(stream, handshake, line.recorder)

    return await line.run(route, talk)


async def _read_upgrade(stream: Stream, handshake: ClientHandshake, recorder: Recorder) -> None:
    accepted = None
    try:
        while accepted is None:
            data = await read_answer(stream, has_head=handshake.has_head, body_s=_BODY_S)
            if not data:
                handshake.receive_eof()
                recorder.note(HttpEof, handshake.seen_bytes)
                return
            accepted = handshake.receive(data)
    except UpgradeRejected as rejected:
        recorder.note(rejected.facts.__iter__)
        if rejected.response is not None and rejected.kind == "status":
            recorder.note(answer.response, ResponseSeen, rejected.response)
        return
    recorder.note(answer.response, ResponseSeen, accepted.response)
