"""What both sides of an opening handshake share: the accept value, and what a caller may add."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from wssure.endpoint import printable
from wssure.errors import usage_error
from wssure.wire.http import is_token

__all__ = ["VERSION", "accept_value", "check_subprotocols", "refuse_ours"]

# RFC 6455 section 1.3.
GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION: Final = "13"
# What the handshake itself writes; a caller's header of that name would contradict it.
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


def accept_value(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.

    Source: RFC 6455 section 4.2.2.
    """
    # SHA-1 is what the RFC prescribes; it protects nothing here.
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID, usedforsecurity=False).digest()).decode()


def check_subprotocols(subprotocols: Sequence[str]) -> None:
    """Refuse what is no list of distinct tokens (RFC 6455 section 4.1)."""
    if isinstance(subprotocols, str):
        raise usage_error(
            "subprotocols", "subprotocols got one str, expected a list", f"write subprotocols=[{subprotocols!r}]"
        )
    for name in subprotocols:
        if not isinstance(name, str) or not is_token(name):
            raise usage_error(
                "subprotocols",
                f"subprotocols got {printable(repr(name))}, expected letters, digits and !#$%&'*+-.^_`|~",
                "correct the subprotocol's name",
            )
    if len(set(subprotocols)) != len(subprotocols):
        raise usage_error("subprotocols", "subprotocols got a name twice", "name each subprotocol once")


def refuse_ours(given: Iterable[str]) -> None:
    """Refuse headers that the handshake writes."""
    for name in sorted(OURS.intersection(given)):
        raise usage_error(
            "additional_headers",
            f"additional_headers got {name}, which the handshake writes itself",
            "use subprotocols= and compression= for what they say, and leave the header out",
        )
