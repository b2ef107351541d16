"""Client sessions kept for the next connection to the same server under the same terms.

Resumption skips the certificate check: a TLS 1.2 session that was made without verification for a.test resumes for
other.test with verification on, and no library objects. So the key holds everything that was decided about trust, and
only fully verified handshakes are kept.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from wssure.endpoint import DnsName, IpName, NoSNI, ServerName
from wssure.tls.contract import Backend, EngineInfo
from wssure.tls.settings import TLSSettings
from wssure.tls.trust import Stamp, digest, stamp, system_stamp

__all__ = ["SessionCache", "SessionKey"]

MAX_SESSIONS: Final = 256


@dataclass(frozen=True, slots=True)
class SessionKey:
    """What must be equal for a session to be offered again.

    Args:
        backend: The library's name: a session of one means nothing to another.
        server_name: Whom the session's handshake proved.
        port: The URL's port: another port may be another server.
        terms: SHA-256 over trust anchors, verification, pins, client certificate, version range and ALPN.
        verified: Whether a handshake under these terms checks chain, dates and name (or a pin). Where not, nothing is
            kept.
    """

    backend: str
    server_name: DnsName | IpName
    port: int
    terms: bytes
    verified: bool

    @classmethod
    def make(cls, backend: Backend, settings: TLSSettings, server_name: ServerName, port: int) -> SessionKey | None:
        """Return the key of a connection; None for one that sends no SNI on purpose: its session is never kept."""
        if isinstance(server_name, NoSNI):
            return None
        verified = bool(settings.pins) or (settings.verify == "full" and not settings.allow_expired)
        stamps = stamp(settings.ca, settings.cert, settings.key)
        if settings.ca is None:
            stamps += system_stamp()
        return cls(backend.name, server_name, port, _terms(settings, stamps), verified)


@lru_cache(maxsize=64)
def _terms(settings: TLSSettings, stamps: Stamp) -> bytes:
    """Digest what was decided about trust; `stamps` makes the answer anew when a file behind it changed."""
    parts = (
        stamps,
        digest(settings.ca),
        settings.verify,
        settings.allow_expired,
        sorted(settings.pins),
        None if settings.cert is None else digest(settings.cert),
        None if settings.key is None else digest(settings.key),
        settings.min_version,
        settings.max_version,
        settings.offered_alpn,
    )
    return hashlib.sha256(repr(parts).encode()).digest()


class SessionCache:
    """A bounded store of sessions, the least recently used given up first.

    Args:
        max_size: How many are kept.
    """

    def __init__(self, max_size: int = MAX_SESSIONS) -> None:
        self._max_size = max_size
        self._kept: OrderedDict[SessionKey, tuple[object, bool]] = OrderedDict()
        self._lock = threading.Lock()  # Event loops of several threads may share one cache.

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, key: SessionKey | None, session: object | None, info: EngineInfo) -> bool:
        """Keep a session of a finished handshake; a newer one replaces an older.

        Args:
            key: From `SessionKey.make`; None keeps nothing.
            session: From the link's `session()`; None keeps nothing.
            info: What that handshake agreed on.

        Returns:
            Whether it was kept: not where the handshake was verified in part only.
        """
        if key is None or session is None or not key.verified:
            return False
        # RFC 8446 appendix C.4: "Clients SHOULD NOT reuse a ticket for multiple connections."
        with self._lock:
            self._kept[key] = (session, info.version == "TLSv1.3")
            self._kept.move_to_end(key)
            if len(self._kept) > self._max_size:
                self._kept.popitem(last=False)
        return True

    def take(self, key: SessionKey | None) -> object | None:
        """Return the session to offer, or None; a TLS 1.3 ticket is given once only."""
        if key is None:
            return None
        with self._lock:
            session, once = self._kept.get(key, (None, False))
            if once:
                del self._kept[key]
            elif session is not None:
                self._kept.move_to_end(key)
        return session

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
