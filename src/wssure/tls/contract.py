"""The contract of TLS engines: ciphertext in and out, plaintext in and out, no socket, no clock, no asyncio.

A *backend* is a TLS library bound to wssure; an *engine* is one connection's state in it. An engine is used like this:

    while engine.handshake() == WANT:       # may leave bytes in outgoing()
        send(engine.outgoing()); engine.consume(n)
        engine.feed(received)               # or engine.eof()
    engine.read_into(buffer) / engine.write(data)

An engine draws no conclusions: it notes its observations (facts of `wssure.facts`) through its `note` and raises
`EngineFailed` when the library gives up; after that `outgoing()` still holds the alert for the peer. The common layer
(`wssure.tls.connection`) adds the parts that are the same for all engines: record log, server-name guard, name check, limits.

An engine notes exactly these facts:

* `PeerChain`: the peer's certificates, as soon as they are known, at the latest before it raises, also when verification
  failed. The common layer makes one `CertificateSeen` of each.
* `VerifyDefect`: once per defect our verification found.
* `AlertSeen`: for every alert it can see, encrypted or not; the common layer drops alerts already seen. `encrypted` is None
  if the engine cannot tell.
* `CertificateRequested`: if the library shows it. `OwnError` and `LibraryWords`: before it raises.

The common layer notes every other fact of TLS. If pins are given, only they count: the peer's own certificate
must match one, and neither CA nor name nor dates are looked at.

`EngineInfo.verified` is the engine's proof of the verification of *this* connection's peer. The common layer compares it with
the settings, the offered session and the messages that it read itself, and refuses a handshake without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from wssure.facts import Fact
from wssure.frozen import frozen

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from wssure.name import ServerName
    from wssure.tls.settings import Site, TLSSettings
    from wssure.wire.hello import ClientHello


# handshake() and read_into()/write() return a count or one of these.
DONE: Final = 0
WANT: Final = -1
CLOSED: Final = -2


class PeerChain(NamedTuple):
    """The certificates that the peer sent, in DER; its own is the first."""

    certificates: tuple[bytes, ...]


EngineNote = Callable[[Fact | PeerChain], None]


def silent(*observation: object, **fields: object) -> None:
    """Take a note and forget it."""


class EngineFailed(Exception):
    """A TLS library failed. Internal: `wssure.aio` turns it into `TLSFailed` with an explanation.

    Args:
        text: The error text of the library, for display only.
        number: The error number of the library; None if it has none.
        verification: True if our own check of the certificate was the reason.
    """

    def __init__(self, text: str, number: int | None = None, *, verification: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.number = number
        self.verification = verification


@frozen
class Capabilities:
    """The capabilities of a backend; the table in the docs is generated from it.

    Args:
        tls13: TLS 1.3 is available.
        alert_sent: Alerts that we send are noted with their number, also when encrypted.
        alert_received_encrypted: Encrypted alerts that we receive are noted with their number.
        chain_on_failure: The peer's certificates are noted also when verification fails.
        verify_depth: `tls.verify` facts carry the depth.
        sessions: Client sessions can be saved and offered again.
        keylog: Traffic secrets can be written for Wireshark.
        ip_san: The library itself checks IP addresses in certificates.
        pq: A post-quantum key share is offered by default.
    """

    tls13: bool
    alert_sent: bool
    alert_received_encrypted: bool
    chain_on_failure: bool
    verify_depth: bool
    sessions: bool
    keylog: bool
    ip_san: bool
    pq: bool = False


@frozen
class Verified:
    """The verification of one connection's peer, taken from the result of the library, not from settings.

    Args:
        by: `chain`: a path to a trust anchor was found for `certificate`, and its name matched if one was set.
            `pins`: `certificate` matched a pin. `session`: a session was resumed. `nothing`: verification is off, or
            the server asked for no certificate.
        certificate: DER of the certificate that this connection's verification accepted; None for `session`.
        session: Client and `session`: the same object that was offered; else None.
    """

    by: Literal["chain", "pins", "session", "nothing"]
    certificate: bytes | None = field(default=None, repr=False)
    session: object | None = field(default=None, repr=False)


@frozen
class EngineInfo:
    """The parameters of a completed handshake.

    Args:
        version: `TLSv1.2` or `TLSv1.3`.
        cipher: IANA or library name of the cipher suite.
        alpn: Agreed protocol; None if none.
        resumed: True for a resumed session.
        peer_certificate: DER of the peer's own certificate; None if it sent none, or if it is not known after
            resumption.
        peer_chain: DER of all certificates from the peer, its own first.
        server_name: Client: the SNI sent, decoded from the ClientHello. Server: the SNI received. None if absent.
        backend: The library's name and version, such as `openssl (OpenSSL 3.0.19)`; filled in by the TLS connection.
        client_hello: The decoded ClientHello, the second if there were two; None before the TLS connection sets it.
        verified: The proof that this connection's peer was verified; None if the engine has none. It is required
            for clients unless verification is off, and for servers that ask for a client certificate.
    """

    version: str
    cipher: str
    alpn: str | None
    resumed: bool
    peer_certificate: bytes | None
    peer_chain: tuple[bytes, ...]
    server_name: str | None
    backend: str = ""
    client_hello: ClientHello | None = field(default=None, repr=False)
    verified: Verified | None = None


class Engine(Protocol):
    """One connection's TLS state. Not thread-safe."""

    def feed(self, data: Buffer) -> int:
        """Copy received ciphertext in; returns the number of bytes taken (all, unless a limit was reached)."""

    def handshake(self) -> int:
        """Advance the handshake: `DONE`, or `WANT` for more input. `outgoing()` may hold bytes in both cases.

        Raises:
            EngineFailed: The library or our verification refused the peer; the alert, if any, is in `outgoing()`.
        """

    def read_into(self, buffer: Buffer) -> int:
        """Decrypt into `buffer`: the count (> 0), `WANT` for more input, `CLOSED` after the peer's close_notify.

        Raises:
            EngineFailed: Also after an alert from the peer, and after an EOF without close_notify.
        """

    def write(self, data: Buffer) -> int:
        """Encrypt: the number of plaintext bytes taken (> 0), or `WANT` if input must be read first."""

    def outgoing(self) -> memoryview:
        """Ciphertext to send; the view is valid until `consume`, `write` or `handshake` is called."""

    def unsent(self) -> int:
        """How much ciphertext is to be sent; `outgoing()` may show a part of it."""

    def consume(self, count: int) -> None:
        """Remove the first `count` bytes of `outgoing()`: they were sent."""

    def close_notify(self) -> None:
        """Append a close_notify to `outgoing()`; no effect if one was sent already or the handshake is incomplete."""

    def eof(self) -> None:
        """Record the peer's EOF: later reads do not wait for more input."""

    def session(self) -> object | None:
        """Return the session to offer next time (client), or None if there is none yet. Backend-specific and opaque."""

    def info(self) -> EngineInfo:
        """Return the agreed parameters; valid after `handshake()` returned `DONE`."""


