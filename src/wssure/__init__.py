"""WebSocket over TLS for asyncio: the correct server name by construction, and an explanation for every failure."""

if __file__.endswith("/src/wssure/__init__.py"):
    # A source checkout. The check comes first, because a compiled module that is out of date may fail to import.
    from wssure.checkout import warn_if_stale as _warn_if_stale

    _warn_if_stale(__file__)

from typing import TYPE_CHECKING, Any

from wssure.aio.broadcast import broadcast
from wssure.aio.connect import connect
from wssure.aio.origin import SAME
from wssure.aio.serve import serve
from wssure.aio.server import Server
from wssure.aio.websocket import WebSocket
from wssure.endpoint import Endpoint
from wssure.errors import (
    CertificateFailed,
    ConcurrencyError,
    ConnectFailed,
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    ConnectTimedOut,
    DialFailed,
    DialRefused,
    DialTimedOut,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    ListenFailed,
    ProtocolViolation,
    ProxyFailed,
    ProxyTimedOut,
    ResolveFailed,
    ResolveTimedOut,
    TLSFailed,
    TLSTimedOut,
    UpgradeFailed,
    UpgradeTimedOut,
    UsageError,
    WssError,
)
from wssure.evidence import Alternative, Attempt, Confidence, Fact, Failure, Fault, Phase, Stage
from wssure.protocol.state import State
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.http_message import Headers, HttpLimits, Request, Response

if TYPE_CHECKING:
    from wssure import diagnose as diagnose
    from wssure.tools.probe import investigate

__all__ = [
    # functions and classes for connecting and serving
    "connect",
    "investigate",
    "serve",
    "broadcast",
    "WebSocket",
    "State",
    "Server",
    "Endpoint",
    "TLSSettings",
    "Site",
    "SAME",
    "Headers",
    "HttpLimits",
    "Request",
    "Response",
    # exceptions
    "WssError",
    "UsageError",
    "ConcurrencyError",
    "ListenFailed",
    "InvalidURI",
    "ConnectFailed",
    "ConnectTimedOut",
    "ResolveFailed",
    "ResolveTimedOut",
    "DialFailed",
    "DialRefused",
    "DialTimedOut",
    "ProxyFailed",
    "ProxyTimedOut",
    "TLSFailed",
    "TLSTimedOut",
    "CertificateFailed",
    "UpgradeFailed",
    "UpgradeTimedOut",
    "InvalidHandshake",
    "InvalidStatus",
    "ConnectionClosed",
    "ConnectionClosedOK",
    "ConnectionClosedError",
    "ProtocolViolation",
    # values of an explanation
    "Failure",
    "Fact",
    "Stage",
    "Fault",
    "Confidence",
    "Alternative",
    "Attempt",
    "Phase",
]


def __getattr__(name: str) -> Any:
    """Load on first use the names that opening a connection does not need."""
    if name == "investigate":
        from wssure.tools.probe import investigate

        return investigate
    if name == "diagnose":
        import wssure.diagnose

        return wssure.diagnose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
