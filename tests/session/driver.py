"""A blocking driver of a session: what a synchronous client needs besides `wssure.session`."""

from __future__ import annotations

import os
import socket

from wssure import TLSSettings
from wssure.endpoint import Endpoint
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.connection import Connection
from wssure.protocol.event import Pong
from wssure.protocol.state import Action, End, Role
from wssure.session.queue import MessageQueue
from wssure.session.session import Session
from wssure.tls.backends import backend
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import DONE


class BlockingClient:
    """A client of `url` on a blocking socket to a port on loopback; it trusts `ca` (PEM) and uses the TLS library `name`."""

    def __init__(self, url: str, port: int, ca: bytes, name: str) -> None:
        endpoint, self.buffer, plain = Endpoint.parse(url), memoryview(bytearray(65536)), memoryview(bytearray(65536))
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        tls_connection = ClientTlsConnection(backend(name), TLSSettings(ca=ca), endpoint.server_name)
        while tls_connection.handshake() != DONE:
            self.exchange(tls_connection)
        handshake, accepted = ClientHandshake(endpoint.host_header, endpoint.path, key=os.urandom(16)), None
        tls_connection.write(handshake.request_bytes())
        while accepted is None:
            self.exchange(tls_connection)
            if (count := tls_connection.read_into(plain)) > 0:
                accepted = handshake.receive(bytes(plain[:count]))
        connection = Connection(Role.CLIENT, mask_key=lambda: os.urandom(512), deliver_fragments=True)
        self.session, self.pongs = Session(connection, MessageQueue(16), tls_connection.engine, plain), list[bytes]()
        self.session.begin(accepted.leftover)

    def exchange(self, tls_connection: ClientTlsConnection) -> None:
        self.sock.sendall(tls_connection.outgoing())
        tls_connection.consume(len(tls_connection.outgoing()))
        tls_connection.feed(self.sock.recv(65536))

    def recv(self) -> str | bytes | None:
        """Return the next message; None if there will be none."""
        while (message := self.session.queue.take()) is None and self.pump():
            pass
        return message

    def flush(self) -> None:
        self.sock.sendall(self.session.data_to_send())

    def pump(self) -> bool:
        """Send what is queued and receive once; False if the connection is at its end."""
        if self.sock.fileno() >= 0:
            self.flush()
            self.act(self.session.pump(self.buffer, self.sock.recv_into(self.buffer)))
            self.pongs += [event.data for event in self.session.take_events() if isinstance(event, Pong)]
        return self.sock.fileno() >= 0

    def act(self, action: Action) -> None:
        """Perform an action of the table of endings, and those that follow."""
        if action is Action.FLUSH:
            self.flush()
            self.act(self.session.end(End.DELIVERED))
        elif action is Action.HALF_CLOSE:
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
            self.act(self.session.end(End.EOF))
        elif action is Action.CLOSE:
            self.sock.close()
