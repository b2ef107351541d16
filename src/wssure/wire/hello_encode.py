"""Encode a ClientHello: change fields of an existing one, pad it to a size, split it into records.

Experiments send these hellos to observe the server's first answer. They never complete a handshake.
"""

from collections.abc import Sequence
from typing import Final

from wssure.wire.handshake import CLIENT_HELLO
from wssure.wire.hello import ClientHello, decode_client_hello
from wssure.wire.record import HANDSHAKE

# RFC 7685 section 4: the number of the padding extension.
PADDING: Final = 21
_PRE_SHARED_KEY: Final = 41
# RFC 8446 section 5.1: "MUST be set to 0x0303 ... other than an initial ClientHello ..., where it MAY also be 0x0301".
_RECORD_VERSION: Final = 0x0301


def _vector(length_size: int, data: bytes) -> bytes:
    return len(data).to_bytes(length_size, "big") + data


def encode_client_hello(
    like: ClientHello,
    *,
    legacy_version: int | None = None,
    cipher_suites: Sequence[int] | None = None,
    extensions: Sequence[tuple[int, bytes]] | None = None,
) -> bytes:
    """Encode a ClientHello as a handshake message with its four-byte header.

    Args:
        like: The hello that supplies every field not given here.
        legacy_version: Such as 0x0303.
        cipher_suites: Numbers in order of preference.
        extensions: Numbers and contents, in order; an empty sequence omits the extensions block.

    Source: RFC 8446 section 4.1.2.
    """
    version = like.legacy_version if legacy_version is None else legacy_version
    suites = like.cipher_suites if cipher_suites is None else cipher_suites
    pairs = [(extension.id, extension.data) for extension in like.extensions] if extensions is None else extensions
    body = version.to_bytes(2, "big") + like.random + _vector(1, like.session_id)
    body += _vector(2, b"".join(number.to_bytes(2, "big") for number in suites))
    body += _vector(1, like.compression_methods)
    if pairs:
        body += _vector(2, b"".join(number.to_bytes(2, "big") + _vector(2, data) for number, data in pairs))
    return bytes((CLIENT_HELLO,)) + _vector(3, body)


def pad_hello(message: bytes, size: int) -> bytes:
    """Pad a ClientHello message to `size` bytes; unchanged if it is not at least four bytes shorter.

    Args:
        message: The handshake message with its four-byte header.
        size: Wanted length of the whole message in bytes.

    Source: RFC 7685 section 3: "The client MUST fill the padding extension completely with zero bytes".
    """
    hello = decode_client_hello(message)
    pairs = [(extension.id, extension.data) for extension in hello.extensions if extension.id != PADDING]
    # A hello without extensions also gains the length field of the block, two bytes.
    missing = size - len(encode_client_hello(hello, extensions=pairs)) - 4 - (0 if pairs else 2)
    if missing < 0:
        return message
    # RFC 8446 section 4.2.11: pre_shared_key "MUST be the last extension in the ClientHello".
    at = len(pairs) - 1 if pairs and pairs[-1][0] == _PRE_SHARED_KEY else len(pairs)
    return encode_client_hello(hello, extensions=[*pairs[:at], (PADDING, bytes(missing)), *pairs[at:]])


def records(message: bytes, *cuts: int) -> bytes:
    """Split a handshake message into TLS records.

    Args:
        message: The message with its header; at most 16384 bytes per record.
        cuts: Offsets of the first bytes of new records, ascending.

    Source: RFC 8446 section 5.1: "Handshake messages MAY be coalesced into a single TLSPlaintext record or fragmented".
    """
    edges = [0, *cuts, len(message)]
    head = bytes((HANDSHAKE,)) + _RECORD_VERSION.to_bytes(2, "big")
    return b"".join(head + _vector(2, message[edges[n] : edges[n + 1]]) for n in range(len(edges) - 1))


def numbers_data(numbers: Sequence[int], length_size: int = 2) -> bytes:
    """Encode the contents of an extension with two-byte numbers: groups, signature schemes or versions.

    Args:
        numbers: In order of preference.
        length_size: Size of the length prefix in bytes: 1 for supported_versions, else 2.

    Source: RFC 8446 sections 4.2.1, 4.2.3 and 4.2.7.
    """
    return _vector(length_size, b"".join(number.to_bytes(2, "big") for number in numbers))


def alpn_data(names: Sequence[bytes]) -> bytes:
    """Encode the contents of an application_layer_protocol_negotiation extension.

    Source: RFC 7301 section 3.1.
    """
    return _vector(2, b"".join(_vector(1, name) for name in names))
