"""The proof that a peer was verified: no handshake succeeds without it.

`DONE` from an engine is not enough. `EngineInfo.verified` says how the library verified the peer. It is compared with the
settings, with the session that was offered, and with the handshake messages of the record log. A TLS library
that skips a callback is refused, and so is an engine that reports a full handshake as a resumed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wssure.name import DnsName, IpName, ServerName
from wssure.tls.contract import EngineInfo, Verified
from wssure.tls.settings import TLSSettings
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import signed_part

if TYPE_CHECKING:
    from wssure.tls.handshake_log import HandshakeLog


_NOTHING: Final = Verified("nothing")


class NotProven(Exception):
    """The engine did not prove that this connection's peer was verified; the text names the missing part."""


@dataclass(frozen=True, slots=True, repr=False)
class OfferedSession:
    """A session together with the proof of the handshake that made it.

    Args:
        session: The engine's own session object.
        settings: The settings in force at that handshake.
        server_name: The name it was for.
        verified: The proof of that handshake.
    """

    session: object
    settings: TLSSettings
    server_name: ServerName
    verified: Verified

    @classmethod
    def usable(cls, session: object | None, settings: TLSSettings, server_name: ServerName) -> OfferedSession | None:
        """Return a session that was made under the same settings for the same name, else None."""
        if isinstance(session, cls) and (session.settings, session.server_name) == (settings, server_name):
            return session
        return None


def name_to_prove(settings: TLSSettings, server_name: ServerName) -> DnsName | IpName | None:
    """Return the name that the server's certificate must bear; None if the settings check no name."""
    if settings.verify != "full" or settings.pins:
        return None
    return server_name.proves


def client_proof(
    info: EngineInfo, settings: TLSSettings, offered: OfferedSession | None, handshake_log: HandshakeLog
) -> Verified:
    """Return the proof of the server after a finished handshake.

    Args:
        info: The answer of the engine.
        settings: The settings in force.
        offered: The offered session; None for none.
        handshake_log: The messages that the record log read.

    Returns:
        For a resumed session, the proof of the handshake that made the session.

    Raises:
        NotProven: The proof is absent, or contradicts the offer or the messages read.
    """
    if handshake_log.confused():
        # A library that takes such a hello for TLS 1.3 derives keys that anybody can compute (CVE-2026-115490).
        raise NotProven("the server's hello has a legacy_version above TLS 1.2, which TLS 1.3 forbids")
    verified = info.verified or _NOTHING
    demanded = "pins" if settings.pins else "nothing" if settings.verify == "none" else "chain"
    if info.resumed or verified.by == "session":
        verified = _check_resumption(info, verified, offered, handshake_log)
    elif demanded != "nothing":
        _same_certificate(info, verified, handshake_log)
    _demand(demanded, verified)
    return verified


def server_proof(info: EngineInfo, handshake_log: HandshakeLog) -> None:
    """Check the proof of the client after a finished handshake, on a server that demands a client certificate.

    Raises:
        NotProven: The proof is absent, or contradicts the messages read.
    """
    verified = info.verified or _NOTHING
    if info.resumed or verified.by == "session":
        # The ticket was sealed by this site's own configuration, which gives none to a client it did not verify.
        if not info.resumed or verified.by != "session":
            raise NotProven("the engine did not prove that it resumed a session of this site")
        _resumed_on_wire(handshake_log)
        return
    _same_certificate(info, verified, handshake_log)
    _demand("chain", verified)


def _demand(demanded: str, verified: Verified) -> None:
    if demanded not in ("nothing", verified.by):
        raise NotProven(f"the settings demand {demanded!r}, and the engine proved {verified.by!r}")


def _check_resumption(
    info: EngineInfo, verified: Verified, offered: OfferedSession | None, handshake_log: HandshakeLog
) -> Verified:
    if offered is None:
        raise NotProven("the engine resumed a session, and none was offered")
    if not info.resumed or verified.by != "session" or verified.session is not offered.session:
        raise NotProven("the engine did not prove that it resumed the session which was offered")
    _resumed_on_wire(handshake_log)
    certificate = offered.verified.certificate
    if certificate is not None and info.peer_certificate not in (None, certificate):
        raise NotProven("the resumed session shows another certificate than the one that was verified")
    return offered.verified


def _resumed_on_wire(handshake_log: HandshakeLog) -> None:
    if not handshake_log.resumed():
        raise NotProven("the engine resumed a session, and the server's messages show a full handshake")


def _same_certificate(info: EngineInfo, verified: Verified, handshake_log: HandshakeLog) -> None:
    if verified.certificate is None or verified.certificate != info.peer_certificate:
        raise NotProven("the engine did not prove that it verified the certificate of this connection")
    # In TLS 1.2 the certificates are sent in the clear: the engine is compared with the wire.
    if info.version == "TLSv1.2" and not _equal(handshake_log.sent_certificate(), verified.certificate):
        raise NotProven("the engine verified another certificate than the peer sent")


def _equal(sent: bytes | None, verified: bytes) -> bool:
    if sent is None or sent == verified:
        return sent is not None
    # OpenSSL keeps the signed part as it came and writes the frame around it anew, in the shortest form.
    try:
        return signed_part(sent) == signed_part(verified)
    except DecodeError:
        return False