class Backend(Protocol):
    """A TLS library bound to wssure."""

    name: str
    version: str
    capabilities: Capabilities

    def effective(self, settings: TLSSettings) -> TLSSettings:
        """Return the settings that a client of this backend really obeys; equal settings give equal answers.

        A backend that was made of a user's `ssl.SSLContext` obeys that context instead. Every other one returns `settings`.
        """

    def client(
        self,
        settings: TLSSettings,
        server_name: ServerName,
        *,
        session: object | None = None,
        note: EngineNote = silent,
    ) -> Engine:
        """Make a client engine.

        Args:
            settings: Checked settings; the trust store built from them is cached by the backend.
            server_name: The name to verify; SNI is derived from it here only.
            session: A session from an earlier engine's `session()`, for equal settings and an equal name; None for
                none.
            note: Receives the observations of the engine.

        Raises:
            UsageError: The library cannot use a setting (a malformed PEM, a key that does not match); the error names
            it.
        """

    def server(self, site: Site, settings: TLSSettings, *, note: EngineNote = silent) -> Engine:
        """Make a server engine for one site, chosen before from the decoded ClientHello."""


def backend_title(backend: Backend) -> str:
    """Return the name of a backend and its library's version without the date, such as `mbedtls (Mbed TLS 3.6.6)`."""
    version = re.match(r".*?[0-9][\w.]*", backend.version)
    return f"{backend.name} ({version.group() if version else backend.version})"
