"""WebSocket over TLS that is fast, right by construction, and explains itself when it fails."""

from wssure.endpoint import Endpoint

__all__ = ["Endpoint"]
