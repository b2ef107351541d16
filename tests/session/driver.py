"""A blocking driver of a session: what a synchronous client needs besides `wssure.session`."""

from __future__ import annotations

import os
import socket
from typing import Any, Final

from wssure import TLSSettings
from wssure.endpoint import Endpoint
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.connection import Connection
from wssure.protocol.event import Fragment, Pong
from wssure.protocol.state import Action, End, Role
from wssure.session.queue import MessageQueue
from wssure.session.session import ENDED, FAILED, Session
from wssure.tls.backends import backend
from wssure.tls.contract import DONE
from wssure.tls.link import ClientLink

SIZE: Final = 65536


class BlockingClient:
    """A client on a blocking socket.

    Args:
        url: Where to connect.
        port: The port on loopback that answers.
        ca: The certificates to trust, PEM.
        name: The TLS library.
    """

    def __init__(self, url: str, port: int, ca: bytes, name: str) -> None:
        endpoint = Endpoint.parse(url)
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        link = ClientLink(backend(name), TLSSettings(ca=ca), endpoint.server_name)
        while True:
            done = link.handshake() == DONE
            self.sock.sendall(link.outgoing())
            link.consume(len(link.outgoing()))
            if done:
                break
            link.feed(self.sock.recv(SIZE))
        handshake = ClientHandshake(endpoint.host_header, endpoint.path, key=os.urandom(16))
        plain = memoryview(bytearray(SIZE))
        link.write(handshake.request_bytes())
        self.sock.sendall(link.outgoing())
        link.consume(len(link.outgoing()))
        while (count := link.read_into(plain)) <= 0:
            link.feed(self.sock.recv(SIZE))
        while (accepted := handshake.receive(bytes(plain[:count]))) is None:
            link.feed(self.sock.recv(SIZE))
            count = max(link.read_into(plain), 0)
        connection = Connection(
            Role.CLIENT, mask_key=lambda: os.urandom(512), deliver_fragments=True, hold_violations=True
        )
        self.session = Session(connection, MessageQueue(16), link.engine, plain)
        self.pongs: list[bytes] = []
        self._buffer = memoryview(bytearray(SIZE))
        self._settle(self.session.begin(accepted.leftover))

    def recv(self) -> str | bytes | None:
        """Return the next message; None if there will be none."""
        while True:
            while not self.session.queue.messages:
                if not self.pump():
                    return None
            message: Any = self.session.queue.messages.popleft()
            if type(message) is Fragment:
                message = self.session.queue.whole(message)
            if message is not None:
                return message  # type: ignore[no-any-return]

    def send(self, message: str | bytes) -> None:
        self.session.connection.send_message(message)
        self.flush()

    def ping(self, data: bytes) -> None:
        """Send a ping, and receive until its pong came."""
        self.session.connection.send_ping(data)
        self.flush()
        while data not in self.pongs and self.pump():
            pass

    def close(self, code: int = 1000) -> None:
        self.session.connection.send_close(code)
        self.flush()
        while self.pump():
            pass

    def flush(self) -> None:
        self.sock.sendall(self.session.data_to_send())

    def pump(self) -> bool:
        """Receive once; False if the connection is at its end."""
        if self.sock.fileno() < 0:
            return False
        count = self.sock.recv_into(self._buffer)
        if count:
            self._settle(self.session.receive(self._buffer, count))
        else:
            self._act(self.session.end(End.EOF))
        return True

    def _settle(self, outcome: int) -> None:
        if self.session.release() is not None:
            self._act(self.session.end(End.FAILED))
        for event in self.session.take_events():
            if isinstance(event, Pong):
                self.pongs.append(event.data)
        if self.session.connection.close_rcvd is not None:
            self._act(self.session.end(End.CLOSED))
        if self.sock.fileno() >= 0:
            self.flush()
        if outcome in (ENDED, FAILED):
            self._act(self.session.end(End.EOF))

    def _act(self, action: Action) -> None:
        if action is Action.FINISH:
            self.sock.sendall(self.session.data_to_send() + self.session.close_notify())
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(SIZE):
                pass
            self.session.end(End.EOF)
            self.sock.close()
        elif action is Action.CLOSE:
            self.sock.close()
