"""ClientHello and ServerHello: who is asked for, what is offered, what was chosen, each with the bytes it stands in.

Decoding a ClientHello checks its frame and makes an index of its extensions, nothing more: a value is read when somebody
asks for it. Nothing is judged and nothing is lost: unknown numbers, duplicates and GREASE stay where they are. An extension
whose inside is broken reads as empty, and `ClientHello.flaws` says what is wrong with it; so no hello of a peer can make
a property raise.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from wssure.wire import hello_extension as inside
from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.handshake import CLIENT_HELLO, SERVER_HELLO, HandshakeReader
from wssure.wire.iana import extension_name
from wssure.wire.record import CHANGE_CIPHER_SPEC, HANDSHAKE, MAX_PAYLOAD, RecordReader

__all__ = [
    "ClientHello",
    "Extension",
    "ServerHello",
    "decode_client_hello",
    "decode_server_hello",
    "find_client_hello",
    "find_server_hello",
]

_TWO = struct.Struct(">HH").unpack_from
_CLIENT: Final = "RFC 8446 section 4.1.2"
_SERVER: Final = "RFC 8446 section 4.1.3"
# Header (4), legacy_version (2), random (32): where the session id's length stands.
_SESSION_ID: Final = 38
# RFC 8446 section 4.1.3: the SHA-256 of "HelloRetryRequest" in place of the random.
RETRY_RANDOM: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

Pieces = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as it came.

    Args:
        id: Its number.
        data: Its contents, without the four bytes of number and length.
        span: Half-open byte range in the flow, number and length included.

    Source: RFC 8446 section 4.2.
    """

    id: int
    data: bytes
    span: tuple[int, int]

    @property
    def name(self) -> str:
        """Its IANA name, such as `server_name`."""
        return extension_name(self.id)


