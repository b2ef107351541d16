"""The public names of the opening handshake, for both roles."""

from __future__ import annotations

from wssure.protocol.client_handshake import Accepted, ClientHandshake, UpgradeRejected
from wssure.protocol.handshake_rule import accept_value
from wssure.protocol.server_handshake import Refusal, ServerHandshake

__all__ = ["Accepted", "ClientHandshake", "Refusal", "ServerHandshake", "UpgradeRejected", "accept_value"]
