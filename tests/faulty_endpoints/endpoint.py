"""What one faulty endpoint is, and the certificates that all of them share."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import trustme
from tests.peers.certificates import DAY, NAME, Issuer, server_context
from tests.peers.listener import Talk, listening
from tests.peers.resolver import Reply
from tests.peers.scripts import over_tls

HERE = "127.0.0.1"


class Material:
    """Certificates made for one run, in a folder.

    Args:
        folder: Theirs alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca_file = self.write(self.ca.cert_pem.bytes())
        self.issuer = Issuer(self.ca)

    def write(self, data: bytes) -> Path:
        """Return a new file with these bytes."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.pem"
        path.write_bytes(data)
        return path

    def issued(self, *names: str, ca: trustme.CA | None = None, rsa: bool = False) -> bytes:
        """Return a good certificate chain and its key in one PEM."""
        kind = trustme.KeyType.RSA if rsa else trustme.KeyType.ECDSA
        made = (ca or self.ca).issue_cert(*(names or (NAME,)), key_type=kind)
        return b"".join(one.bytes() for one in made.cert_chain_pems) + made.private_key_pem.bytes()

    @cached_property
    def client_file(self) -> Path:
        """A client's certificate and key that servers here accept."""
        return self.write(self.issued("client.example.net"))

    @cached_property
    def stranger_file(self) -> Path:
        """A client's certificate and key of another CA."""
        return self.write(self.issued("client.example.net", ca=trustme.CA()))

    @cached_property
    def expired_file(self) -> Path:
        """A client's certificate of this CA that has expired, and its key."""
        return self.write(self.issuer.issue("client.example.net", start=-30 * DAY, end=-DAY))

    def context(self, pem: bytes | None = None, *, weak: bool = False) -> ssl.SSLContext:
        """Return a server's context, with a good certificate for the usual name where no other is given."""
        return server_context(self._good if pem is None else self.write(pem), weak=weak)

    @cached_property
    def _good(self) -> Path:
        return self.write(self.issued())


Start = Callable[[Material], AbstractContextManager[int]]
Change = Callable[[Material, ssl.SSLContext], None]


@dataclass(frozen=True)
class Endpoint:
    """One faulty endpoint.

    Args:
        id: Its own.
        cause: The true cause; "" for one that works.
        start: Opens it; gives the port.
        path: Of the URL.
        host: Of the URL: the name to prove.
        scheme: `wss` or `ws`.
        address: Where to dial; None leaves it to the host.
        flags: More flags for `wssure check`; `{ca}`, `{client}`, `{stranger}` and `{expired}` stand for files.
        needs_experiment: One connection looks the same for several causes: only an experiment can put the true one first.
        needs_tls13: A client without TLS 1.3 does not meet this fault.
        program: What has to be installed for it; "" for nothing.
        names: What a name server answers; such endpoints live in a network namespace.
        proxied: It is gone to through an HTTP proxy that listens on the same port.
    """

    id: str
    cause: str
    start: Start
    path: str = "/ws"
    host: str = NAME
    scheme: str = "wss"
    address: str | None = HERE
    flags: tuple[str, ...] = ()
    needs_experiment: bool = False
    needs_tls13: bool = False
    program: str = ""
    names: Mapping[str, Reply] = field(default_factory=dict)
    proxied: bool = False

    def arguments(self, port: int, material: Material) -> list[str]:
        """Return the words after `wssure check`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        words = [f"{self.scheme}://{host}:{port}{self.path}"]
        if self.address is not None:
            words += ["--address", self.address]
        if self.scheme == "wss" and "--cacert" not in self.flags:
            words += ["--cacert", "{ca}"]
        if self.proxied:
            words += ["--proxy", f"http://{HERE}:{port}"]
        files = {
            "{ca}": material.ca_file,
            "{client}": material.client_file,
            "{stranger}": material.stranger_file,
            "{expired}": material.expired_file,
        }
        return [str(files.get(word, word)) for word in (*words, *self.flags)]


def clear(talk: Talk) -> Start:
    """Return how to start a peer that talks on the bare connection."""
    return lambda material: listening(talk)


def secured(talk: Talk, change: Change | None = None, *, weak: bool = False) -> Start:
    """Return how to start a peer that talks above TLS, with a good certificate and, where given, changed settings."""

    def start(material: Material) -> AbstractContextManager[int]:
        context = material.context(weak=weak)
        if change is not None:
            change(material, context)
        return listening(over_tls(context, talk))

    return start


def showing(make: Callable[[Material], bytes], talk: Talk) -> Start:
    """Return how to start a peer that shows a certificate of its own."""
    return lambda material: listening(over_tls(material.context(make(material), weak=True), talk))
