"""TLS handshake messages: cut out of the payloads of handshake records, over which they may be spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wssure.wire.decode import DecodeError

__all__ = ["CERTIFICATE", "CERTIFICATE_REQUEST", "CLIENT_HELLO", "SERVER_HELLO", "HandshakeMessage", "HandshakeReader"]

# Handshake types. Source: RFC 8446 section 4 and RFC 5246 section 7.4.
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
CERTIFICATE: Final = 11
CERTIFICATE_REQUEST: Final = 13
HEADER: Final = 4
# A bound of ours: the longest honest message is a certificate chain, and 256 KiB hold a hundred certificates.
MAX_MESSAGE: Final = 2**18
_SECTION: Final = "RFC 8446 section 4"


@dataclass(frozen=True, slots=True)
class HandshakeMessage:
    """One handshake message.

    Args:
        type: Handshake type; 1 is client_hello.
        body: What follows the four-byte header.
        raw: Header and body.
        span: Half-open byte range in the flow. Where the message is spread over records it covers their headers too.
        pieces: Where its parts came from: (offset in `raw`, offset in the flow), one per record.

    Source: RFC 8446 section 4.
    """

    type: int
    body: bytes
    raw: bytes
    span: tuple[int, int]
    pieces: tuple[tuple[int, int], ...] = ()


class HandshakeReader:
    """Puts handshake messages together again.

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
        """How many bytes wait for the rest of their message."""
        return len(self._buffer)

    def feed(self, payload: bytes, base: int = 0) -> list[HandshakeMessage]:
        """Take the payload of the next handshake record and return the messages it completes.

        Args:
            payload: The record's payload.
            base: Where in the flow the payload begins.

        Raises:
            DecodeError: A message claims to be longer than the limit.
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
        """Take the first `size` bytes as one message and re-base what is left."""
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
