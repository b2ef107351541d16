"""Common rules of both sides of an opening handshake: the accept value, and the headers that a caller may add."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from wssure.errors import usage_error
from wssure.text import printable
from wssure.wire.http_message import bad_character, is_token

# RFC 6455 section 1.3.
GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION: Final = "13"
# Headers that the handshake itself writes; a header of the caller with the same name would contradict them.
OURS: Final = frozenset(
    {
        "connection",
        "upgrade",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "content-length",
        "transfer-encoding",
    }
)

# The shortest common token is a key of 32 hex digits; common subprotocols are shorter.
_TOKEN_LENGTH: Final = 32


def accept_value(key: str) -> str:
    """Compute the Sec-WebSocket-Accept value for a Sec-WebSocket-Key.

    Source: RFC 6455 section 4.2.2.
    """
    # The RFC requires SHA-1; it has no security purpose here.
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID, usedforsecurity=False).digest()).decode()


def basic_authorization(userinfo: tuple[str, str]) -> str:
    """Return the value of Authorization for user and password (RFC 7617 section 2.1, with UTF-8 as servers expect today)."""
    return "Basic " + base64.b64encode(":".join(userinfo).encode()).decode("ascii")


def check_subprotocols(offered: Sequence[str] | None) -> tuple[str, ...]:
    """Return subprotocols as a tuple; None is none.

    Raises:
        UsageError: They are no list of distinct tokens (RFC 6455 section 4.1).
    """
    if isinstance(offered, (str, bytes)):
        raise usage_error(
            "subprotocols", "subprotocols got one text, expected a list", "write subprotocols=[...] around it"
        )
    subprotocols = tuple(offered or ())
    for number, name in enumerate(subprotocols, 1):
        if not isinstance(name, str) or not is_token(name):
            # The name is not quoted: clients pass access tokens as subprotocols.
            what = "an empty name" if name == "" else bad_character(name)
            raise usage_error(
                "subprotocols",
                f"subprotocols got {what} as number {number}, expected letters, digits and !#$%&'*+-.^_`|~",
                "correct the subprotocol's name",
            )
    if len(set(subprotocols)) != len(subprotocols):
        raise usage_error("subprotocols", "subprotocols got a name twice", "name each subprotocol once")
    return subprotocols


def format_subprotocols(names: str) -> str:
    """Quote a list of subprotocols. Long ones are only counted, because clients pass access tokens as subprotocols."""
    shown = (name if len(name) < _TOKEN_LENGTH else f"(a name of {len(name)} characters)" for name in names.split(", "))
    return printable(", ".join(shown))


def refuse_own_headers(names: Iterable[str]) -> None:
    """Refuse headers that the handshake writes."""
    for name in sorted(OURS.intersection(names)):
        raise usage_error(
            "additional_headers",
            f"additional_headers got {name}, which the handshake writes itself",
            "use subprotocols= and compression= for what they say, and leave the header out",
        )
