"""Two bare engines of the direct OpenSSL backend joined in memory, without the link's own checks."""

from __future__ import annotations

from typing import Any

from wssure.endpoint import DnsName, ServerName
from wssure.tls.contract import DONE, WANT, Backend
from wssure.tls.settings import Site, TLSSettings

NAME = "a.example.net"
Notes = list[tuple[str, Any]]


class Ends:
    """One connection: what each end noted, and the bytes carried between them."""

    def __init__(
        self,
        backend: Backend,
        site: Site,
        settings: TLSSettings,
        name: ServerName = DnsName(NAME),
        session: object | None = None,
    ) -> None:
        self.client_notes: Notes = []
        self.server_notes: Notes = []
        self.client = backend.client(
            settings, name, session=session, note=lambda kind, value: self.client_notes.append((kind, value))
        )
        limits = TLSSettings(max_version=settings.max_version)
        self.server = backend.server(site, limits, note=lambda kind, value: self.server_notes.append((kind, value)))

    def carry(self) -> None:
        for near, far in ((self.client, self.server), (self.server, self.client)):
            view = near.outgoing()
            assert far.feed(view) == len(view)
            near.consume(len(view))

    def shake(self) -> Ends:
        states = [WANT, WANT]
        for _ in range(10):
            states = [self.client.handshake(), states[1]]
            self.carry()
            states[1] = self.server.handshake()
            self.carry()
            if states == [DONE, DONE]:
                break
        assert states == [DONE, DONE]
        self.client.read_into(bytearray(1))  # the ticket of TLS 1.3
        return self

    def flags(self) -> set[tuple[int | None, str]]:
        return {(value["depth"], value["flag"]) for kind, value in self.client_notes if kind == "tls.verify"}


def alerts(notes: Notes) -> list[tuple[str, int, bool, bool]]:
    return [
        (value["direction"], value["number"], value["encrypted"], value["after_done"])
        for kind, value in notes
        if kind == "tls.alert"
    ]
