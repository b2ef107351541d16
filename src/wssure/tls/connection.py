"""Drive one TLS engine, with the checks that are the same for all engines.

A TLS connection drives one engine and adds the record log, the server-name guard, our own name check, the choice of the
site and the `tls.*` facts. It has the methods of `wssure.tls.contract.Engine`; this is how `aio` drives it:

    tls = ClientTlsConnection(backend, settings, endpoint.server_name, note=recorder.note)
    tls.offer(cache.take(key))                      # as late as this: a TLS 1.3 ticket is taken only once
    # or  ServerTlsConnection(backend, settings, SiteTable(sites, default_site, strict_sni), note=recorder.note)
    try:
        while True:
            state = tls.handshake()                 # DONE or WANT; raises EngineFailed
            send all of tls.outgoing(), then tls.consume(n)     # in BOTH cases: the client's last flight follows DONE
            if state == DONE: break
            data = await receive
            tls.feed(data) if data else tls.eof()   # after eof() the next handshake() raises
    except EngineFailed:
        send tls.outgoing()                         # the alert; then shutdown(SHUT_WR), read to EOF, close
        raise TLSFailed from it                     # CertificateFailed if .verification is set
    engine = tls.engine                             # from here on the data path may call the engine itself
    engine.feed / read_into / write / outgoing / consume
    tls.eof()                                       # at the end of file; eof(clean=True) if read_into returned CLOSED
    engine.close_notify(); send engine.outgoing()

Order matters in three places. (1) `feed` never decrypts: after it call `handshake()` until DONE, then `read_into` until
WANT. (2) Bytes that came with the last handshake flight are already in the engine: call `read_into` once after DONE
before waiting. (3) In TLS 1.3 a refusal (alert 116, 48 ...) arrives at the client after DONE: the first `read_into`
raises EngineFailed and its `tls.alert` fact says `after_done`.

On the server, `handshake()` answers WANT with `engine` None until the ClientHello is whole; then `site` and
`client_hello` are set. A refused name raises EngineFailed with the alert in `outgoing()` (nothing there for
`strict_sni="close"`).

After DONE the caller may drive `.engine` directly. Only plaintext alerts are then not read, and no honest peer sends
them; the engine itself reports alerts, truncation and garbage. Before DONE every byte must pass this layer, because the
guard is part of it: `outgoing()` is empty if the guard refused.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wssure.errors import UsageError
from wssure.evidence import Note
from wssure.facts import GuardStopped, LibraryWords, OwnError, PeerNotProven, SiteChosen, TlsEof, VerifyDefect
from wssure.name import ServerName
from wssure.tls import facts
from wssure.tls.contract import DONE, WANT, Backend, Engine, EngineFailed, EngineInfo, backend_title, silent
from wssure.tls.facts import format_name
from wssure.tls.guard import Guard, GuardBroken
from wssure.tls.handshake_log import HandshakeLog
from wssure.tls.proof import NotProven, OfferedSession, client_proof, name_to_prove, server_proof
from wssure.tls.record_log import LogItem
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.sites import SiteTable
from wssure.tls.verify import name_defect
from wssure.wire.alert import Alert, encode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import CLIENT_HELLO, HandshakeMessage
from wssure.wire.hello import ClientHello, decode_client_hello

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]


_log = logging.getLogger("wssure.client")
_EMPTY: Final = memoryview(b"")
_BAD_CERTIFICATE: Final = 42
_UNEXPECTED_MESSAGE: Final = 10
_DECODE_ERROR: Final = 50
_INTERNAL_ERROR: Final = 80
# A ClientHello with post-quantum shares is about 2 KiB, with a fat session ticket rarely over 4. The limit bounds the
# memory that an unknown client can make us use.
MAX_HELLO_BYTES: Final = 32 * 1024
# All that a peer may send before the handshake is done: a hello, a chain of certificates (OpenSSL takes 100 KB), and
# the data behind its last flight. The libraries end most floods long before, each in its own way.
MAX_HANDSHAKE_BYTES: Final = 256 * 1024


class _TlsConnection(ABC):
    """Common part of both sides: the methods of the engine, with its records logged until the handshake is done."""

    engine: Engine | None
    max_handshake_bytes = MAX_HANDSHAKE_BYTES

    def __init__(self, backend: Backend, note: Note) -> None:
        self._backend = backend
        self._note = note
        self._handshake_log = HandshakeLog(note)
        self._inspected = 0
        self._own = _EMPTY
        self._info: EngineInfo | None = None
        self._failure: EngineFailed | None = None
        self._ended = False

    @property
    def done(self) -> bool:
        """Whether the handshake ended well."""
        return self._handshake_log.done

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """The peer's certificates received so far as DER, its own first; also after a failure."""
        return self._handshake_log.chain

    @property
    def _title(self) -> str:
        return backend_title(self._backend)

    def _ready(self) -> Engine:
        if self.engine is None:
            raise AssertionError("the handshake is not done")
        return self.engine

    def read_into(self, buffer: Buffer) -> int:
        """Decrypt into `buffer`; see `Engine.read_into`."""
        return self._ready().read_into(buffer)

    def write(self, data: Buffer) -> int:
        """Encrypt; see `Engine.write`."""
        return self._ready().write(data)

    def outgoing(self) -> memoryview:
        """Return the bytes to send: an alert of this layer, or engine output that it has checked."""
        if self._own:
            return self._own
        if self.engine is None:
            return _EMPTY
        if self.done:
            return self.engine.outgoing()
        return self.engine.outgoing()[: self._inspected]

    def unsent(self) -> int:
        """Return how much may be sent."""
        return len(self.outgoing())

    def consume(self, count: int) -> None:
        """Drop the first `count` bytes of `outgoing()`."""
        if self._own:
            self._own = self._own[count:]
        elif self.engine is not None:
            self.engine.consume(count)
            self._inspected = max(0, self._inspected - count)

    def close_notify(self) -> None:
        """Put a close_notify into `outgoing()`; harmless before the handshake is done."""
        if self.done:
            self._ready().close_notify()

    def eof(self, *, clean: bool = False) -> None:
        """Take the peer's end of file.

        Args:
            clean: Whether the peer's close_notify came before it (`read_into` said `CLOSED`).
        """
        if self._ended:
            return
        self._ended = True
        handshake_log = self._handshake_log
        if not handshake_log.done:
            handshake_log.catch_up()
        self._note(TlsEof, clean, handshake_log.stage, handshake_log.received.count)
        if self.engine is not None:
            self.engine.eof()

    def session(self) -> object | None:
        """Return the session to offer next time; see `Engine.session`."""
        return self.engine.session() if self.engine is not None else None

    def info(self) -> EngineInfo:
        """Return the negotiated parameters, once `handshake()` returned `DONE`."""
        if self._info is None:
            raise AssertionError("the handshake is not done")
        return self._info

    def handshake(self) -> int:
        """Advance the handshake; see `Engine.handshake`. Nothing that is refused reaches `outgoing()`."""
        if self.done:
            return DONE
        if self._failure is not None:
            raise self._failure
        self._check_length()
        if self.engine is None and not self._open():
            return WANT
        engine = self._ready()
        try:
            state = engine.handshake()
        except EngineFailed as failure:
            self._look(waiting=False)
            self._fail(failure)
            raise
        self._look(waiting=state == WANT)
        self._handshake_log.release_alerts()
        if state == DONE:
            self._check_and_finish(engine.info())
        return state

    def _open(self) -> bool:
        """Make the engine of a connection that has none yet; False while more is needed."""
        return False

    def _look(self, *, waiting: bool) -> list[LogItem]:
        """Read the new output of the engine."""
        view = self._ready().outgoing()
        fresh = view[self._inspected :]
        self._inspected = len(view)
        return self._handshake_log.add_sent(fresh) if fresh else []

    @abstractmethod
    def _check_and_finish(self, info: EngineInfo) -> None:
        """Check the peer of a handshake that its engine calls done, and note the negotiated parameters."""

    def _check_length(self) -> None:
        """Refuse a peer that has sent more than any handshake needs."""
        if self._handshake_log.received.count > self.max_handshake_bytes:
            raise self._too_large(f"the handshake is longer than {self.max_handshake_bytes} bytes")

    def _too_large(self, text: str) -> EngineFailed:
        """Refuse a peer that exceeds a limit. RFC 8446 section 6.2 has no alert for this but internal_error."""
        self._note(OwnError, "handshake-too-large")
        self._note(LibraryWords, "wssure", None, text)
        return self._refuse(text, _INTERNAL_ERROR)

    def _fail(self, failure: EngineFailed) -> EngineFailed:
        """Store a failure, so that every later call raises the same one."""
        self._failure = failure
        self._handshake_log.release_alerts(failed=True)
        return failure

    def _refuse(self, text: str, alert: int | None, *, verification: bool = False) -> EngineFailed:
        """End the handshake with a plaintext alert of our own in place of all that the engine wanted to send."""
        if self.engine is not None:
            self.engine.consume(len(self.engine.outgoing()))
            self._inspected = 0
        if alert is not None:
            self._own = memoryview(encode_alert(alert))
            self._note(facts.alert, "sent", alert)
        return self._fail(EngineFailed(text, alert, verification=verification))

    def _refuse_last(self, text: str, alert: int) -> EngineFailed:
        """Refuse the peer of a handshake that its engine calls done."""
        # Before our last flight is sent, an alert in the clear can replace it; after that, only closing is left.
        waits = len(self._ready().outgoing()) > 0
        return self._refuse(text, alert if waits else None, verification=True)

    def _refuse_unproven(self, problem: NotProven) -> EngineFailed:
        """Refuse a peer that the engine did not prove to have verified."""
        self._note(PeerNotProven, self._title, str(problem))
        return self._refuse_last(f"backend {self._title} did not verify the peer: {problem}", _INTERNAL_ERROR)

    def _finish(self, info: EngineInfo) -> None:
        """Note the negotiated parameters."""
        self._info = info
        self._handshake_log.stage = "done"
        self._handshake_log.set_chain(info.peer_chain)
        self._handshake_log.done = True
        self._note(facts.done, info)


