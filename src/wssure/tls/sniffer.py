"""The passive record reader: cuts one direction's bytes into what is readable, until encryption begins.

It never judges and never fails: bytes that are no TLS end it, and `garbage` says what they were. From the first encrypted
record on only plaintext alerts are read: an OpenSSL client that rejects a TLS 1.3 certificate still sends its alert as
`15 03 03 00 02 02 30`, though its peer already encrypts.
"""

from __future__ import annotations

from dataclasses import dataclass

from wssure.wire.alert import Alert, decode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import HandshakeMessage, HandshakeReader
from wssure.wire.record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Record, RecordReader

__all__ = ["Ciphered", "Seen", "Sniffer"]


@dataclass(frozen=True, slots=True)
class Ciphered:
    """A record that cannot be read; `type` 21 is an alert under TLS 1.2 keys."""

    type: int


Seen = HandshakeMessage | Alert | Ciphered


class Sniffer:
    """Reads one direction of a connection.

    Attributes:
        count: Bytes seen.
        garbage: The first bytes, where they were no TLS; else empty.
        tls13: Set from outside once the version is known. In TLS 1.3 a change_cipher_spec means nothing (RFC 8446 section
            5: it is "simply dropped"), in TLS 1.2 everything after it is encrypted.
        partial: True while a handshake message or record has begun and not ended.
    """

    __slots__ = ("_dead", "_handshakes", "_hidden", "_records", "_switched", "count", "garbage", "tls13")

    def __init__(self) -> None:
        self._records = RecordReader()
        self._handshakes = HandshakeReader()
        self._hidden = False
        self._switched = False
        self._dead = False
        self.count = 0
        self.garbage = b""
        self.tls13: bool | None = None

    @property
    def partial(self) -> bool:
        """Whether a record or handshake message has begun and not ended."""
        return bool(self._records.pending or (self._handshakes.pending and not self._hidden))

    @property
    def readable(self) -> bool:
        """Whether handshake messages can still be read: it is TLS, and nothing encrypted came yet."""
        return not self._dead and not self._hidden

    def feed(self, data: bytes | bytearray | memoryview) -> list[Seen]:
        """Take the next bytes of this direction and return what they complete."""
        first = not self.count
        self.count += len(data)
        if self._dead:
            return []
        try:
            records = self._records.feed(data)
        except DecodeError:
            records = []
        if self._records.error is not None:
            self._dead = True
            if self._records.error.offset < 5:
                # Not even the first record: this is another protocol, not damaged TLS.
                self.garbage = bytes(self._records.rest or (data if first else b""))
        seen: list[Seen] = []
        for record in records:
            try:
                self._read(record, seen)
            except DecodeError:
                self._dead = True
                break
        return seen

    def _read(self, record: Record, seen: list[Seen]) -> None:
        """Sort one record."""
        kind = record.type
        if kind == ALERT:
            if len(record.payload) == 2:
                seen.append(decode_alert(record.payload))
            else:
                seen.append(Ciphered(ALERT))
        elif kind == CHANGE_CIPHER_SPEC:
            self._switched = True
        elif kind == APPLICATION_DATA:
            self._hide(seen, kind)
        elif kind == HANDSHAKE and not self._hidden:
            if self._switched and self.tls13 is False:
                self._hide(seen, kind)
                return
            seen.extend(self._handshakes.feed(record.payload, record.payload_offset))

    def _hide(self, seen: list[Seen], kind: int) -> None:
        """Note once that from here on records are encrypted."""
        if not self._hidden:
            self._hidden = True
            seen.append(Ciphered(kind))
