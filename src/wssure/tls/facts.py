"""Turn decoded TLS messages into facts: a hello, a certificate, an alert."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from wssure.errors import UsageError
from wssure.facts import (
    AlertSeen,
    AnchorSeen,
    CertificateRequested,
    CertificateSeen,
    ClientHelloSeen,
    Direction,
    NameCheck,
    ServerHelloSeen,
    TlsDone,
    TlsSettingsUsed,
)
from wssure.name import DnsName, IpName
from wssure.text import printable
from wssure.tls.trust import load_anchors
from wssure.tls.verify import presented_names
from wssure.wire.decode import DecodeError
from wssure.wire.facts import client_hello
from wssure.wire.flight import decode_certificate_request
from wssure.wire.hello import decode_client_hello, decode_server_hello
from wssure.wire.iana import alert_name, cipher_name, group_name, version_name
from wssure.wire.x509 import decode_certificate

if TYPE_CHECKING:
    from wssure.tls.contract import EngineInfo
    from wssure.tls.settings import Material, TLSSettings


# RFC 1035 section 2.3.4: a DNS name as text.
_MAX_NAME: Final = 253
_MAX_NAMES: Final = 100


def format_name(name: str | None) -> str | None:
    """Return a server name that is safe to print, not cut if it is no longer than DNS allows."""
    return None if name is None else printable(name, _MAX_NAME)


def alert(
    direction: Direction,
    number: int | None,
    *,
    level: int = 2,
    encrypted: bool | None = False,
    after_done: bool = False,
) -> AlertSeen:
    """Return the fact of an alert.

    Args:
        direction: `sent` or `received`.
        number: The description; None if the alert was encrypted and cannot be read.
        level: 1 is a warning, 2 is fatal.
        encrypted: Whether it was sent encrypted; None if that is not known.
        after_done: Whether our side had finished the handshake.
    """
    name = None if number is None else alert_name(number)
    return AlertSeen(direction, "warning" if level == 1 else "fatal", number, name, encrypted, after_done)


def server_hello(message: bytes) -> ServerHelloSeen:
    """Return the fact of a ServerHello; one that cannot be decoded has only the reason.

    Args:
        message: The handshake message with its header.
    """
    try:
        hello = decode_server_hello(message)
    except DecodeError as error:
        return ServerHelloSeen(None, error=str(error))
    return ServerHelloSeen(
        version_name(hello.version),
        cipher_name(hello.cipher_suite),
        None if hello.group is None else group_name(hello.group),
        hello.is_hello_retry_request,
        downgraded=hello.downgraded or None,
    )


def certificate(der: bytes, depth: int) -> CertificateSeen:
    """Return the fact of a certificate; one that cannot be decoded has only depth, hash and the reason."""
    sha256 = hashlib.sha256(der).hexdigest()
    try:
        seen = decode_certificate(der)
    except DecodeError as error:
        return CertificateSeen(depth, sha256=sha256, error=str(error))
    return CertificateSeen(
        depth,
        seen.subject,
        seen.issuer,
        seen.dns_names,
        seen.ip_addresses,
        seen.not_before.isoformat(),
        seen.not_after.isoformat(),
        seen.self_issued,
        seen.is_ca,
        seen.has_san,
        seen.eku,
        seen.key,
        seen.signature,
        sha256,
        seen.aia_issuers,
        seen.aia_ocsp,
    )


def anchor(ca: Material | None, chain: tuple[bytes, ...]) -> Iterator[AnchorSeen]:
    """Yield the fact of the trust anchor that issued the last certificate of a chain; nothing if it cannot be found.

    Args:
        ca: The trust anchors of the settings.
        chain: DER of the certificates that came, the peer's own first.
    """
    try:
        wanted = decode_certificate(chain[-1]).issuer
        anchors = load_anchors(ca)
        if anchors.file is not None:
            anchors = load_anchors(anchors.file)
        for der in anchors.certificates:
            seen = decode_certificate(der)
            if seen.subject == wanted:
                dates = seen.not_before.isoformat(), seen.not_after.isoformat()
                yield AnchorSeen(len(chain), seen.subject, *dates, seen.key, seen.signature)
                return
    except (DecodeError, UsageError):
        return  # the defect is reported without it


def peer_hello(message: bytes) -> Iterator[ClientHelloSeen]:
    """Yield the fact of a ClientHello that came from a server; nothing if it cannot be decoded.

    Args:
        message: The handshake message with its header.
    """
    try:
        yield client_hello(decode_client_hello(message), "received")
    except DecodeError:
        return


def done(info: EngineInfo) -> TlsDone:
    """Return the fact of a finished handshake."""
    return TlsDone(info.version, info.cipher, info.alpn, info.resumed, info.server_name)


def name_check(expected: DnsName | IpName, der: bytes) -> NameCheck:
    """Return the name to prove and those that the certificate (DER) presents."""
    try:
        presented = presented_names(decode_certificate(der))
    except DecodeError:
        presented = []
    return NameCheck(str(expected), tuple(presented))


def certificate_request(message: bytes) -> CertificateRequested:
    """Return the fact of a CertificateRequest; without names if the message cannot be read.

    Args:
        message: A TLS 1.2 CertificateRequest with its header.
    """
    try:
        names = decode_certificate_request(message).ca_names
    except DecodeError:
        names = ()  # the engine reports the malformed message
    return CertificateRequested(names[:_MAX_NAMES])


def settings_used(backend: str, settings: TLSSettings) -> TlsSettingsUsed:
    """Return the fact of the settings in force.

    Args:
        backend: The name of the TLS library.
        settings: The settings in force.
    """
    return TlsSettingsUsed(
        backend,
        settings.verify,
        settings.allow_expired,
        len(settings.pins),
        "system" if settings.ca is None else "given",
        settings.cert is not None,
        settings.min_version,
        settings.max_version,
        settings.offered_alpn,
        settings.strict,
    )
