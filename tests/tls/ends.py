"""Two bare engines of the direct OpenSSL backend joined in memory, without the link's own checks."""

from __future__ import annotations

from wssure.facts import AlertSeen, Fact, VerifyDefect
from wssure.name import DnsName, ServerName
from wssure.tls.contract import DONE, WANT, Backend, PeerChain
from wssure.tls.settings import Site, TLSSettings

NAME = "a.example.net"
Notes = list[Fact | PeerChain]


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
        self.client = backend.client(settings, name, session=session, note=self.client_notes.append)
        limits = TLSSettings(max_version=settings.max_version)
        self.server = backend.server(site, limits, note=self.server_notes.append)

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
        return {(note.depth, note.flag) for note in self.client_notes if isinstance(note, VerifyDefect)}


def alerts(notes: Notes) -> list[tuple[str, int, bool, bool]]:
    return [
        (note.direction, note.number, note.encrypted, note.after_done) for note in notes if isinstance(note, AlertSeen)
    ]
