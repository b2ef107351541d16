"""Make the facts of an HTTP message: escaped, cut, and without anything that may be a secret."""

from collections.abc import Callable
from typing import Final, TypeVar

from wssure.facts import ProxyResponse, RequestSeen, ResponseSeen
from wssure.name import mask_secrets, safe_url
from wssure.protocol.handshake_rule import format_subprotocols
from wssure.text import printable
from wssure.wire.http_message import Request, Response

R = TypeVar("R", bound=ResponseSeen | ProxyResponse)

_BODY: Final = 200
# The headers that an explanation can need. Cookies, tokens and unknown headers are never among them.
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
_SHOWN: Final[dict[str, Callable[[str], str]]] = {"location": safe_url, "sec-websocket-protocol": format_subprotocols}


def response(kind: type[R], answer: Response) -> R:
    """Return the fact of an answer.

    Args:
        kind: The class of the fact: the server's response or the proxy's.
        answer: As it came.
    """
    headers = {
        name: _SHOWN.get(name.lower(), printable)(value)
        for name, value in answer.headers.items()
        if name.lower() in _TOLD
    }
    body = printable(answer.body[: 4 * _BODY].decode("utf-8", "replace"), _BODY)
    return kind(answer.status, answer.reason, headers, body)


def request(asked: Request) -> RequestSeen:
    """Return the fact of a request for a WebSocket."""
    headers = asked.headers

    def shown(name: str) -> str | None:
        value = headers.get(name)
        return None if value is None else mask_secrets(value)

    return RequestSeen(
        asked.method, shown("Host"), shown("Origin"), "Upgrade" in headers, shown("Sec-WebSocket-Version")
    )
