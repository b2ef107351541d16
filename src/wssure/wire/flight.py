"""Decode the Certificate and CertificateRequest messages, which a TLS 1.2 server sends unencrypted.

TLS 1.3 encrypts these messages. `decode_certificate_message` also reads the TLS 1.3 form, for callers that have the
keys.
"""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.handshake import CERTIFICATE, CERTIFICATE_REQUEST
from wssure.wire.x509 import decode_name

_CERTIFICATE: Final = "RFC 5246 section 7.4.2"
_REQUEST: Final = "RFC 5246 section 7.4.4"


@frozen
class CertificateRequest:
    """The client certificates that a server accepts.

    Args:
        types: Certificate types, such as 1 for rsa_sign and 64 for ecdsa_sign.
        signature_algorithms: Signature schemes that the server accepts.
        ca_names: Names of the trusted authorities, as text; empty if the server sent none. Not safe to print.

    Source: RFC 5246 section 7.4.4.
    """

    types: tuple[int, ...]
    signature_algorithms: tuple[int, ...]
    ca_names: tuple[str, ...]


def _body(message: bytes, kind: int, name: str, section: str) -> Cursor:
    cursor = Cursor(bytes(message), 0, section)
    if cursor.number(1, "handshake type") != kind:
        raise DecodeError(f"handshake type got {message[0]}, expected {kind} ({name})", 0, section)
    if cursor.number(3, f"length of {name}") != cursor.left:
        raise DecodeError(f"length of {name} got {message[1:4].hex()}, expected {cursor.left:06x}", 1, section)
    return cursor


def decode_certificate_message(message: bytes, *, tls13: bool = False) -> tuple[bytes, ...]:
    """Decode a Certificate message into DER certificates, the peer's own first; empty if it has none.

    Args:
        message: The handshake message with its four-byte header.
        tls13: True for the TLS 1.3 form, with a context before the list and extensions after each entry.

    Raises:
        DecodeError: The message is not a Certificate message, or a length in it is wrong.

    Source: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.
    """
    cursor = _body(message, CERTIFICATE, "Certificate", "RFC 8446 section 4.4.2" if tls13 else _CERTIFICATE)
    if tls13:
        cursor.vector(1, "certificate_request_context")
    entries = Cursor(cursor.vector(3, "certificate_list"), cursor.offset, cursor.section)
    cursor.finish("certificate_list")
    certificates = []
    while entries.left:
        certificates.append(entries.vector(3, "certificate"))
        if tls13:
            entries.vector(2, "extensions")
    return tuple(certificates)


def decode_certificate_request(message: bytes) -> CertificateRequest:
    """Decode a TLS 1.2 CertificateRequest message.

    Args:
        message: The handshake message with its four-byte header.

    Raises:
        DecodeError: The message is not a CertificateRequest, or a length or a name in it is malformed.

    Source: RFC 5246 section 7.4.4.
    """
    cursor = _body(message, CERTIFICATE_REQUEST, "CertificateRequest", _REQUEST)
    types = tuple(cursor.vector(1, "certificate_types"))
    signatures = cursor.numbers(2, "supported_signature_algorithms")
    names = Cursor(cursor.vector(2, "certificate_authorities"), 0, _REQUEST)
    cursor.finish("certificate_authorities")
    request_fields = []
    while names.left:
        request_fields.append(decode_name(names.vector(2, "DistinguishedName")))
    return CertificateRequest(types, signatures, tuple(request_fields))
