"""Reassemble TLS handshake messages from the payloads of handshake records (RFC 8446 section 5.1)."""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError

# Handshake types. Source: RFC 8446 section 4 and RFC 5246 section 7.4.
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
CERTIFICATE: Final = 11
CERTIFICATE_REQUEST: Final = 13
HEADER: Final = 4
# A limit of this module: the longest real message is a certificate chain, and 256 KiB is room for a hundred
# certificates.
MAX_MESSAGE: Final = 2**18
_SECTION: Final = "RFC 8446 section 4"


@frozen
class HandshakeMessage:
    """One TLS handshake message.

    Args:
        type: Handshake type; 1 is client_hello.
        body: The message without its four-byte header.
        raw: Header and body.
        span: Half-open byte range in the stream. If the message is fragmented over records, the range includes their
            headers.
        pieces: The origin of each part, one per record: (offset in `raw`, offset in the stream).

    Source: RFC 8446 section 4.
    """

    type: int
    body: bytes
    raw: bytes
    span: tuple[int, int]
    pieces: tuple[tuple[int, int], ...] = ()


class HandshakeReader:
    """Reassembles handshake messages from record payloads.

    Args:
        max_size: Longest message body accepted, in bytes.

    Source: RFC 8446 section 5.1: "Handshake messages MAY be coalesced into a single TLSPlaintext record or fragmented
    across several records".
    """

    __slots__ = ("_buffer", "_flow_end", "_max_size", "_pieces")

    def __init__(self, max_size: int = MAX_MESSAGE) -> None:
        self._buffer = bytearray()
        self._pieces: list[tuple[int, int]] = []
        self._flow_end = 0
        self._max_size = max_size

    @property
    def pending(self) -> int:
        """Number of buffered bytes of an incomplete message."""
        return len(self._buffer)

    def feed(self, payload: bytes, base: int = 0) -> list[HandshakeMessage]:
        """Take the payload of the next handshake record and return the messages it completes.

        Args:
            payload: The payload of the record.
            base: Offset of the payload in the stream.

        Raises:
            DecodeError: The length of a message is above the limit.
        """
        self._pieces.append((len(self._buffer), base))
        self._buffer += payload
        self._flow_end = base + len(payload)
        messages: list[HandshakeMessage] = []
        while len(self._buffer) >= HEADER:
            size = HEADER + int.from_bytes(self._buffer[1:HEADER], "big")
            if size - HEADER > self._max_size:
                what = f"handshake message length got {size - HEADER}, expected at most {self._max_size}"
                raise DecodeError(what, self._pieces[0][1] + 1, _SECTION)
            if len(self._buffer) < size:
                break
            messages.append(self._cut(size))
        return messages

    def _cut(self, size: int) -> HandshakeMessage:
        """Remove the first `size` bytes as one message and adjust the offsets of the rest."""
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        pieces = tuple(piece for piece in self._pieces if piece[0] < size)
        later = [(at - size, flow) for at, flow in self._pieces if at >= size]
        last_at, last_flow = pieces[-1]
        end = last_flow + size - last_at
        if self._buffer and not (later and later[0][0] == 0):
            later.insert(0, (0, end))
        self._pieces = later
        return HandshakeMessage(raw[0], raw[HEADER:], raw, (pieces[0][1], end), pieces)
