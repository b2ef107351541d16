"""Decoded values made into the values of facts: what is shown of a hello, a certificate, an alert."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from wssure.endpoint import DnsName, IpName, printable
from wssure.tls.verify import presented_names
from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.hello import ClientHello, decode_server_hello
from wssure.wire.iana import alert_name, cipher_name, group_name, version_name
from wssure.wire.x509 import decode_certificate, decode_name

if TYPE_CHECKING:
    from wssure.tls.contract import EngineInfo

__all__ = [
    "alert_value",
    "ca_names",
    "certificate_messages",
    "certificate_value",
    "client_hello_value",
    "done_value",
    "first_bytes_value",
    "name_check_value",
    "server_hello_value",
    "shown_name",
]

MAX_FIRST_BYTES: Final = 64
# RFC 1035 section 2.3.4: a DNS name as text.
_MAX_NAME: Final = 253
_MAX_NAMES: Final = 100
_LEVELS: Final = {1: "warning", 2: "fatal"}


def shown_name(name: str | None) -> str | None:
    """Return a server name that is safe to print, not cut where it is no longer than DNS allows."""
    return None if name is None else printable(name, _MAX_NAME)


def alert_value(
    direction: str, number: int | None, *, level: int = 2, encrypted: bool | None = False, after_done: bool = False
) -> dict[str, Any]:
    """Return the value of a `tls.alert` fact.

    Args:
        direction: `sent` or `received`.
        number: The description; None where the alert was encrypted and cannot be read.
        level: 1 is a warning, 2 is fatal.
        encrypted: Whether it went under keys; None where that is not known.
        after_done: Whether our side took the handshake for finished.
    """
    return {
        "direction": direction,
        "level": _LEVELS.get(level, "fatal"),
        "number": number,
        "name": None if number is None else alert_name(number),
        "encrypted": encrypted,
        "after_done": after_done,
    }


def client_hello_value(hello: ClientHello, direction: str, *, second: bool = False) -> dict[str, Any]:
    """Return the value of a `tls.client_hello` fact; `second` after a HelloRetryRequest."""
    name, raw = hello.server_name, hello.server_name_bytes
    return {
        "direction": direction,
        "server_name": shown_name(name),
        "server_name_hex": None if raw is None else raw.hex(),
        "versions": [version_name(number) for number in hello.supported_versions],
        "alpn": [printable(protocol) for protocol in hello.alpn],
        "ciphers": len(hello.cipher_suites),
        "bytes": len(hello.raw),
        "second": second,
    }


def server_hello_value(message: bytes) -> dict[str, Any]:
    """Return the value of a `tls.server_hello` fact.

    Args:
        message: The handshake message with its header; one that cannot be read has the reason as its value.
    """
    try:
        hello = decode_server_hello(message)
    except DecodeError as error:
        return {"version": None, "cipher": None, "group": None, "hello_retry": False, "error": str(error)}
    return {
        "version": version_name(hello.version),
        "cipher": cipher_name(hello.cipher_suite),
        "group": None if hello.group is None else group_name(hello.group),
        "hello_retry": hello.is_hello_retry_request,
    }


def certificate_value(der: bytes, depth: int) -> dict[str, Any]:
    """Return the value of a `tls.certificate` fact; what cannot be decoded has only depth, hash and the reason."""
    sha256 = hashlib.sha256(der).hexdigest()
    try:
        certificate = decode_certificate(der)
    except DecodeError as error:
        return {"depth": depth, "sha256": sha256, "error": str(error)}
    return {
        "depth": depth,
        "subject": printable(certificate.subject),
        "issuer": printable(certificate.issuer),
        "dns_names": [printable(name) for name in certificate.dns_names[:_MAX_NAMES]],
        "ip_addresses": [printable(address) for address in certificate.ip_addresses[:_MAX_NAMES]],
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "self_issued": certificate.self_issued,
        "is_ca": certificate.is_ca,
        "has_san": certificate.has_san,
        "eku": [printable(name) for name in certificate.eku],
        "key": printable(certificate.key),
        "signature": printable(certificate.signature),
        "sha256": sha256,
        "aia_issuers": [printable(url) for url in certificate.aia_issuers[:_MAX_NAMES]],
        "aia_ocsp": [printable(url) for url in certificate.aia_ocsp[:_MAX_NAMES]],
    }


def done_value(info: EngineInfo) -> dict[str, Any]:
    """Return the value of a `tls.done` fact."""
    return {
        "version": info.version,
        "cipher": info.cipher,
        "alpn": None if info.alpn is None else printable(info.alpn),
        "resumed": info.resumed,
        "server_name": shown_name(info.server_name),
    }


def first_bytes_value(data: bytes) -> dict[str, Any]:
    """Return the value of a `tls.first_bytes` or `http.first_bytes` fact."""
    shown = data[:MAX_FIRST_BYTES]
    return {"hex": shown.hex(), "text": printable(shown.decode("latin-1"))}


def name_check_value(expected: DnsName | IpName, der: bytes) -> dict[str, Any]:
    """Return the value of a `tls.name_check` fact: the name to prove and those the certificate (DER) presents."""
    try:
        presented = presented_names(decode_certificate(der))
    except DecodeError:
        presented = []
    return {"expected": str(expected), "presented": presented[:_MAX_NAMES]}


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


def ca_names(body: bytes) -> dict[str, Any]:
    """Return the value of a `tls.certificate_request` fact.

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
            names.append(printable(decode_name(authorities.vector(2, "name"))))
    except DecodeError:
        pass  # What could be read is shown; the engine judges the rest.
    return {"ca_names": names}
