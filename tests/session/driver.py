"""A blocking driver of an opening and of its session: what a synchronous client needs besides `wssure.session`."""

from __future__ import annotations

import os
import socket
import time

from wssure import TLSSettings
from wssure.endpoint import Endpoint
from wssure.evidence import Recorder, Stage
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.connection import Connection
from wssure.protocol.event import Pong
from wssure.protocol.state import Action, End, Role
from wssure.session.opening import Steps
from wssure.session.queue import MessageQueue
from wssure.session.session import Session
from wssure.tls.backends import backend
from wssure.tls.connection import ClientTlsConnection


class BlockingClient(Steps):
    """A client of `url` on a blocking socket to a port on loopback; it trusts `ca` (PEM) and uses the TLS library `name`."""

    session: Session

    def __init__(self, url: str, port: int, ca: bytes, name: str) -> None:
        self.buffer, self.plain, self.pongs = memoryview(bytearray(65536)), memoryview(bytearray(65536)), list[bytes]()
        super().__init__(Recorder(time.perf_counter_ns), self.plain)
        self.endpoint, settings = Endpoint.parse(url), TLSSettings(ca=ca)
        self.tls = ClientTlsConnection(backend(name), settings, self.endpoint.server_name, note=self.recorder.note)
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)

    async def wait(self, limit_s: float | None = None) -> bool:
        self.receive(data) if (data := self.sock.recv(65536)) else self.receive_eof()
        return True

    def write(self, data: bytes) -> None:
        self.tls.write(data)
        self.flush()

    def flush(self) -> None:
        self.sock.sendall(self.tls.outgoing())
        self.tls.consume(len(self.tls.outgoing()))

    def connect(self) -> None:
        """Open the connection: nothing of it suspends, so one step is all of it."""
        try:
            self._connect().send(None)
        except StopIteration:
            self.finish()
        except Exception as error:
            self.fail(error)
            self.flush()
            self.sock.close()
            raise

    async def _connect(self) -> None:
        self.begin(Stage.TLS)
        await self.handshake(self.tls)
        self.begin(Stage.UPGRADE)
        handshake = ClientHandshake(self.endpoint.host_header, self.endpoint.path, key=os.urandom(16))
        accepted = await self.exchange(handshake)
        connection = Connection(Role.CLIENT, mask_key=lambda: os.urandom(512), deliver_fragments=True)
        self.session = Session(connection, MessageQueue(16), self.tls.engine, self.plain)
        self.session.begin(accepted.leftover)

    def recv(self) -> str | bytes | None:
        """Return the next message; None if there will be none."""
        while (message := self.session.queue.take()) is None and self.pump():
            pass
        return message

    def send(self) -> None:
        self.sock.sendall(self.session.data_to_send())

    def pump(self) -> bool:
        """Send what is queued and receive once; False if the connection is at its end."""
        if self.sock.fileno() >= 0:
            self.send()
            self.act(self.session.pump(self.buffer, self.sock.recv_into(self.buffer)))
            self.pongs += [event.data for event in self.session.take_events() if isinstance(event, Pong)]
        return self.sock.fileno() >= 0

    def act(self, action: Action) -> None:
        """Perform an action of the table of endings, and those that follow."""
        if action is Action.FLUSH:
            self.send()
            self.act(self.session.end(End.DELIVERED))
        elif action is Action.HALF_CLOSE:
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
            self.act(self.session.end(End.EOF))
        elif action is Action.CLOSE:
            self.sock.close()
