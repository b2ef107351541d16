"""The stdlib backend: `ssl.SSLContext` and `MemoryBIO`, available with every Python.

Theory of operation. `stdlib_context` makes and caches one `SSLContext` per settings value; a user's own context is used
unchanged. An engine is an `SSLObject` between two memory BIOs.

`ssl` has no verification callback. So OpenSSL checks names and addresses through `check_hostname` (Python sends no SNI
for an IP address), and a verification flag skips the dates. Checks that OpenSSL does not support (pins; a name without
SNI) are made here on the peer's own certificate, before the client's last flight is sent. A refusal discards that
flight and sends a plaintext bad_certificate alert instead, as OpenSSL itself does. So a refused peer never receives
application data, a client certificate or a Finished message.
"""

from __future__ import annotations

import itertools
import ssl
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wssure.errors import usage_error, wrong_type
from wssure.facts import CertificateRequested, LibraryWords, OwnError, VerifyDefect
from wssure.frozen import frozen
from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.text import printable
from wssure.tls import facts, stdlib_errors
from wssure.tls.contract import (
    CLOSED,
    DONE,
    WANT,
    Capabilities,
    EngineFailed,
    EngineInfo,
    EngineNote,
    PeerChain,
    Verified,
    silent,
)
from wssure.tls.defects import detailed, with_anchors
from wssure.tls.openssl_errors import verify_defect
from wssure.tls.pins import Pins, parse_pins
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.stdlib_context import Contexts
from wssure.tls.verify import name_defect
from wssure.wire.alert import encode_alert

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]


_EMPTY: Final = memoryview(b"")
_BAD_CERTIFICATE: Final = 42
# RFC 8446 section 5: the header of a record, its outer type, and the inner type and tag that encryption adds; section 4: the
# header of a handshake message. The verify_data of a Finished is as long as the hash of the cipher suite (section 4.4.4).
_RECORD_HEADER: Final = 5
_APPLICATION_DATA: Final = 23
_TLS13_OVERHEAD: Final = 1 + 16
_HANDSHAKE_HEADER: Final = 4
_SHA256_BYTES: Final = 32
_SHA384_BYTES: Final = 48
# Public from Python 3.13 on; earlier versions have it only on the private inner object.
_NATIVE: Final = getattr(ssl, "_ssl", None)
_TELLS_CHAIN: Final = hasattr(ssl.SSLObject, "get_unverified_chain") or hasattr(
    getattr(_NATIVE, "_SSLSocket", None), "get_unverified_chain"
)
# https://github.com/python/cpython/issues/116810: each access to a session leaks a copy of it, about 7 KiB. Fixed in
# 3.12.8 and 3.13.1, not in 3.11: remove this with support for the last of them. Until then a process makes a limited
# number of accesses. A client that reconnects for ever then makes full handshakes, and its memory does not grow.
_SESSIONS_LEAK: Final = sys.version_info < (3, 12, 8) or (3, 13) <= sys.version_info < (3, 13, 1)
MAX_LEAKS = 4096
_leaks = itertools.count()


@frozen
class _Session:
    """A session with the context that made it; it cannot be used with another context."""

    context: ssl.SSLContext
    session: ssl.SSLSession