@dataclass(frozen=True, slots=True)
class ClientHello:
    """One ClientHello.

    Args:
        raw: The handshake message with its four-byte header.
        base: Where in the flow it begins.
        pieces: Where its parts came from, (offset in `raw`, offset in the flow), where it was spread over records.
        marks: Offsets in `raw` at which session id, cipher suites, compression methods end.
        index: Number, first and last-plus-one offset in `raw` of the contents of each extension, in order.

    Source: RFC 8446 section 4.1.2.
    """

    raw: bytes
    base: int
    pieces: Pieces
    marks: tuple[int, int, int]
    index: tuple[tuple[int, int, int], ...]

    def _place(self, start: int, stop: int) -> tuple[int, int]:
        """Turn a range in `raw` into a range in the flow."""
        if not self.pieces:
            return self.base + start, self.base + stop
        return start + self._shift(start), stop + self._shift(max(stop - 1, start))

    def _shift(self, at: int) -> int:
        """Return how much further on in the flow than in `raw` a byte stands."""
        # By bisection: a hello of thousands of extensions may come in as many pieces.
        place = bisect_right(self.pieces, at, key=itemgetter(0))
        if not place:
            return 0
        begins, flow = self.pieces[place - 1]
        return flow - begins

    @property
    def span(self) -> tuple[int, int]:
        """Half-open byte range of the whole message in the flow."""
        return self._place(0, len(self.raw))

    @property
    def field_spans(self) -> dict[str, tuple[int, int]]:
        """Half-open byte ranges of the fields, lengths not included."""
        session_end, ciphers_end, methods_end = self.marks
        ranges = {
            "legacy_version": (4, 6),
            "random": (6, _SESSION_ID),
            "session_id": (_SESSION_ID + 1, session_end),
            "cipher_suites": (session_end + 2, ciphers_end),
            "compression_methods": (ciphers_end + 1, methods_end),
            "extensions": (min(methods_end + 2, len(self.raw)), len(self.raw)),
        }
        return {name: self._place(*where) for name, where in ranges.items()}

    @property
    def legacy_version(self) -> int:
        """The version field; 0x0303 in every hello of today."""
        return self.raw[4] << 8 | self.raw[5]

    @property
    def random(self) -> bytes:
        """The 32 random bytes."""
        return self.raw[6:_SESSION_ID]

    @property
    def session_id(self) -> bytes:
        """The session id, up to 32 bytes; empty where none was sent."""
        return self.raw[_SESSION_ID + 1 : self.marks[0]]

    @property
    def cipher_suites(self) -> tuple[int, ...]:
        """The numbers of the cipher suites, in the client's order."""
        start, stop = self.marks[0] + 2, self.marks[1]
        return struct.unpack_from(f">{(stop - start) // 2}H", self.raw, start)

    @property
    def compression_methods(self) -> bytes:
        """The compression methods, one a byte; a lone zero in every hello of today."""
        return self.raw[self.marks[1] + 1 : self.marks[2]]

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """Every extension in the order sent."""
        raw = self.raw
        return tuple(
            Extension(number, raw[start:stop], self._place(start - 4, stop)) for number, start, stop in self.index
        )

    @property
    def extension_ids(self) -> tuple[int, ...]:
        """The numbers of the extensions in the order sent."""
        return tuple(entry[0] for entry in self.index)

    def extension(self, number: int) -> Extension | None:
        """Return the first extension of a number, or None where it was not sent."""
        for found, start, stop in self.index:
            if found == number:
                return Extension(number, self.raw[start:stop], self._place(start - 4, stop))
        return None

    def _data(self, number: int) -> bytes | None:
        for found, start, stop in self.index:
            if found == number:
                return self.raw[start:stop]
        return None

    @property
    def server_name(self) -> str | None:
        """The host name asked for: None where the extension is absent, "" where it is there and holds no readable name.

        The text is the bytes as UTF-8, or as Latin-1 where they are no UTF-8; it is not safe to print.

        Source: RFC 6066 section 3.
        """
        name = self.server_name_bytes
        if name is None:
            return None
        try:
            return name.decode("utf-8")
        except UnicodeDecodeError:
            return name.decode("latin-1")

    @property
    def server_name_bytes(self) -> bytes | None:
        """The bytes of the host name; None and empty as in `server_name`."""
        data = self._data(inside.SERVER_NAME)
        if data is None:
            return None
        try:
            start, stop = inside.host_name_range(data)
        except DecodeError:
            return b""
        return data[start:stop]

    @property
    def server_name_span(self) -> tuple[int, int] | None:
        """Where the host name's bytes stand; the extension's contents where it holds none; None where it is absent."""
        entry = next((entry for entry in self.index if entry[0] == inside.SERVER_NAME), None)
        if entry is None:
            return None
        _, start, stop = entry
        try:
            first, last = inside.host_name_range(self.raw[start:stop])
        except DecodeError:
            return self._place(start, stop)
        return self._place(start + first, start + last)

    def _numbers(self, number: int) -> tuple[int, ...]:
        data = self._data(number)
        if data is None:
            return ()
        try:
            return inside.numbers(number, data)
        except DecodeError:
            return ()

    @property
    def supported_versions(self) -> tuple[int, ...]:
        """The versions offered: the extension's list, else the legacy version alone (RFC 8446 section 4.2.1)."""
        return self._numbers(inside.SUPPORTED_VERSIONS) or (self.legacy_version,)

    @property
    def groups(self) -> tuple[int, ...]:
        """The key exchange groups, in the client's order (RFC 8446 section 4.2.7)."""
        return self._numbers(inside.SUPPORTED_GROUPS)

    @property
    def signature_algorithms(self) -> tuple[int, ...]:
        """The signature schemes, in the client's order (RFC 8446 section 4.2.3)."""
        return self._numbers(inside.SIGNATURE_ALGORITHMS)

    @property
    def point_formats(self) -> tuple[int, ...]:
        """The elliptic curve point formats (RFC 8422 section 5.1.2)."""
        return self._numbers(inside.EC_POINT_FORMATS)

    @property
    def key_shares(self) -> tuple[int, ...]:
        """The groups a key share was sent for, in order (RFC 8446 section 4.2.8)."""
        return self._numbers(inside.KEY_SHARE)

    @property
    def alpn_bytes(self) -> tuple[bytes, ...]:
        """The application protocols offered, as bytes (RFC 7301 section 3.1)."""
        data = self._data(inside.ALPN)
        if data is None:
            return ()
        try:
            return inside.protocol_names(data)
        except DecodeError:
            return ()

    @property
    def alpn(self) -> tuple[str, ...]:
        """The application protocols offered, as Latin-1 text; not safe to print."""
        return tuple(name.decode("latin-1") for name in self.alpn_bytes)

    @property
    def flaws(self) -> tuple[DecodeError, ...]:
        """What is broken inside the extensions, in their order; offsets are those of the flow."""
        found: list[DecodeError] = []
        seen: set[int] = set()
        for number, start, stop in self.index:
            where = self._place(start, stop)[0]
            flaw = inside.flaw(number, self.raw[start:stop], where)
            if flaw is not None:
                found.append(flaw)
            if number in seen:
                # RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type in a given
                # extension block."
                what = f"extension {extension_name(number)} stands twice, expected once"
                found.append(DecodeError(what, where - 4, "RFC 8446 section 4.2"))
            seen.add(number)
        return tuple(found)