class ClientTlsConnection(_TlsConnection):
    """The TLS layer of one client connection.

    Args:
        backend: The TLS library.
        settings: The caller's TLS settings.
        server_name: The name that the peer must prove: `Endpoint.server_name`.
        note: Takes the facts, such as `Recorder.note`.

    Raises:
        UsageError: The settings hold something the library cannot use.
    """

    engine: Engine

    def __init__(
        self,
        backend: Backend,
        settings: TLSSettings,
        server_name: ServerName,
        *,
        note: Note = silent,
    ) -> None:
        super().__init__(backend, note)
        self._settings = settings
        self._in_force = backend.effective(settings)
        note(facts.settings_used, backend.name, self._in_force)
        self._server_name = server_name
        self._offered: OfferedSession | None = None
        _warn(self._in_force, server_name)
        self._guard = Guard(server_name)
        self._handshake_log.sent.lazy = False  # The guard must know at once.
        self._handshake_log.client = True
        self._noted_hellos = 0
        self._handshake_log.expected = name_to_prove(self._in_force, server_name)
        self._make_engine(None)

    def _make_engine(self, session: object | None) -> None:
        note = self._handshake_log.engine_note
        self.engine = self._backend.client(self._settings, self._server_name, session=session, note=note)

    def offer(self, session: object | None) -> None:
        """Offer a session in the handshake, which has not begun.

        Args:
            session: The result of `session()` of an earlier connection; None, and one that was not made under equal settings
                for an equal name, changes nothing.
        """
        self._offered = OfferedSession.usable(session, self._in_force, self._server_name)
        if self._offered is not None:
            self._make_engine(self._offered.session)

    @property
    def client_hello(self) -> ClientHello | None:
        """The last ClientHello that passed the guard; None before the first."""
        return self._guard.hellos[-1] if self._guard.hellos else None

    def _fail(self, failure: EngineFailed) -> EngineFailed:
        """Keep a failure, and note the trust anchor if the defect may be its own."""
        if self._handshake_log.blames_anchor and self.peer_chain:
            self._note(facts.anchor, self._in_force.ca, self.peer_chain)
        return super()._fail(failure)

    def feed(self, data: Buffer) -> int:
        """Take received ciphertext; see `Engine.feed`."""
        if not self.done:
            self._handshake_log.add_received(data)
            if self._handshake_log.answered:
                self._guard.done()
                self._handshake_log.sent.lazy = True
            elif self._handshake_log.retried and len(self._guard.hellos) == 1:
                self._guard.retry()
        return self.engine.feed(data)

    def _look(self, *, waiting: bool) -> list[LogItem]:
        items = super()._look(waiting=waiting)
        guard = self._guard
        if not guard.active:
            return items
        try:
            guard.check(items)
            guard.complete(self._handshake_log.sent, waiting)
        except GuardBroken as broken:
            self._note(GuardStopped, broken.expected, broken.found, broken.problem)
            raise self._refuse(f"stopped before a byte was sent: {broken.problem}", None) from broken
        for number in range(self._noted_hellos, len(guard.hellos)):
            self._handshake_log.add_client_hello(guard.hellos[number], "sent", second=number > 0)
        self._noted_hellos = len(guard.hellos)
        return items

    def _check_and_finish(self, info: EngineInfo) -> None:
        """Demand the proof that this peer was verified, and run our own check of the name beside the library's."""
        self._handshake_log.set_chain(info.peer_chain)
        try:
            verified = client_proof(info, self._in_force, self._offered, self._handshake_log)
        except NotProven as problem:
            raise self._refuse_unproven(problem) from problem
        name = self._handshake_log.expected
        defect = name_defect(name, verified.certificate) if name is not None else None
        if defect is not None:
            flag, text = defect
            self._handshake_log.engine_note(VerifyDefect(0, flag, None, text))
            raise self._refuse_last(text, _BAD_CERTIFICATE)
        hello = self.client_hello
        sent = hello.server_name if hello is not None else info.server_name
        self._finish(replace(info, server_name=sent, backend=self._title, client_hello=hello, verified=verified))

    def session(self) -> object | None:
        """Return the session to offer next time with the proof of this handshake, None while there is none."""
        session = self.engine.session() if self._info is not None else None
        if session is None or self._info is None or self._info.verified is None:
            return None
        return OfferedSession(session, self._in_force, self._server_name, self._info.verified)