class StdlibBackend:
    """TLS with Python's own `ssl` module.

    Args:
        context: A user's context for every connection, never modified; None makes contexts from the settings.
    """

    name: str = "stdlib"
    version: str = ssl.OPENSSL_VERSION
    capabilities: Capabilities = Capabilities(
        tls13=ssl.HAS_TLSv1_3,
        alert_sent=False,
        alert_received_encrypted=True,
        chain_on_failure=_TELLS_CHAIN,
        verify_depth=False,
        sessions=True,
        keylog=hasattr(ssl.SSLContext, "keylog_filename"),
        ip_san=True,
        pq=ssl.OPENSSL_VERSION_INFO >= (3, 5),
    )

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._caller_context = context
        self._contexts = Contexts()

    @classmethod
    def for_context(cls, context: ssl.SSLContext) -> StdlibBackend:
        """Make a backend that uses a user's own context, unchanged, for every connection."""
        if not isinstance(context, ssl.SSLContext):
            raise wrong_type("tls", context, "TLSSettings or ssl.SSLContext", "write tls=TLSSettings()")
        return cls(context)

    def effective(self, settings: TLSSettings) -> TLSSettings:
        """Return the effective settings: a user's context overrides the verification settings."""
        if self._caller_context is None:
            return settings
        if self._caller_context.verify_mode == ssl.CERT_NONE:
            verify = "none"
        else:
            verify = "full" if self._caller_context.check_hostname else "chain"
        strict = bool(self._caller_context.verify_flags & ssl.VERIFY_X509_STRICT)
        return replace(settings, verify=verify, pins=(), allow_expired=False, strict=strict)  # type: ignore[arg-type]

    def client(
        self,
        settings: TLSSettings,
        server_name: ServerName,
        *,
        session: object | None = None,
        note: EngineNote = silent,
    ) -> StdlibEngine:
        """Make a client engine; see `wssure.tls.contract.Backend.client`."""
        context = self._caller_context
        refuse: Callable[[bytes | None], tuple[str, str] | None] | None = None
        if context is None:
            context = self._contexts.client(settings, no_sni=isinstance(server_name, NoSNI))
            refuse = _own_check(settings, server_name)
        elif isinstance(server_name, NoSNI) and context.check_hostname:
            raise usage_error("tls", "the given ssl.SSLContext checks names and so always sends SNI", "use TLSSettings")
        kept = session if isinstance(session, _Session) and session.context is context else None
        return StdlibEngine(
            context,
            None if isinstance(server_name, NoSNI) else str(server_name),
            session=kept,
            note=note,
            refuse=refuse,
            sni=server_name.sni,
        )

    def server(self, site: Site, settings: TLSSettings, *, note: EngineNote = silent) -> StdlibEngine:
        """Make a server engine for one site; see `wssure.tls.contract.Backend.server`."""
        context = self._caller_context if self._caller_context is not None else self._contexts.server(site, settings)
        return StdlibEngine(context, None, server=True, note=note)


def _own_check(
    settings: TLSSettings, server_name: ServerName
) -> Callable[[bytes | None], tuple[str, str] | None] | None:
    """Return the check that OpenSSL lacks for these settings: a function from DER to (flag, text), or None."""
    if settings.pins:
        pins: Pins = parse_pins(settings.pins)
        return lambda der: None if pins.match(der) else ("pin-mismatch", "the certificate matches no pin")
    if isinstance(server_name, NoSNI) and server_name.verify_as is not None and settings.verify == "full":
        name: DnsName | IpName = server_name.verify_as
        return lambda der: name_defect(name, der)
    return None


