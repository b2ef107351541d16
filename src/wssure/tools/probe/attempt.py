"""Make one connection of an experiment: dial, send one of six things, close, and report facts.

Only this module decides which bytes are sent: a TLS handshake, raw bytes without data of the caller, nothing, `GET /`, an
upgrade request after a verified handshake, or the request for a document that `fetch` composes.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from wssure.aio.dial import dial
from wssure.aio.opening import FAILURES, Opening
from wssure.aio.resolve import Address
from wssure.errors import UsageError
from wssure.evidence import F, Recorder, Stage
from wssure.facts import Fact, LibraryWords, NotTlsSeen, TlsEof
from wssure.frozen import frozen
from wssure.name import ServerName
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.exchange import PlainAsking
from wssure.protocol.tunnel import TunnelHandshake
from wssure.proxy import Proxy
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import Backend
from wssure.tls.handshake_log import HandshakeLog
from wssure.tls.settings import TLSSettings
from wssure.tools.probe.outcome import Outcome, outcome_of
from wssure.wire.alert import Alert
from wssure.wire.http_message import Response

# Between two pieces of a hello, so that they leave in segments of their own.
SEGMENT_GAP_S: Final = 0.02
# Less than any time limit of an experiment: a refusal with an endless body is a refusal, not silence.
_BODY_S: Final = 0.2


@frozen
class AttemptResult:
    """The result of one connection of an experiment.

    Args:
        facts: With the vocabulary of docs/facts.md.
        outcome: Its end in short.
        address: The address that answered, as `ip:port`; None if none did.
        chain: DER of the certificates that came, the peer's own first, verified or not.
    """

    facts: tuple[Fact, ...]
    outcome: Outcome
    address: str | None = None
    chain: tuple[bytes, ...] = ()

    def fact(self, kind: type[F]) -> F | None:
        """Return the last fact of a kind, or None."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, kind)), None)


@frozen
class Route:
    """How one experiment gets to the server.

    Args:
        address: The address to dial.
        proxy: The proxy that listens there; None if it is the server. User and password are not sent.
        tunnel_to: Address and port to ask the proxy for; they matter only with one.
        others: Further addresses to race, if any of them may answer.
    """

    address: Address
    proxy: Proxy | None = None
    tunnel_to: tuple[str, int] = ("", 0)
    others: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        if self.proxy is not None and self.proxy.userinfo is not None:
            raise AssertionError("an experiment carries no credentials")


@frozen
class Tls:
    """How one experiment does TLS.

    Args:
        backend: The library.
        settings: Without client certificate and key.
        server_name: The name to send as SNI, and to check.
    """

    backend: Backend
    settings: TLSSettings
    server_name: ServerName

    def __post_init__(self) -> None:
        if self.settings.cert is not None or self.settings.key is not None:
            raise AssertionError("an experiment carries no client certificate")

    @property
    def verifies(self) -> bool:
        """Whether a finished handshake has proved the identity of the peer."""
        return bool(self.settings.pins) or self.settings.verify == "full"

    def connection(self, recorder: Recorder) -> ClientTlsConnection:
        """Make the TLS layer of one connection; no session of another one is used."""
        return ClientTlsConnection(self.backend, self.settings, self.server_name, note=recorder.note)


@frozen
class Request:
    """The upgrade request of an experiment: nothing of the caller's but these.

    Args:
        host_header: Value of Host.
        path: Without a query.
        origin: Value of Origin; None sends none.
        subprotocols: To offer: one that the server itself selected, never the caller's.
    """

    host_header: str
    path: str
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()


async def _converse(route: Route, limit_s: float, talk: Callable[[Opening], Awaitable[None]]) -> AttemptResult:
    """Connect, through the proxy if there is one, and talk; an error that ends it is noted and not raised."""
    # A message says the limit with one decimal: it is the one that holds.
    opening = Opening(round(limit_s, 1) or limit_s)
    recorder = opening.recorder
    try:
        async with opening:
            opening.begin(Stage.DIAL)
            opening.take(await dial([route.address, *route.others], recorder))
            if route.proxy is not None:
                opening.begin(Stage.PROXY)
                recorder.note(route.proxy.fact)
                await opening.tunnel(TunnelHandshake(*route.tunnel_to))
            await talk(opening)
    except FAILURES:
        pass  # already noted at the place of the error
    except UsageError as error:
        # A library that cannot make this variant: that changes nothing, and must not hide the failure itself.
        recorder.note(LibraryWords, None, None, str(error))
    finally:
        opening.abort()
    facts = recorder.facts()
    connected = next((attempt.address for attempt in recorder.attempts if attempt.ok), None)
    return AttemptResult(facts, outcome_of(facts, recorder.attempts), connected, opening.peer_chain)


