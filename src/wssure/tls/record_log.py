"""Read the TLS records of one direction passively, until encryption begins.

The record log never fails and draws no conclusions: bytes that are not TLS end it, and `garbage` holds them. From the first
encrypted record on only plaintext alerts are read: an OpenSSL client that rejects a TLS 1.3 certificate still sends its
alert as `15 03 03 00 02 02 30`, though its peer already encrypts.

Most handshakes succeed, and then the records after the hello are not needed. So a log is lazy from the first
handshake message on: it keeps the bytes, and reads them only for `catch_up()` or when they may hold an alert.
"""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.alert import Alert, decode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import SERVER_HELLO, HandshakeMessage, HandshakeReader
from wssure.wire.hello import ServerHello, decode_server_hello
from wssure.wire.record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Record, RecordReader

_HEADER: Final = 5
# The first bytes of every plaintext alert: record type 21, major version 3.
_ALERT_HEADER: Final = b"\x15\x03"
_TLS13: Final = 0x0304
_MAX_BACKLOG: Final = 64


@frozen
class Ciphered:
    """A record that cannot be read; `type` 21 is an alert under TLS 1.2 keys."""

    type: int


LogItem = HandshakeMessage | Alert | Ciphered


class ServerAnswer:
    """The last ServerHello or HelloRetryRequest either direction showed.

    Attributes:
        message: It, undecoded; None before it came.
    """

    __slots__ = ("_asked", "_hello", "_tls13", "message")

    def __init__(self) -> None:
        self.message: HandshakeMessage | None = None
        self._asked: HandshakeMessage | None = None
        self._hello: ServerHello | None = None
        self._tls13: bool | None = None

    @property
    def tls13(self) -> bool | None:
        """Whether the server chose TLS 1.3; None if it did not answer yet or its hello cannot be read.

        In TLS 1.3 a change_cipher_spec means nothing (RFC 8446 section 5: one "MUST simply drop it"), in TLS 1.2 all
        that follows it is encrypted. Asked only if that matters, because the answer costs the decoding of a hello.
        """
        self.hello()
        return self._tls13

    def hello(self) -> ServerHello | None:
        """Decode the message; None if it did not come or cannot be read."""
        # Each record after a change_cipher_spec asks: a hello of 64 KiB is decoded and searched once, not once a record.
        if self._asked is not self.message:
            self._asked = self.message
            self._hello = _decode_hello(self.message)
            self._tls13 = None if self._hello is None else self._hello.version >= _TLS13
        return self._hello


def _decode_hello(message: HandshakeMessage | None) -> ServerHello | None:
    if message is None:
        return None
    try:
        return decode_server_hello(message.raw)
    except DecodeError:
        return None


class RecordLog:
    """Reads one direction of a connection.

    Args:
        answer: The server's answer, shared with the log of the other direction.

    Attributes:
        count: Bytes seen.
        garbage: The first bytes, if they are not TLS; else empty.
        lazy: Whether reading may wait; False if the result is needed at once (by the guard, for a client's output).
        partial: True while a handshake message or record has begun and not ended.
    """

    __slots__ = (
        "_answer",
        "_backlog",
        "_dead",
        "_handshakes",
        "_hidden",
        "_met",
        "_records",
        "_switched",
        "count",
        "garbage",
        "lazy",
    )

    def __init__(self, answer: ServerAnswer | None = None) -> None:
        self._answer = ServerAnswer() if answer is None else answer
        self._records = RecordReader()
        self._handshakes = HandshakeReader()
        self._hidden = False
        self._switched = False
        self._dead = False
        self._met = False
        self._backlog: list[bytes] = []
        self.lazy = True
        self.count = 0
        self.garbage = b""

    @property
    def partial(self) -> bool:
        """Whether a record or handshake message has begun and not ended."""
        return bool(self._records.pending or (self._handshakes.pending and not self._hidden))

    @property
    def damaged(self) -> bool:
        """Whether something came that is no TLS, so that messages after it were missed."""
        return self._dead

    @property
    def readable(self) -> bool:
        """Whether handshake messages can still be read: it is TLS, and nothing encrypted came yet."""
        return not self._dead and not self._hidden

    def feed(self, data: bytes | bytearray | memoryview) -> list[LogItem]:
        """Take the next bytes of this direction and return the items read; a lazy log may return none yet."""
        self.count += len(data)
        piece = bytes(data)
        if self._met or not self.lazy:
            return self._later(piece)
        # Only the first record at first: the rest of the flight with a server's hello can wait.
        whole = len(piece) >= _HEADER and not self._records.pending
        stop = _HEADER + (piece[3] << 8 | piece[4]) if whole else len(piece)
        items = self._parse(piece[:stop])
        return items + self._later(piece[stop:]) if len(piece) > stop else items

    def _later(self, piece: bytes) -> list[LogItem]:
        """Keep a piece for later, unless it is wanted now."""
        self._backlog.append(piece)
        if self.lazy and self._met and _ALERT_HEADER not in piece and len(self._backlog) < _MAX_BACKLOG:
            return []
        return self.catch_up()

    def catch_up(self) -> list[LogItem]:
        """Read the kept bytes and return the items that they complete."""
        if not self._backlog:
            return []
        data = b"".join(self._backlog)
        self._backlog.clear()
        return self._parse(data)

    def _parse(self, data: bytes) -> list[LogItem]:
        if self._dead:
            return []
        first = self._records.pending == 0
        try:
            records = self._records.feed(data)
        except DecodeError:
            records = []
        error = self._records.error
        if error is not None:
            self._dead = True
            if error.offset < _HEADER:
                # Not even the first record: this is another protocol, not damaged TLS.
                self.garbage = self._records.rest or (data if first else b"")
        items: list[LogItem] = []
        for record in records:
            try:
                self._read(record, items)
            except DecodeError:
                self._dead = True
                break
        return items

    def _read(self, record: Record, items: list[LogItem]) -> None:
        """Sort one record."""
        kind = record.type
        if kind == ALERT:
            if len(record.payload) == 2:
                items.append(decode_alert(record.payload))
            else:
                items.append(Ciphered(ALERT))
        elif kind == CHANGE_CIPHER_SPEC:
            self._switched = True
        elif kind == APPLICATION_DATA:
            self._hide(items, kind)
        elif kind == HANDSHAKE and not self._hidden:
            if self._switched and self._answer.tls13 is False:
                self._hide(items, kind)
                return
            messages = self._handshakes.feed(record.payload, record.payload_offset)
            for message in messages:
                self._met = True
                items.append(message)
                if message.type == SERVER_HELLO:
                    self._answer.message = message

    def _hide(self, items: list[LogItem], kind: int) -> None:
        """Note once that from here on records are encrypted."""
        if not self._hidden:
            self._hidden = True
            items.append(Ciphered(kind))
