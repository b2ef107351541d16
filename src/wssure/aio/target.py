"""What a failed connection was made to and how: enough to repeat it for an experiment, and nothing secret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from wssure.aio.secure import Secure
from wssure.endpoint import Endpoint
from wssure.tls.settings import TLSSettings
from wssure.wire.http import Request

__all__ = ["Target"]

# What an upgrade has when the caller adds nothing.
_ALWAYS: Final = frozenset(
    {
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "user-agent",
        "origin",
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint and how it was spoken to.

    Args:
        endpoint: Without user info and without the query.
        backend: Name of the TLS library; None for ws.
        settings: How to verify and what to offer, without client certificate, key and key log; None for ws.
        own_context: True where the user's own `ssl.SSLContext` decided instead of settings; it is not kept.
        origin: The Origin header that was sent; None if none was.
        plain_request: True where the request had nothing of the caller's but an Origin: no query, header, subprotocol.
    """

    endpoint: Endpoint
    backend: str | None
    settings: TLSSettings | None
    own_context: bool
    origin: str | None
    plain_request: bool

    @classmethod
    def of(cls, endpoint: Endpoint, secure: Secure | None, request: Request) -> Target:
        """Return the target of one attempt, its secrets left out.

        Args:
            endpoint: As it was asked for.
            secure: Its TLS side; None for ws.
            request: The upgrade, whether it was sent or not.
        """
        path, query, _ = endpoint.path.partition("?")
        bare = replace(endpoint, path=path, userinfo=None)
        origin = request.headers.get("Origin")
        own = {name.lower() for name, _ in request.headers.items()} - _ALWAYS
        simple = not query and not own and request.headers.get("Host") == endpoint.host_header
        if secure is None:
            return cls(bare, None, None, False, origin, simple)
        effective = getattr(secure.backend, "effective", None)
        in_force: TLSSettings = secure.settings if effective is None else effective(secure.settings)
        settings = replace(in_force, cert=None, key=None, keylog=None)
        return cls(bare, secure.backend.name, settings, secure.own_context, origin, simple)
