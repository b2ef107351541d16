"""Cache client sessions for the next connection to the same server with the same trust settings.

Resumption skips the certificate check: a TLS 1.2 session made without verification for a.test resumes for other.test
with verification on, and no library reports an error. So the key contains every trust decision, and only sessions of
fully verified handshakes are cached.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wssure.frozen import frozen
from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.tls.contract import Backend, EngineInfo
from wssure.tls.settings import TLSSettings

if TYPE_CHECKING:
    from wssure.tls.trust import Stamp


MAX_SESSIONS: Final = 256


@frozen
class SessionKey:
    """The values that must be equal before a session is offered again.

    Args:
        backend: The name of the library: libraries cannot use each other's sessions.
        server_name: The name that was verified in the session's handshake.
        port: The port of the URL: another port may be another server.
        terms: SHA-256 over trust anchors, verification, pins, client certificate, version range, ALPN and
            groups.
        verified: True if a handshake with these settings checks chain, dates and name (or a pin). Otherwise no session
            is cached.
    """

    backend: str
    server_name: DnsName | IpName
    port: int
    terms: bytes
    verified: bool

    @classmethod
    def make(cls, backend: Backend, settings: TLSSettings, server_name: ServerName, port: int) -> SessionKey | None:
        """Make the key of a connection; None if it intentionally sends no SNI, because its session is never cached."""
        from wssure.tls.trust import stamp, system_stamp

        if isinstance(server_name, NoSNI):
            return None
        verified = bool(settings.pins) or (settings.verify == "full" and not settings.allow_expired)
        stamps = stamp(settings.ca, settings.cert, settings.key)
        if settings.ca is None:
            stamps += system_stamp()
        return cls(backend.name, server_name, port, _terms(settings, stamps), verified)


@lru_cache(maxsize=64)
def _terms(settings: TLSSettings, stamps: Stamp) -> bytes:
    """Compute a digest of all trust decisions; `stamps` changes it when a file of the settings changes."""
    from wssure.tls.trust import digest

    parts = (
        stamps,
        digest(settings.ca),
        settings.verify,
        settings.allow_expired,
        settings.strict,
        sorted(settings.pins),
        None if settings.cert is None else digest(settings.cert),
        None if settings.key is None else digest(settings.key),
        settings.min_version,
        settings.max_version,
        settings.offered_alpn,
        settings.groups,
    )
    return hashlib.sha256(repr(parts).encode()).digest()


class SessionCache:
    """A cache of sessions with a maximum size; the least recently used session is removed first.

    Args:
        max_size: Maximum number of sessions.
    """

    def __init__(self, max_size: int = MAX_SESSIONS) -> None:
        self._max_size = max_size
        self._sessions: OrderedDict[SessionKey, tuple[object, bool]] = OrderedDict()
        self._lock = threading.Lock()  # Event loops of several threads may share one cache.

    def __len__(self) -> int:
        return len(self._sessions)

    def put(self, key: SessionKey | None, session: object | None, info: EngineInfo) -> bool:
        """Store the session of a completed handshake; a newer session replaces an older one.

        Args:
            key: The key from `SessionKey.make`; None stores nothing.
            session: The result of `session()` of the TLS connection; None stores nothing.
            info: The parameters of that handshake.

        Returns:
            True if the session was stored; False if the handshake was only partly verified.
        """
        if key is None or session is None or not key.verified:
            return False
        # RFC 8446 appendix C.4: "Clients SHOULD NOT reuse a ticket for multiple connections."
        with self._lock:
            self._sessions[key] = (session, info.version == "TLSv1.3")
            self._sessions.move_to_end(key)
            if len(self._sessions) > self._max_size:
                self._sessions.popitem(last=False)
        return True

    def take(self, key: SessionKey | None) -> object | None:
        """Return the session to offer, or None; a TLS 1.3 ticket is returned only once."""
        if key is None:
            return None
        with self._lock:
            session, once = self._sessions.get(key, (None, False))
            if once:
                del self._sessions[key]
            elif session is not None:
                self._sessions.move_to_end(key)
        return session

    def clear(self) -> None:
        """Remove all sessions."""
        self._sessions.clear()
