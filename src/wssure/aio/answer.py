"""What an HTTP message leaves in the facts: escaped, cut, and without anything that may be a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wssure.endpoint import masked, printable
from wssure.name import safe_url
from wssure.protocol.handshake_rule import shown_subprotocols
from wssure.wire.http import Request, Response

__all__ = ["first_bytes_value", "request_value", "response_value"]

_BODY: Final = 200
# The headers an explanation can need. Cookies, tokens and what nobody foresaw are never among them.
_TOLD: Final = frozenset(
    {
        "allow",
        "connection",
        "content-length",
        "content-type",
        "location",
        "proxy-authenticate",
        "proxy-status",
        "retry-after",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "server",
        "transfer-encoding",
        "upgrade",
        "via",
        "www-authenticate",
        "x-squid-error",
    }
)

# A redirect's target may hold user info or a token, and so may the name of a subprotocol.
_SHOWN: Final[dict[str, Callable[[str], str]]] = {"location": safe_url, "sec-websocket-protocol": shown_subprotocols}


def response_value(response: Response) -> dict[str, Any]:
    """Return the value of an `http.response` fact."""
    headers = {}
    for name, value in response.headers.items():
        if name.lower() in _TOLD:
            headers[printable(name, 60)] = _SHOWN.get(name.lower(), printable)(value)
    return {
        "status": response.status,
        "reason": printable(response.reason),
        "headers": headers,
        "body": printable(response.body[: 4 * _BODY].decode("utf-8", "replace"), _BODY),
    }


def request_value(request: Request) -> dict[str, Any]:
    """Return the value of an `http.request` fact."""
    headers = request.headers

    def shown(name: str) -> str | None:
        value = headers.get(name)
        return None if value is None else masked(value)

    return {
        "method": printable(request.method, 20),
        "host": shown("Host"),
        "origin": shown("Origin"),
        "upgrade": "Upgrade" in headers,
        "version": shown("Sec-WebSocket-Version"),
    }


def first_bytes_value(first: bytes) -> dict[str, Any]:
    """Return the value of an `http.first_bytes` fact."""
    return {"hex": first[:64].hex(), "text": printable(first[:64].decode("latin-1"))}