def _index(raw: bytes, at: int, base: int, section: str) -> tuple[tuple[int, int, int], ...]:
    """Find the extensions in `raw` from the block's length at `at` to the end."""
    end = len(raw)
    if at == end:
        return ()
    stop = at + 2
    if stop > end or stop + (raw[at] << 8 | raw[at + 1]) != end:
        got = f"{raw[at] << 8 | raw[at + 1]}" if stop <= end else "one byte"
        raise DecodeError(f"length of extensions got {got}, expected {end - stop}", base + at, section)
    entries: list[tuple[int, int, int]] = []
    append = entries.append
    while stop + 4 <= end:
        number, length = _TWO(raw, stop)
        start = stop + 4
        stop = start + length
        append((number, start, stop))
    if stop != end:
        at = entries[-1][1] - 4 if stop > end else stop
        raise DecodeError("an extension reaches beyond the end of the message", base + at, "RFC 8446 section 4.2")
    return tuple(entries)


def decode_client_hello(message: bytes, base: int = 0, pieces: Pieces = ()) -> ClientHello:
    """Return the ClientHello of one handshake message.

    Args:
        message: The message with its four-byte header, whole and alone.
        base: Where in the flow it begins, for spans and errors.
        pieces: As `HandshakeMessage.pieces`, where it was spread over records.

    Raises:
        DecodeError: It is no ClientHello, or a length in its frame is wrong.

    Source: RFC 8446 section 4.1.2.
    """
    raw = bytes(message)
    end = len(raw)
    _check_header(raw, base, CLIENT_HELLO, "ClientHello", _CLIENT)
    if end <= _SESSION_ID:
        raise DecodeError(f"ClientHello got {end} bytes, expected at least 39", base + end, _CLIENT)
    session_end = _SESSION_ID + 1 + raw[_SESSION_ID]
    # RFC 8446 section 4.1.2: "opaque legacy_session_id<0..32>".
    if raw[_SESSION_ID] > 32 or session_end + 2 > end:
        raise DecodeError(f"length of session_id got {raw[_SESSION_ID]}", base + _SESSION_ID, _CLIENT)
    length = raw[session_end] << 8 | raw[session_end + 1]
    ciphers_end = session_end + 2 + length
    if length % 2 or ciphers_end >= end:
        raise DecodeError(f"length of cipher_suites got {length}", base + session_end, _CLIENT)
    methods_end = ciphers_end + 1 + raw[ciphers_end]
    if methods_end > end:
        raise DecodeError(f"length of compression_methods got {raw[ciphers_end]}", base + ciphers_end, _CLIENT)
    index = _index(raw, methods_end, base, _CLIENT)
    if len(pieces) == 1:
        pieces = ()  # a message in one piece is placed by `base` alone
    return ClientHello(raw, base, pieces, (session_end, ciphers_end, methods_end), index)


def _check_header(raw: bytes, base: int, kind: int, name: str, section: str) -> None:
    if len(raw) < 4:
        raise DecodeError(f"{name} got {len(raw)} bytes, expected a header of 4", base, section)
    if raw[0] != kind:
        raise DecodeError(f"handshake type got {raw[0]}, expected {kind} ({name})", base, section)
    length = int.from_bytes(raw[1:4], "big")
    if length != len(raw) - 4:
        raise DecodeError(f"length of {name} got {length}, expected {len(raw) - 4}", base + 1, section)


def _find(data: bytes, kind: int, name: str, section: str) -> tuple[bytes, int, Pieces]:
    """Return the first handshake message in `data`, where it begins and its pieces."""
    if data[:1] == bytes((kind,)):
        if len(data) >= 4:
            stop = 4 + int.from_bytes(data[1:4], "big")
            if stop > len(data):
                raise DecodeError(f"{name} is cut off: got {len(data)} of {stop} bytes", len(data), section)
            return data[:stop], 0, ()
        raise DecodeError(f"{name} is cut off: got {len(data)} bytes", len(data), section)
    if data[:1] >= b"\x80" and data[2:3] == b"\x01":
        raise DecodeError("got an SSLv2 hello, expected a TLS record", 0, "RFC 5246 appendix E.2")
    records, messages = RecordReader(), HandshakeReader()
    for record in records.feed(data):
        if record.type == CHANGE_CIPHER_SPEC:
            # RFC 8446 section 5: one "MUST simply drop" those that come beside a hello, for middleboxes' sake.
            continue
        if record.type != HANDSHAKE:
            raise DecodeError(f"record type got {record.type}, expected 22 (handshake)", record.span[0], section)
        for message in messages.feed(record.payload, record.payload_offset):
            return message.raw, message.span[0], message.pieces
    if records.error is not None:
        raise records.error
    raise DecodeError(f"{name} is cut off: got {len(data)} bytes of records", len(data), section)


