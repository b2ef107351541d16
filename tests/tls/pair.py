"""A client link and a server link joined in memory: every test of an engine is made of this."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from wssure.evidence import F, Recorder
from wssure.facts import AlertSeen
from wssure.name import DnsName, ServerName
from wssure.tls.connection import ClientTlsConnection, ServerTlsConnection
from wssure.tls.contract import CLOSED, DONE, WANT, Backend, EngineFailed
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.sites import SiteTable
from wssure.wire.hello import ClientHello, find_client_hello

MAX_ROUNDS = 40
Cut = Callable[[bytes], Iterable[bytes]]


def whole(data: bytes) -> Iterable[bytes]:
    """Hand over all at once."""
    return (data,)


def bytewise(data: bytes) -> Iterable[bytes]:
    """Hand over one byte at a time."""
    return (data[at : at + 1] for at in range(len(data)))


@dataclass
class Side:
    """One end, what it noted, what it sent and how it ended."""

    tls_connection: ClientTlsConnection | ServerTlsConnection
    recorder: Recorder
    sent: bytearray = field(default_factory=bytearray)
    failure: EngineFailed | None = None
    state: int = WANT

    def step(self) -> None:
        """Advance the handshake as far as it goes now."""
        if self.failure is None and self.state != DONE:
            try:
                self.state = self.tls_connection.handshake()
            except EngineFailed as failure:
                self.failure = failure

    def take(self) -> bytes:
        """Return what is to be sent and drop it."""
        data = bytes(self.tls_connection.outgoing())
        self.tls_connection.consume(len(data))
        self.sent += data
        return data

    def facts(self, kind: type[F]) -> tuple[F, ...]:
        return self.recorder.saw(kind)

    def fact(self, kind: type[F]) -> F:
        found = self.facts(kind)
        assert len(found) == 1, (kind, found)
        return found[0]

    def alerts(self, direction: str) -> list[int | None]:
        return [value.number for value in self.facts(AlertSeen) if value.direction == direction]

    def read(self, size: int = 65536) -> bytes:
        """Read until nothing more comes; a failure is kept."""
        out = bytearray()
        buffer = bytearray(size)
        while True:
            try:
                count = self.tls_connection.read_into(buffer)
            except EngineFailed as failure:
                self.failure = failure
                return bytes(out)
            if count in (WANT, CLOSED):
                self.state = count if count == CLOSED else self.state
                return bytes(out)
            out += buffer[:count]

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = self.tls_connection.write(view)
            assert count > 0
            view = view[count:]


@dataclass
class Pair:
    """Both ends of one connection."""

    client: Side
    server: Side

    def shake(self, cut: Cut = whole) -> Pair:
        """Run the handshake until nothing moves any more."""
        for _ in range(MAX_ROUNDS):
            if not self.turn(cut):
                return self
        raise AssertionError("the handshake never ends")

    def turn(self, cut: Cut = whole) -> bool:
        """Let each end act once; tells whether anything moved."""
        moved = False
        for near, far in ((self.client, self.server), (self.server, self.client)):
            near.step()
            data = near.take()
            for piece in cut(data):
                far.tls_connection.feed(piece)
                if len(data) > 1 and cut is not whole:
                    far.step()
            moved = moved or bool(data)
        return moved

    def talk(self, cut: Cut = whole) -> None:
        """Carry what is waiting in both directions."""
        for near, far in ((self.client, self.server), (self.server, self.client)):
            for piece in cut(near.take()):
                far.tls_connection.feed(piece)

    @property
    def ok(self) -> bool:
        return self.client.state == DONE and self.server.state == DONE

    @property
    def hello(self) -> ClientHello:
        return find_client_hello(bytes(self.client.sent))

    def exchange(self, cut: Cut = whole) -> None:
        """Send a message each way, as a WebSocket upgrade would; the client's first read also takes the tickets."""
        assert self.ok, (self.client.failure, self.server.failure)
        self.client.write(b"ping")
        self.talk(cut)
        assert self.server.read() == b"ping"
        self.server.write(b"pong")
        self.talk(cut)
        assert self.client.read() == b"pong"


def make_pair(
    client: Backend,
    server: Backend,
    *,
    settings: TLSSettings,
    sites: Iterable[Site],
    name: ServerName = DnsName("a.example.net"),
    server_settings: TLSSettings | None = None,
    session: object | None = None,
    **table: Any,
) -> Pair:
    """Return a client and a server that have not said anything yet."""
    here, there = Recorder(time.monotonic_ns), Recorder(time.monotonic_ns)
    near = ClientTlsConnection(client, settings, name, note=here.note)
    near.offer(session)
    far = ServerTlsConnection(server, server_settings or TLSSettings(), SiteTable(sites, **table), note=there.note)
    return Pair(Side(near, here), Side(far, there))
