"""The target and the parameters of a failed connection: enough to repeat it for an experiment, and nothing secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wssure.aio.client_tls import ClientTls
from wssure.endpoint import Endpoint
from wssure.frozen import frozen
from wssure.proxy import Proxy
from wssure.tls.settings import TLSSettings
from wssure.wire.http_message import Request

# The headers of an upgrade request to which the caller adds none.
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


@frozen
class Target:
    """One endpoint, and the parameters of the connection to it.

    Args:
        endpoint: Without user info and without the query.
        backend: Name of the TLS library; None for ws.
        settings: TLS settings without client certificate, key and key log; None for ws.
        own_context: True if the user's own `ssl.SSLContext` replaced the settings; it is not kept.
        origin: The Origin header that was sent; None if none was.
        plain_request: True if the caller added only an Origin to the request: no query, header or subprotocol.
        proxy: The proxy, without user and password; None for a direct connection.
        proxy_wants_user: True if the proxy needs user and password: the connection cannot be repeated without them.
    """

    endpoint: Endpoint
    backend: str | None
    settings: TLSSettings | None
    own_context: bool
    origin: str | None
    plain_request: bool
    proxy: Proxy | None = None
    proxy_wants_user: bool = False

    @classmethod
    def of(
        cls, endpoint: Endpoint, client_tls: ClientTls | None, request: Request, proxy: Proxy | None = None
    ) -> Target:
        """Return the target of one attempt, its secrets left out.

        Args:
            endpoint: As it was asked for.
            client_tls: Its TLS side; None for ws.
            request: The upgrade, whether it was sent or not.
            proxy: The proxy; None for a direct connection.
        """
        path, query, _ = endpoint.path.partition("?")
        bare = replace(endpoint, path=path, userinfo=None)
        origin = request.headers.get("Origin")
        own = {name.lower() for name, _ in request.headers.items()} - _ALWAYS
        simple = not query and not own and request.headers.get("Host") == endpoint.host_header
        way = proxy and replace(proxy, userinfo=None)
        wants_user = proxy is not None and proxy.userinfo is not None
        if client_tls is None:
            return cls(bare, None, None, False, origin, simple, way, wants_user)
        settings = replace(client_tls.in_force, cert=None, key=None, keylog=None)
        return cls(bare, client_tls.backend.name, settings, client_tls.own_context, origin, simple, way, wants_user)