async def shake_hands(route: Route, tls: Tls | None, limit_s: float) -> AttemptResult:
    """Do one TLS handshake, verified as its settings say, and close without a further byte.

    Args:
        route: How to get there.
        tls: How; None for plain ws, which ends with the way to the server.
        limit_s: Seconds for all of it.
    """

    async def talk(opening: Opening) -> None:
        if tls is not None:
            opening.begin(Stage.TLS)
            await opening.handshake(tls.connection(opening.recorder))

    return await _converse(route, limit_s, talk)


async def offer_hello(route: Route, pieces: Sequence[bytes], limit_s: float) -> AttemptResult:
    """Send a ClientHello of our own making and take only the first answer.

    Args:
        route: How to get there.
        pieces: TLS records, cut as they are to be sent: each piece leaves in a segment of its own.
        limit_s: Seconds for all of it.
    """

    async def talk(opening: Opening) -> None:
        opening.begin(Stage.TLS)
        note = opening.recorder.note
        handshake_log = HandshakeLog(note)
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(SEGMENT_GAP_S)
            opening.write(piece)
        while not handshake_log.received.garbage:
            data = await opening.read()
            if not data:
                note(TlsEof, False, handshake_log.stage, handshake_log.received.count)
                break
            if any(not isinstance(item, Alert) or not warns(item) for item in handshake_log.add_received(data)):
                break

    return await _converse(route, limit_s, talk)


def warns(alert: Alert) -> bool:
    """Tell whether a handshake may go on after an alert (RFC 6066 section 3)."""
    return alert.level == 1 and alert.number == 112


async def ask_plainly(route: Route, host_header: str, limit_s: float) -> AttemptResult:
    """Send `GET /` in clear text, with a Host and nothing else, and read the answer."""
    request = f"GET / HTTP/1.1\r\nHost: {host_header}\r\nConnection: close\r\n\r\n".encode("ascii")
    return (await _ask(route, request, limit_s))[0]


async def ask_document(
    addresses: Sequence[Address], request: bytes, limit_s: float
) -> tuple[AttemptResult, Response | None]:
    """Send a request in clear text and return the answer, its body cut at 64 KiB; None if none in HTTP came.

    Args:
        addresses: The addresses to dial; nothing is looked up.
        request: Its bytes.
        limit_s: Seconds for all of it.
    """
    return await _ask(Route(addresses[0], others=tuple(addresses[1:])), request, limit_s)


async def _ask(route: Route, request: bytes, limit_s: float) -> tuple[AttemptResult, Response | None]:
    response: Response | None = None

    async def talk(opening: Opening) -> None:
        nonlocal response
        opening.begin(Stage.UPGRADE)
        asking = PlainAsking(request)
        response = (await opening.exchange(asking, body_s=_BODY_S)).response

    return await _converse(route, limit_s, talk), response


async def listen(route: Route, limit_s: float) -> AttemptResult:
    """Connect, send nothing and read the peer's first bytes."""

    async def talk(opening: Opening) -> None:
        opening.begin(Stage.UPGRADE)
        data = await opening.read()
        if data:
            opening.recorder.note(NotTlsSeen.of, data)
        else:
            opening.recorder.note(TlsEof, False, "nothing", 0)

    return await _converse(route, limit_s, talk)


async def ask_upgrade(route: Route, tls: Tls | None, request: Request, limit_s: float) -> AttemptResult:
    """Ask for a WebSocket and close once the answer is there.

    Args:
        route: How to get there.
        tls: How; None for plain ws. It must verify: nothing is sent to an unknown peer.
        request: The request to send.
        limit_s: Seconds for all of it.
    """
    if tls is not None and not tls.verifies:
        raise AssertionError("an unverified connection carries no request")
    handshake = ClientHandshake(
        request.host_header,
        request.path,
        key=secrets.token_bytes(16),
        origin=request.origin,
        subprotocols=request.subprotocols,
        user_agent="wssure",
    )

    async def talk(opening: Opening) -> None:
        if tls is not None:
            opening.begin(Stage.TLS)
            await opening.handshake(tls.connection(opening.recorder))
        opening.begin(Stage.UPGRADE)
        await opening.exchange(handshake, body_s=_BODY_S)

    return await _converse(route, limit_s, talk)
