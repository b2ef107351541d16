"""Listen for clients, report the first flight of each, and close the connection."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

from wssure.aio.dial import address_text
from wssure.aio.listen import Acceptor, check_address, listen
from wssure.aio.metrics import Metrics
from wssure.aio.opening import Opening, collect
from wssure.frozen import frozen
from wssure.tls.record_log import RecordLog
from wssure.wire.alert import encode_alert
from wssure.wire.handshake import HandshakeMessage

# RFC 8446 section 6.1: the sender cancels the handshake "for some reason unrelated to a protocol failure".
_USER_CANCELED: Final = 90
_MOST_BYTES: Final = 2**16
# How long a client may take for its first flight, and how many clients may be connected. More than one readiness event
# accepts, so that the bytes of a new client are read before it could be the oldest silent one.
_FLIGHT_S: Final = 10.0
_MOST_CLIENTS: Final = 256


@frozen
class FirstFlight:
    """The first flight of one client.

    Args:
        peer: Its address, as `ip:port`.
        data: All bytes up to the end of its first handshake message, or the first bytes if they are not TLS.
        ended: `complete`; `eof` or `reset` if the client left before; `timeout` if it sent no more; `not-tls`; `limit`.
    """

    peer: str
    data: bytes
    ended: str


async def listen_for_hellos(
    port: int,
    on_flight: Callable[[FirstFlight], None],
    *,
    address: str | None = None,
    count: int | None = None,
    alert: bool = True,
    listening: Callable[[str, int], None] | None = None,
) -> None:
    """Listen until `count` clients have sent something, or for ever.

    Args:
        port: The TCP port; 0 takes a free one.
        on_flight: Called with each first flight. A client that connects and leaves without a byte is not reported.
        address: The address to listen on; None listens on every address of this machine.
        count: How many arrivals end the listening; None never ends it.
        alert: Answer a TLS client with the fatal alert user_canceled before closing; False closes at once.
        listening: Called with address and port once clients can connect.

    Raises:
        UsageError: The address is none.
        ListenFailed: The port cannot be listened on.
    """
    clients = _Clients(on_flight, count, alert=alert)
    sockets = await listen(check_address(address), port)
    acceptor = Acceptor(
        sockets, lambda: True, clients.take, clients.give_way, Metrics(logging.getLogger("wssure.server"))
    )
    try:
        acceptor.start()
        if listening is not None:
            where = sockets[0].getsockname()
            listening(str(where[0]), int(where[1]))
        await clients.done.wait()
    finally:
        acceptor.close()
        clients.abort()


def own_addresses() -> list[str]:
    """Return the addresses of this machine that another one could dial, IPv4 first; loopback alone if there is no network.

    Nothing is sent: a connected UDP socket has the local address of the route.
    """
    addresses = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((far, 9))
                addresses.append(str(sock.getsockname()[0]))
        except OSError:
            continue  # no route in this family
    return addresses or ["127.0.0.1"]


class _Clients:
    """The clients that are connected, oldest first: the oldest silent one gives way to one more, else the oldest.

    Attributes:
        done: Set once as many clients were reported as were asked for, and have their answer.
    """

    def __init__(self, on_flight: Callable[[FirstFlight], None], count: int | None, *, alert: bool) -> None:
        self._on_flight = on_flight
        self._left = count
        self._owed = 0
        self._alert = alert
        self._tasks: dict[Opening, asyncio.Task[None]] = {}
        self.done = asyncio.Event()

    def take(self, sock: socket.socket, address: Any) -> None:
        """Serve a client that was accepted."""
        if len(self._tasks) >= _MOST_CLIENTS:
            self.give_way()
        opening = Opening(None)
        opening.take(sock)
        serving = self._serve(opening, address_text(sock.family, address))
        self._tasks[opening] = asyncio.get_running_loop().create_task(serving)

    def give_way(self) -> bool:
        """Close the connection of the oldest silent client, else the oldest one; False if there is none."""
        oldest = next((opening for opening in self._tasks if not opening.received_bytes), next(iter(self._tasks), None))
        if oldest is None:
            return False
        self._drop(oldest)
        return True

    def _drop(self, opening: Opening) -> None:
        opening.abort()
        self._tasks.pop(opening).cancel()

    def abort(self) -> None:
        """Close every connection at once."""
        for opening in list(self._tasks):
            self._drop(opening)

    async def _serve(self, opening: Opening, peer: str) -> None:
        counted = False
        try:
            data, ended = await collect(opening, _MOST_BYTES, _FLIGHT_S, ended_by=_first_message())
            counted = bool(data) and self._left != 0
            if counted:
                self._left = None if self._left is None else self._left - 1
                self._owed += 1
                self._on_flight(FirstFlight(peer, data, ended))
            if self._alert and ended == "complete":
                opening.write(encode_alert(_USER_CANCELED))
                await opening.close()
        finally:
            opening.abort()
            self._tasks.pop(opening, None)
            self._owed -= counted
            if self._left == 0 and self._owed == 0:
                self.done.set()


def _first_message() -> Callable[[bytes], str]:
    """Return a function that takes pieces of a flight and returns `complete`, `not-tls` or "" for more to come."""
    record_log = RecordLog()
    record_log.lazy = False

    def ended_by(piece: bytes) -> str:
        if any(isinstance(item, HandshakeMessage) for item in record_log.feed(piece)):
            return "complete"
        return "not-tls" if record_log.damaged else ""

    return ended_by
