"""The client's TLS for one `connect`: which backend, which settings, and the sessions kept from earlier connections."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wssure.aio.options import Logger
from wssure.endpoint import Endpoint
from wssure.errors import usage_error, wrong_type
from wssure.evidence import Recorder
from wssure.frozen import frozen
from wssure.tls.contract import Backend
from wssure.tls.sessions import SessionCache, SessionKey
from wssure.tls.settings import TLSSettings

if TYPE_CHECKING:
    from wssure.tls.connection import ClientTlsConnection
    from wssure.tls.stdlib import StdlibBackend

SESSIONS: Final = SessionCache()
_DEFAULT: Final = TLSSettings()


@lru_cache(maxsize=16)
def _on_context(context: ssl.SSLContext) -> StdlibBackend:
    """Return the one backend of a context, so that its sessions are found again."""
    from wssure.tls.stdlib import StdlibBackend

    return StdlibBackend.for_context(context)


def backend_of_context(context: ssl.SSLContext, backend: str | Backend | None) -> Backend:
    """Return the stdlib backend on a user's own context.

    Raises:
        UsageError: Another backend was asked for: only the stdlib's can use a context of the ssl module.
    """
    name = backend if isinstance(backend, str) or backend is None else backend.name
    if name not in (None, "stdlib"):
        raise usage_error(
            "tls",
            f"tls got an ssl.SSLContext, which the backend {name} cannot use",
            'leave $backend= out (it is "stdlib" then), or write tls=TLSSettings(...)',
        )
    return _on_context(context)


def backend_of(backend: str | Backend | None) -> Backend:
    """Return a backend by name, or the one given.

    Raises:
        UsageError: It is not installed, or does not work here.
    """
    from wssure.tls import backends  # here, because a program that uses ws:// alone needs no TLS

    chosen = backends.backend(backend) if backend is None or isinstance(backend, str) else backend
    # A backend may warn of its library: only when it carries connections, not when it is listed in a help text.
    getattr(chosen, "warn", lambda: None)()
    return chosen


@frozen
class ClientTls:
    """The TLS side of a client.

    Args:
        backend: The library.
        settings: How to verify.
        own_context: True if the user's own `ssl.SSLContext` replaces the settings.
    """

    backend: Backend
    settings: TLSSettings
    own_context: bool = False

    @classmethod
    def client(
        cls,
        tls: TLSSettings | ssl.SSLContext | None,
        backend: str | Backend | None,
        logger: Logger,
    ) -> ClientTls:
        """Check the caller's arguments.

        Raises:
            UsageError: It is neither settings nor a context, or does not go with the backend.
        """
        if isinstance(tls, ssl.SSLContext):
            return cls(backend_of_context(tls, backend), _DEFAULT, own_context=True)
        if tls is not None and not isinstance(tls, TLSSettings):
            raise wrong_type("tls", tls, "TLSSettings or ssl.SSLContext", "write tls=TLSSettings(...)")
        return cls(backend_of(backend), _DEFAULT if tls is None else tls)

    @property
    def in_force(self) -> TLSSettings:
        """The settings that the backend obeys: those of the user's own context if there is one."""
        return self.backend.effective(self.settings)

    def session_key(self, endpoint: Endpoint) -> SessionKey | None:
        """Return the key under which a session of this connection is kept."""
        return SessionKey.make(self.backend, self.in_force, endpoint.server_name, endpoint.port)

    def new_connection(self, endpoint: Endpoint, recorder: Recorder) -> ClientTlsConnection:
        """Make the TLS layer of one connection."""
        from wssure.tls.connection import ClientTlsConnection

        return ClientTlsConnection(self.backend, self.settings, endpoint.server_name, note=recorder.note)


def keep_session(key: SessionKey | None, tls_connection: ClientTlsConnection) -> None:
    """Keep the session that the server gave for the next connection under `key`."""
    session = tls_connection.session()
    if session is not None:
        SESSIONS.put(key, session, tls_connection.info())
