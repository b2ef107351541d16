"""What is decoded of a TLS handshake, made into facts: a hello, a certificate, an alert."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from wssure.endpoint import DnsName, IpName, printable
from wssure.facts import (
    AlertSeen,
    CertificateRequested,
    CertificateSeen,
    Direction,
    NameCheck,
    ServerHelloSeen,
    TlsDone,
)
from wssure.tls.verify import presented_names
from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.hello import decode_server_hello
from wssure.wire.iana import alert_name, cipher_name, group_name, version_name
from wssure.wire.x509 import decode_certificate, decode_name

if TYPE_CHECKING:
    from wssure.tls.contract import EngineInfo

__all__ = [
    "alert",
    "certificate",
    "certificate_messages",
    "certificate_request",
    "done",
    "name_check",
    "server_hello",
    "shown_name",
]

# RFC 1035 section 2.3.4: a DNS name as text.
_MAX_NAME: Final = 253
_MAX_NAMES: Final = 100


def shown_name(name: str | None) -> str | None:
    """Return a server name that is safe to print, not cut where it is no longer than DNS allows."""
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


def certificate_messages(body: bytes) -> tuple[bytes, ...]:
    """Return the certificates (DER) of a TLS 1.2 Certificate message; empty where it cannot be read.

    Args:
        body: The message without its header.

    Source: RFC 5246 section 7.4.2.
    """
    found = []
    try:
        chain = Cursor(Cursor(body).vector(3, "certificate_list"))
        while chain.left:
            found.append(chain.vector(3, "certificate"))
    except DecodeError:
        return ()
    return tuple(found)


def certificate_request(body: bytes) -> CertificateRequested:
    """Return the fact of a CertificateRequest.

    Args:
        body: A TLS 1.2 CertificateRequest without its header.

    Source: RFC 5246 section 7.4.4.
    """
    names: list[str] = []
    try:
        cursor = Cursor(body)
        cursor.vector(1, "certificate_types")
        cursor.vector(2, "supported_signature_algorithms")
        authorities = Cursor(cursor.vector(2, "certificate_authorities"))
        while authorities.left and len(names) < _MAX_NAMES:
            names.append(decode_name(authorities.vector(2, "name")))
    except DecodeError:
        pass  # What could be read is kept; the engine judges the rest.
    return CertificateRequested(tuple(names))