def _warn(settings: TLSSettings, server_name: ServerName) -> None:
    """Say aloud, each time, that a relaxation which is not safe is in use."""
    if settings.verify == "none" and not settings.pins:
        _log.warning("verify=none: whoever answers for %s is believed", server_name)
    if settings.allow_expired and settings.verify != "none" and not settings.pins:
        _log.warning("allow_expired: an outdated certificate of %s is believed", server_name)


class ServerTlsConnection(_TlsConnection):
    """One server connection's TLS: the ClientHello is read first, then the site's own engine is made.

    Args:
        backend: The TLS library.
        settings: The limits common to all sites (versions, ALPN, keylog).
        sites: The sites, and the action if no name matches.
        note: Takes the facts, such as `Recorder.note`.
        max_hello_bytes: Most bytes kept of a client until its ClientHello is complete.
        max_handshake_bytes: Most bytes read of a client until its handshake is done.

    Attributes:
        engine: None until the site is chosen.
        site: The chosen site; None until then, and if the name was refused.
        client_hello: The first ClientHello, decoded; None until it is whole.
    """

    def __init__(
        self,
        backend: Backend,
        settings: TLSSettings,
        sites: SiteTable,
        *,
        note: Note = silent,
        max_hello_bytes: int = MAX_HELLO_BYTES,
        max_handshake_bytes: int = MAX_HANDSHAKE_BYTES,
    ) -> None:
        super().__init__(backend, note)
        self._settings = settings
        self._sites = sites
        self._max_hello_bytes = max_hello_bytes
        self.max_handshake_bytes = max_handshake_bytes
        self._buffer = bytearray()
        self._first: LogItem | None = None
        self.engine: Engine | None = None
        self.site: Site | None = None
        self.client_hello: ClientHello | None = None

    @property
    def first_bytes(self) -> bytes:
        """The received bytes that are not TLS, such as plain HTTP; empty if the client sent TLS."""
        return self._handshake_log.received.garbage

    def feed(self, data: Buffer) -> int:
        """Take received ciphertext; see `Engine.feed`."""
        if not self.done:
            for item in self._handshake_log.add_received(data):
                self._add(item)
        if self.engine is None:
            self._buffer += data
            return len(data)
        return self.engine.feed(data)

    def _add(self, item: LogItem) -> None:
        if self._first is None:
            self._first = item
        elif isinstance(item, HandshakeMessage) and item.type == CLIENT_HELLO:
            self._add_second(item)

    def _add_second(self, message: HandshakeMessage) -> None:
        """Note the ClientHello after a HelloRetryRequest; the site stays the one the first chose."""
        try:
            hello = decode_client_hello(message.raw, message.span[0], message.pieces)
        except DecodeError:
            return  # The engine will refuse it.
        self._handshake_log.add_client_hello(hello, "received", second=True)

    def _check_and_finish(self, info: EngineInfo) -> None:
        """Demand the proof that the client was verified, if this site asks for client certificates."""
        if self.site is not None and self.site.client_ca is not None:
            try:
                server_proof(info, self._handshake_log)
            except NotProven as problem:
                raise self._refuse_unproven(problem) from problem
        hello = self.client_hello
        came = None if hello is None else hello.server_name
        self._finish(replace(info, server_name=came, backend=self._title, client_hello=hello))

    def _open(self) -> bool:
        """Read the ClientHello, choose the site and make its engine; False while more is needed."""
        first = self._first
        if first is None:
            self._check_unfinished()
            return False
        if isinstance(first, Alert):
            raise self._fail(EngineFailed("the client sent an alert in place of a ClientHello", first.number))
        if not isinstance(first, HandshakeMessage) or first.type != CLIENT_HELLO:
            raise self._refuse("the client began with another message than a ClientHello", _UNEXPECTED_MESSAGE)
        if len(first.raw) > self._max_hello_bytes:
            raise self._hello_too_large()
        try:
            hello = decode_client_hello(first.raw, first.span[0], first.pieces)
        except DecodeError as error:
            raise self._refuse(f"the ClientHello cannot be read: {error}", _DECODE_ERROR) from error
        self.client_hello = hello
        self._handshake_log.add_client_hello(hello, "received", second=False)
        self._choose(hello)
        return True

    def _check_unfinished(self) -> None:
        """Fail if no ClientHello can come any more."""
        received = self._handshake_log.received
        if received.garbage:
            raise self._fail(EngineFailed("the client sent no TLS"))
        if not received.readable:
            raise self._refuse("the client sent damaged TLS records", _DECODE_ERROR)
        if self._ended:
            raise self._fail(EngineFailed("the client closed before its ClientHello was whole"))
        if len(self._buffer) > self._max_hello_bytes:
            raise self._hello_too_large()

    def _hello_too_large(self) -> EngineFailed:
        return self._too_large(f"the ClientHello is longer than {self._max_hello_bytes} bytes")

    def _choose(self, hello: ClientHello) -> None:
        choice = self._sites.choose(hello, tls13=self._settings.max_version == "TLSv1.3")
        shown = format_name(choice.server_name)
        chosen = choice.site.names[0] if choice.site is not None and choice.site.names else None
        self._note(SiteChosen, choice.server_name, chosen, choice.refused)
        if choice.site is None:
            which = f'for "{shown}"' if shown else "without a name"
            raise self._refuse(f"no site answers {which}", choice.alert)
        self.site = choice.site
        try:
            engine = self._backend.server(choice.site, self._settings, note=self._handshake_log.engine_note)
        except UsageError as error:
            # The material was good when serving began and is not now: a renewal that went wrong.
            raise self._refuse(f"the site {chosen} cannot be served: {error}", _INTERNAL_ERROR) from error
        engine.feed(bytes(self._buffer))
        self._buffer = bytearray()
        self.engine = engine
        if self._ended:
            engine.eof()