class StdlibEngine:
    """One connection's state: an `SSLObject` between two memory BIOs. See `wssure.tls.contract.Engine`."""

    def __init__(
        self,
        context: ssl.SSLContext,
        server_hostname: str | None,
        *,
        server: bool = False,
        session: _Session | None = None,
        note: EngineNote = silent,
        refuse: Callable[[bytes | None], tuple[str, str] | None] | None = None,
        sni: str | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._held = _EMPTY
        self._note = note
        self._refuse = refuse
        self._offered = session
        self._checked: bytes | None = None
        self._sni = sni
        self._server = server
        self._done = False
        self._ended = False
        self._chain: tuple[bytes, ...] = ()
        # With this option, which Python sets by default, OpenSSL reports an EOF as if it were close_notify.
        self._eof_hidden = bool(context.options & ssl.OP_IGNORE_UNEXPECTED_EOF)
        self._ragged = False
        self._closed = False
        self._context = context
        try:
            if server and context.check_hostname:
                # A client context: OpenSSL refuses it, some versions of Python refuse it before, and some only warn.
                raise ValueError("it checks a server's name")
            self._object = context.wrap_bio(
                self._incoming,
                self._outgoing,
                server_side=server,
                server_hostname=server_hostname,
                session=session.session if session else None,
            )
        except (ssl.SSLError, ValueError) as error:
            if server_hostname is not None and isinstance(error, ValueError):
                raise usage_error(
                    "tls",
                    f"the given ssl.SSLContext refuses this server name: {printable(str(error))}",
                    "use TLSSettings, which takes every host a URL can have",
                ) from error
            role = "server" if server else "client"
            raise usage_error(
                "tls",
                f"the given ssl.SSLContext makes no {role} connection: {stdlib_errors.text_of(error)}",
                f"make it with ssl.PROTOCOL_TLS_{role.upper()}",
            ) from error

    # The data path.

    def feed(self, data: Buffer) -> int:
        """Copy received ciphertext in."""
        return self._incoming.write(data)

    def read_into(self, buffer: Buffer) -> int:
        """Decrypt into `buffer`."""
        if not self._incoming.pending and not self._object.pending() and not self._ended:
            return WANT  # Avoids the cost of an exception on every read without data.
        try:
            count = int(self._object.read(len(buffer), buffer))
        except ssl.SSLWantReadError:
            return WANT
        except ssl.SSLZeroReturnError:
            count = 0
        except (ssl.SSLError, ConnectionError) as error:
            raise self._convert_error(error) from error
        if count:
            return count
        if self._ragged and not self._closed:
            raise self._convert_error(ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "end of file without close_notify"))
        self._closed = True
        return CLOSED

    def write(self, data: Buffer) -> int:
        """Encrypt."""
        try:
            return self._object.write(data)
        except ssl.SSLWantReadError:
            return WANT
        except ssl.SSLError as error:
            raise self._convert_error(error) from error

    def outgoing(self) -> memoryview:
        """Return the ciphertext to send."""
        # After the handshake the held bytes are returned first. Joining both again for each answer of the library would
        # take quadratic time if the peer provokes answers and does not read. During the handshake the common layer must get all
        # bytes.
        if self._outgoing.pending and not (self._held and self._done):
            fresh = self._outgoing.read()
            self._held = memoryview(bytes(self._held) + fresh if self._held else fresh)
        return self._held

    def unsent(self) -> int:
        """Return how much ciphertext is to be sent."""
        return len(self._held) + self._outgoing.pending

    def consume(self, count: int) -> None:
        """Remove bytes that were sent."""
        self._held = self._held[count:]

    # The handshake.

    def handshake(self) -> int:
        """Advance the handshake."""
        if self._done:
            return DONE
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            if self._refuse is not None:
                self._check_peer()
            return WANT
        except (ssl.SSLError, ConnectionError) as error:
            raise self._convert_error(error) from error
        if self._refuse is not None:
            self._check_peer(last=True)
        if not self._server and self._object.version() == "TLSv1.3" and not self._object.session_reused:
            self._look_for_request()
        self._done = True
        return DONE

    def _look_for_request(self) -> None:
        """Note a request for our certificate in TLS 1.3, which `ssl` does not report.

        Our last flight tells: it is a Finished alone, unless the server asked for a certificate. RFC 8446 section 4.4.2:
        "If the server requests client authentication but no suitable certificate is available, the client MUST send a
        Certificate message containing no certificates".
        """
        flight = self.outgoing()
        cipher = self._object.cipher()
        expected = _HANDSHAKE_HEADER + (_SHA384_BYTES if cipher and cipher[0].endswith("SHA384") else _SHA256_BYTES)
        at = sent = 0
        while at + _RECORD_HEADER <= len(flight):
            size = int.from_bytes(flight[at + 3 : at + 5], "big")
            if flight[at] == _APPLICATION_DATA:
                sent += size - _TLS13_OVERHEAD
            at += _RECORD_HEADER + size
        if sent > expected:
            self._note(CertificateRequested())

    def _check_peer(self, last: bool = False) -> None:
        """Run our own check as soon as the peer's certificate is known, before any later message is sent."""
        chain = self._peer_chain()
        own = chain[0] if chain else self._object.getpeercert(binary_form=True) if last else None
        if self._refuse is None or (own is None and not last):
            return
        defect = self._refuse(own)
        if defect is None:
            self._refuse = None
            self._checked = own
            return
        flag, text = defect
        # In every handshake that can reach this point only our hello was sent so far, so a plaintext alert is correct.
        self._outgoing.read()
        self._held = memoryview(encode_alert(_BAD_CERTIFICATE))
        self._note(VerifyDefect(0, flag, None, text))
        raise EngineFailed(text, verification=True)

    def _peer_chain(self) -> tuple[bytes, ...]:
        """Return the peer's certificates as DER, and note them once; empty if they are unknown."""
        if not self._chain:
            self._chain = _certificates(self._object, "get_unverified_chain")
            if self._chain:
                self._note(PeerChain(self._chain))
        return self._chain

    def _convert_error(self, error: Exception) -> EngineFailed:
        """Note the error of the library and return the exception to raise."""
        self._peer_chain()
        if stdlib_errors.is_end_of_file(error):
            # OpenSSL answers an EOF with the alert decode_error, as if it had received bytes that cannot be decoded.
            self._outgoing.read()
        text = stdlib_errors.text_of(error)
        verification = isinstance(error, ssl.SSLCertVerificationError)
        if verification:
            code: int = error.verify_code  # type: ignore[attr-defined]
            words: str = error.verify_message  # type: ignore[attr-defined]
            flag, defect = verify_defect(code)
            # `ssl` does not report the depth, but names are checked at depth 0 only.
            depth = 0 if flag in ("hostname", "ip-mismatch") else None
            anchors = self._context.get_ca_certs(binary_form=True)
            self._note(detailed(VerifyDefect(depth, flag, code, words, defect), with_anchors(self._chain, anchors)))
        number = stdlib_errors.alert_of(error) if isinstance(error, ssl.SSLError) else None
        if number is not None:
            self._note(facts.alert("received", number, encrypted=None, after_done=self._done))
        own = stdlib_errors.own_error(error)
        if own is not None:
            self._note(OwnError(own))
        self._note(LibraryWords("stdlib", getattr(error, "reason", None), text))
        return EngineFailed(text, getattr(error, "errno", None), verification=verification)

    # The end.

    def close_notify(self) -> None:
        """Append a close_notify to `outgoing()`."""
        if not self._done:
            return
        try:
            self._object.unwrap()
        except (ssl.SSLError, ConnectionError, ValueError):
            pass  # Our close_notify is queued before the library reads the peer's, which may not be there yet.

    def eof(self) -> None:
        """Record the peer's EOF."""
        if not self._ended:
            self._ended = True
            self._ragged = self._eof_hidden and not self._incoming.pending and not self._object.pending()
            self._incoming.write_eof()

    # Results of the handshake.

    def session(self) -> object | None:
        """Return the session to offer next time."""
        if self._server or not self._done or (_SESSIONS_LEAK and next(_leaks) >= MAX_LEAKS):
            return None
        session = self._object.session
        # A TLS 1.3 session can be offered only after a ticket was received.
        if session is None or not (session.has_ticket or (self._object.version() == "TLSv1.2" and session.id)):
            return None
        return _Session(self._context, session)

    def info(self) -> EngineInfo:
        """Return the agreed parameters."""
        cipher = self._object.cipher()
        chain = self._peer_chain()
        own = chain[0] if chain else self._object.getpeercert(binary_form=True)
        return EngineInfo(
            version=self._object.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=self._object.selected_alpn_protocol(),
            resumed=bool(self._object.session_reused),
            peer_certificate=own,
            peer_chain=chain or ((own,) if own else ()),
            server_name=self._sni,
            verified=self._proof(own),
        )

    def _proof(self, own: bytes | None) -> Verified | None:
        """Return the proof that OpenSSL verified the peer; None if there is none.

        Args:
            own: DER of the peer's own certificate.
        """
        if self._object.session_reused:
            return Verified("session", session=self._offered)
        if self._object.context.verify_mode == ssl.CERT_NONE:
            # With TLSSettings, verification is off for "none", and for pins, which are checked here.
            return Verified("nothing" if self._checked is None else "pins", self._checked or own)
        # OpenSSL keeps the path that it built and verified in this handshake; a resumed connection has none.
        path = _certificates(self._object, "get_verified_chain")
        if path:
            return Verified("chain", path[0])
        if not _TELLS_CHAIN and self._object.getpeercert():
            # This Python does not return the path. It returns the fields of a certificate only if the context verifies.
            return Verified("chain", own)
        return None


def _certificates(tls: ssl.SSLObject, method: str) -> tuple[bytes, ...]:
    """Return a list of certificates as DER; empty if there is none, or if this Python does not have the method."""
    public = getattr(tls, method, None)  # Python 3.13
    if public is not None:
        return tuple(public())
    private = getattr(tls._sslobj, method, None)  # type: ignore[attr-defined]
    chain = private() if private is not None else None
    if not chain:
        return ()
    der = getattr(_NATIVE, "ENCODING_DER", 2)
    return tuple(certificate.public_bytes(der) for certificate in chain)