def find_client_hello(data: bytes) -> ClientHello:
    """Return the ClientHello at the beginning of what a client sent.

    Args:
        data: TLS records (the hello may be spread over several, and more may follow), or a bare handshake message.

    Raises:
        DecodeError: No ClientHello stands there, or it is cut off.

    Source: RFC 8446 section 4.1.2 and 5.1.
    """
    data = bytes(data)
    if len(data) >= 9 and data[0] == HANDSHAKE and data[1] == 3 and data[5] == CLIENT_HELLO:
        # Nearly every hello stands alone in one record: no reader is needed for it.
        stop = 9 + int.from_bytes(data[6:9], "big")
        if stop <= len(data) and stop == 5 + (data[3] << 8 | data[4]) <= 5 + MAX_PAYLOAD:
            return decode_client_hello(data[5:stop], 5)
    return decode_client_hello(*_find(data, CLIENT_HELLO, "ClientHello", _CLIENT))


@dataclass(frozen=True, slots=True)
class ServerHello:
    """One ServerHello or HelloRetryRequest.

    Args:
        legacy_version: The version field.
        random: The 32 random bytes.
        session_id: The session id, echoed or new.
        cipher_suite: The suite chosen.
        compression_method: Zero in every hello of today.
        extensions: Every extension in the order sent.
        span: Half-open byte range of the message in the flow.
        raw: The handshake message with its four-byte header.

    Source: RFC 8446 section 4.1.3 and 4.1.4.
    """

    legacy_version: int
    random: bytes
    session_id: bytes
    cipher_suite: int
    compression_method: int
    extensions: tuple[Extension, ...]
    span: tuple[int, int]
    raw: bytes

    def extension(self, number: int) -> Extension | None:
        """Return the first extension of a number, or None where it was not sent."""
        return next((extension for extension in self.extensions if extension.id == number), None)

    @property
    def is_hello_retry_request(self) -> bool:
        """Whether it asks for a second ClientHello."""
        return self.random == RETRY_RANDOM

    @property
    def version(self) -> int:
        """The version chosen: the extension's, else the legacy version (RFC 8446 section 4.2.1)."""
        found = self.extension(inside.SUPPORTED_VERSIONS)
        if found is None or len(found.data) != 2:
            return self.legacy_version
        return int.from_bytes(found.data, "big")

    @property
    def group(self) -> int | None:
        """The key exchange group of the key_share extension; None where there is none, as in TLS 1.2."""
        found = self.extension(inside.KEY_SHARE)
        return int.from_bytes(found.data[:2], "big") if found is not None and len(found.data) >= 2 else None

    @property
    def alpn(self) -> str | None:
        """The application protocol chosen, where it is told in the clear (TLS 1.2); Latin-1 text, not safe to print."""
        found = self.extension(inside.ALPN)
        if found is None:
            return None
        try:
            names = inside.protocol_names(found.data)
        except DecodeError:
            return None
        return names[0].decode("latin-1") if names else None


def decode_server_hello(message: bytes, base: int = 0) -> ServerHello:
    """Return the ServerHello of one handshake message.

    Args:
        message: The message with its four-byte header, whole and alone.
        base: Where in the flow it begins, for spans and errors.

    Raises:
        DecodeError: It is no ServerHello, or a length in its frame is wrong.

    Source: RFC 8446 section 4.1.3.
    """
    raw = bytes(message)
    _check_header(raw, base, SERVER_HELLO, "ServerHello", _SERVER)
    cursor = Cursor(raw, base, _SERVER)
    cursor.take(4, "header")
    version = cursor.number(2, "legacy_version")
    random = cursor.take(32, "random")
    session_id = cursor.vector(1, "session_id")
    cipher = cursor.number(2, "cipher_suite")
    method = cursor.number(1, "compression_method")
    extensions = tuple(
        Extension(number, raw[start:stop], (base + start - 4, base + stop))
        for number, start, stop in _index(raw, cursor.offset, base, _SERVER)
    )
    span = (base, base + len(raw))
    return ServerHello(version, random, session_id, cipher, method, extensions, span, raw)


def find_server_hello(data: bytes) -> ServerHello:
    """Return the ServerHello at the beginning of what a server sent; arguments and errors as `find_client_hello`.

    Source: RFC 8446 section 4.1.3 and 5.1.
    """
    raw, base, _ = _find(bytes(data), SERVER_HELLO, "ServerHello", _SERVER)
    return decode_server_hello(raw, base)
