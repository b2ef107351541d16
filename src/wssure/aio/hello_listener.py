"""A listener that takes the first flight of any client, says what it was, and ends the connection politely."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final

from wssure.wire.alert import encode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import HandshakeReader
from wssure.wire.record import HANDSHAKE, RecordReader

__all__ = ["Arrival", "listen_for_hellos"]

_HANDSHAKE_FAILURE: Final = 40
_MOST_BYTES: Final = 2**16
_PIECE: Final = 2**14
# How long a client may take for its first flight, and how many clients may be connected. More than asyncio accepts in two
# turns of its loop (100 each), so that the bytes of a new client are read before it could be the oldest silent one.
_FLIGHT_S: Final = 10.0
_MOST_CLIENTS: Final = 256
# After the alert: how long, and how much, to read and discard, so that a reset does not overtake the alert.
_LINGER_S: Final = 1.0
# From the accepting of a socket to the call of `accepted`: the accepting task begins, then the connection is made; one spare.
_ACCEPT_TURNS: Final = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one client sent first.

    Args:
        peer: Its address, as `ip:port`.
        data: Its first flight: all bytes up to the end of its first handshake message, or of what is no TLS.
        ended: `complete`; `eof` or `reset` where the client left before; `timeout` where it fell silent; `not-tls`; `limit`.
    """

    peer: str
    data: bytes
    ended: str


async def listen_for_hellos(
    port: int,
    arrived: Callable[[Arrival], None],
    *,
    address: str | None = None,
    count: int | None = None,
    alert: bool = True,
    listening: Callable[[str, int], None] | None = None,
) -> None:
    """Listen until `count` clients have sent something, or for ever.

    Args:
        port: The TCP port; 0 takes a free one.
        arrived: Called with each first flight. A client that connects and leaves without a byte is not reported.
        address: Where to listen; None listens on every address of this machine.
        count: How many arrivals end the listening; None never ends it.
        alert: Answer what is TLS with the fatal alert handshake_failure before closing; False closes at once.
        listening: Called with address and port once clients can connect.

    Raises:
        OSError: The port cannot be listened on.
    """
    done = asyncio.Event()
    left = count
    owed = 0  # arrivals that still wait for their answer: the listening does not end before they have it
    clients = _Clients()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left, owed
        counted = False
        try:
            data, ended = await _first_flight(reader, lambda: clients.heard(writer))
            counted = bool(data) and left != 0
            if counted:
                left = None if left is None else left - 1
                owed += 1
                arrived(Arrival(_peer_text(writer), data, ended))
            if alert and ended == "complete":
                await _answer(reader, writer)
        finally:
            clients.discard(writer)
            writer.transport.abort()
            owed -= counted
            if left == 0 and owed == 0:
                done.set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Coroutine[None, None, None]:
        # Not in `serve_one`: a task that is cancelled before it begins would leave the connection open.
        clients.add(writer)
        return serve_one(reader, writer)

    server = await asyncio.start_server(accepted, sock=_listening_socket(address, port), limit=_PIECE)
    try:
        if listening is not None:
            where = server.sockets[0].getsockname()
            listening(str(where[0]), int(where[1]))
        await done.wait()
    finally:
        # asyncio needs some turns to make a connection of a socket it has accepted, and loses those for which its
        # server closes in between: accept no more, let these turns pass, then close.
        for sock in server.sockets:
            asyncio.get_running_loop().remove_reader(sock.fileno())
        try:
            for _ in range(_ACCEPT_TURNS):
                await asyncio.sleep(0)
        finally:
            # Not `async with`: from Python 3.12.1 on that waits for clients that are connected and silent.
            server.close()
            clients.abort()


class _Clients:
    """The clients that are connected, oldest first: the oldest silent one gives way to one more, else the oldest."""

    def __init__(self) -> None:
        self._silent: dict[asyncio.StreamWriter, None] = {}
        self._begun: dict[asyncio.StreamWriter, None] = {}

    def add(self, client: asyncio.StreamWriter) -> None:
        if len(self._silent) + len(self._begun) >= _MOST_CLIENTS:
            oldest = next(iter(self._silent or self._begun))
            self.discard(oldest)
            oldest.transport.abort()
        self._silent[client] = None

    def heard(self, client: asyncio.StreamWriter) -> None:
        if client in self._silent:
            del self._silent[client]
            self._begun[client] = None

    def discard(self, client: asyncio.StreamWriter) -> None:
        self._silent.pop(client, None)
        self._begun.pop(client, None)

    def abort(self) -> None:
        """Close every connection at once."""
        for client in (*self._silent, *self._begun):
            client.transport.abort()


def _listening_socket(address: str | None, port: int) -> socket.socket:
    """Return a bound socket; for every address one that takes IPv6 and IPv4 where the system has both."""
    if address is None:
        if socket.has_dualstack_ipv6():
            with contextlib.suppress(OSError):  # IPv6 may be switched off although it is built in
                return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(("", port))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family)


def _peer_text(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    if not peer:
        return "an unknown address"
    ip = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    text = f"[{ip}]" if ip.version == 6 and mapped is None else str(mapped or ip)
    return f"{text}:{peer[1]}"


async def _first_flight(reader: asyncio.StreamReader, heard: Callable[[], None]) -> tuple[bytes, str]:
    """Read up to the end of the first handshake message; return the bytes and how it ended.

    Args:
        reader: Reads from the client.
        heard: Called after the first bytes.
    """
    records, messages = RecordReader(), HandshakeReader()
    data = bytearray()
    ended = "limit"
    try:
        async with asyncio.timeout(_FLIGHT_S):
            while len(data) < _MOST_BYTES:
                piece = await reader.read(_PIECE)
                if not piece:
                    ended = "eof"
                    break
                data += piece
                heard()
                if _completes(records, messages, piece):
                    ended = "complete"
                    break
    except TimeoutError:
        ended = "timeout"
    except ConnectionError:
        ended = "reset"
    except DecodeError:
        ended = "not-tls"
    return bytes(data), ended


def _completes(records: RecordReader, messages: HandshakeReader, piece: bytes) -> bool:
    """Take a piece of the flight and tell whether the first handshake message is there.

    Raises:
        DecodeError: It is no TLS.
    """
    for record in records.feed(piece):
        if record.type == HANDSHAKE and messages.feed(record.payload, record.payload_offset):
            return True
    if records.error is not None:
        raise records.error
    return False


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the alert and let it arrive: shut down our side, then read and discard until the client has closed."""
    try:
        async with asyncio.timeout(_LINGER_S):
            writer.write(encode_alert(_HANDSHAKE_FAILURE))
            await writer.drain()
            writer.write_eof()
            discarded = 0
            while discarded < _MOST_BYTES and (piece := await reader.read(_PIECE)):
                discarded += len(piece)
    except (OSError, TimeoutError):
        # The client is gone or keeps the connection open; it had its chance to read the alert.
        pass
