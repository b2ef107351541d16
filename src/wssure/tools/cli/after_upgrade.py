"""Test an endpoint after the 101: one ping, its pong, and the closing handshake."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from wssure.aio.websocket import WebSocket
from wssure.diagnose import conclude
from wssure.errors import ConnectionClosed, ProtocolViolation
from wssure.evidence import Failure, Fault, Stage
from wssure.facts import CloseSeen, EndedByUs, Fact, KeepaliveFailed, UpgradeBroken
from wssure.fixes import fix
from wssure.protocol.handshake_rule import format_subprotocols
from wssure.text import printable
from wssure.tools.probe.finding import Finding

PONG_S: Final = 3.0
_PING_BYTES: Final = 8
_UNANSWERED: Final = Finding(
    "ws.1006",
    "the server did not answer our Close: clients report 1006 instead of 1000",
    "let the server answer a Close by a Close before it ends the connection (RFC 6455 section 5.5.1)",
)


def missing_subprotocol(ws: WebSocket, facts: Sequence[Fact] = ()) -> Failure | None:
    """Make the failure for a server that selected none of the offered subprotocols; None otherwise.

    RFC 6455 section 4.2.2 allows this, and `connect` accepts it. On the command line the user asked for a subprotocol.
    """
    offered = ", ".join(ws.request.headers.all("Sec-WebSocket-Protocol"))
    if ws.subprotocol is not None or not offered:
        return None
    expected = "one of " + format_subprotocols(offered)
    return conclude(Stage.UPGRADE, (*facts, UpgradeBroken("subprotocol", expected)))


async def exercise(ws: WebSocket, limit_s: float) -> tuple[Failure | None, list[Finding]]:
    """Ping an open connection, wait for the pong, close it, and report any deviation of the peer.

    Args:
        ws: The `WebSocket`; it is closed afterwards.
        limit_s: Seconds the pong may take.

    Returns:
        The failure if the peer closed, broke the protocol, or answered nothing; and findings about an answer that is missing.
    """
    # Messages are read continuously: a full queue would stop the reading of the pong.
    reader = asyncio.create_task(_take_all(ws))
    findings: list[Finding] = []
    ended = False
    try:
        async with asyncio.timeout(limit_s):
            await (await ws.ping(secrets.token_bytes(_PING_BYTES)))
    except TimeoutError:
        findings.append(_silent(limit_s))
    except ConnectionClosed:
        ended = True
    await ws.close()
    closed, messages = await reader
    if (
        findings
        and not messages
        and any(fact.why == "close-timeout" for fact in ws.facts() if isinstance(fact, EndedByUs))
    ):
        return conclude(Stage.OPEN, (*ws.facts(), KeepaliveFailed("peer-silent", timeout_s=limit_s))), []
    if ended:
        return _describe_end(closed, ws.facts()), []
    if closed.rcvd is not None or isinstance(closed.__cause__, ProtocolViolation):
        return closed.failure, findings
    # Our Close was not answered before the end of the connection or the time limit. The endpoint worked until then.
    return None, [*findings, _UNANSWERED]


async def _take_all(ws: WebSocket) -> tuple[ConnectionClosed, int]:
    """Discard all messages; return the end of the connection, and how many there were."""
    messages = 0
    while True:
        try:
            await ws.recv()
        except ConnectionClosed as closed:
            return closed, messages
        messages += 1


def _describe_end(closed: ConnectionClosed, facts: tuple[Fact, ...]) -> Failure:
    """Return the failure of a connection that the peer ended before its pong, with a Close of 1000 or 1001 as well."""
    if closed.failure is not None:
        return closed.failure
    close = next(fact for fact in facts if isinstance(fact, CloseSeen) and fact.direction == "received")
    return Failure(
        Stage.OPEN,
        "ws.close-code",
        Fault.PEER,
        f"the peer closed with {close.code} before it answered a ping"
        + (f", saying: {printable(close.reason)}" if close.reason else ""),
        (fix("ws.early-close"),),
        facts,
    )


def _silent(limit_s: float) -> Finding:
    return Finding(
        "ws.peer-silent",
        f"no pong came within {limit_s:g} s of a ping, and the connection stayed open: clients with keepalive will close it",
        "let the server answer each Ping by a Pong (RFC 6455 section 5.5.2); --pong-timeout waits longer",
    )
