"""Decode ClientHello and ServerHello messages, with the byte span of each field.

Decoding a ClientHello only checks its structure and indexes its extensions; a value is decoded when its property is
read. Unknown numbers, duplicates and GREASE are kept in their place. An extension with malformed contents reads as
empty, and `ClientHello.flaws` has the error. Therefore no property raises, for any message of a peer.
"""

import struct
from bisect import bisect_right
from operator import itemgetter
from typing import Final

from wssure.frozen import frozen
from wssure.wire import hello_extension as inside
from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.handshake import CLIENT_HELLO, SERVER_HELLO, HandshakeReader
from wssure.wire.iana import extension_name
from wssure.wire.record import CHANGE_CIPHER_SPEC, HANDSHAKE, MAX_PAYLOAD, RecordReader

_TWO = struct.Struct(">HH").unpack_from
_CLIENT: Final = "RFC 8446 section 4.1.2"
_SERVER: Final = "RFC 8446 section 4.1.3"
# Offset of the session id's length: after header (4), legacy_version (2) and random (32).
_SESSION_ID: Final = 38
# RFC 8446 section 4.1.3: the random of a HelloRetryRequest is the SHA-256 of "HelloRetryRequest".
RETRY_RANDOM: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

Pieces = tuple[tuple[int, int], ...]


@frozen
class Extension:
    """One extension as received.

    Args:
        id: The extension number.
        data: The contents, without the four bytes of number and length.
        span: Half-open byte range in the stream, with number and length.

    Source: RFC 8446 section 4.2.
    """

    id: int
    data: bytes
    span: tuple[int, int]

    @property
    def name(self) -> str:
        """The IANA name of the extension, such as `server_name`."""
        return extension_name(self.id)


@frozen
class ClientHello:
    """One ClientHello message.

    Args:
        raw: The handshake message with its four-byte header.
        base: Offset of the message in the stream.
        pieces: The origin of each part, (offset in `raw`, offset in the stream), if the message spans several records.
        marks: Offsets in `raw` of the ends of session id, cipher suites and compression methods.
        index: Number, first and last-plus-one offset in `raw` of the contents of each extension, in order.

    Source: RFC 8446 section 4.1.2.
    """

    raw: bytes
    base: int
    pieces: Pieces
    marks: tuple[int, int, int]
    index: tuple[tuple[int, int, int], ...]

    def _flow_span(self, start: int, stop: int) -> tuple[int, int]:
        """Convert a range in `raw` to a range in the stream."""
        if not self.pieces:
            return self.base + start, self.base + stop
        return start + self._shift(start), stop + self._shift(max(stop - 1, start))

    def _shift(self, at: int) -> int:
        """Return the difference between a byte's offset in the stream and its offset in `raw`."""
        # By bisection: a hello with thousands of extensions may be split into as many pieces.
        index = bisect_right(self.pieces, at, key=itemgetter(0))
        begins, flow = self.pieces[index - 1]
        return flow - begins

    @property
    def span(self) -> tuple[int, int]:
        """Half-open byte range of the whole message in the stream."""
        return self._flow_span(0, len(self.raw))

    @property
    def field_spans(self) -> dict[str, tuple[int, int]]:
        """Half-open byte ranges of the fields, without their lengths."""
        session_end, ciphers_end, methods_end = self.marks
        ranges = {
            "legacy_version": (4, 6),
            "random": (6, _SESSION_ID),
            "session_id": (_SESSION_ID + 1, session_end),
            "cipher_suites": (session_end + 2, ciphers_end),
            "compression_methods": (ciphers_end + 1, methods_end),
            "extensions": (min(methods_end + 2, len(self.raw)), len(self.raw)),
        }
        return {name: self._flow_span(*where) for name, where in ranges.items()}

    @property
    def legacy_version(self) -> int:
        """The legacy_version field; 0x0303 in every current client."""
        return self.raw[4] << 8 | self.raw[5]

    @property
    def random(self) -> bytes:
        """The 32 random bytes."""
        return self.raw[6:_SESSION_ID]

    @property
    def session_id(self) -> bytes:
        """The session id, up to 32 bytes; empty if none was sent."""
        return self.raw[_SESSION_ID + 1 : self.marks[0]]

    @property
    def cipher_suites(self) -> tuple[int, ...]:
        """The numbers of the cipher suites, in the client's order."""
        start, stop = self.marks[0] + 2, self.marks[1]
        return struct.unpack_from(f">{(stop - start) // 2}H", self.raw, start)

    @property
    def compression_methods(self) -> bytes:
        """The compression methods, one per byte; a single zero in every current client."""
        return self.raw[self.marks[1] + 1 : self.marks[2]]

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """All extensions in the order sent."""
        raw = self.raw
        return tuple(
            Extension(number, raw[start:stop], self._flow_span(start - 4, stop)) for number, start, stop in self.index
        )

    @property
    def extension_ids(self) -> tuple[int, ...]:
        """The numbers of the extensions in the order sent."""
        return tuple(entry[0] for entry in self.index)

    def extension(self, number: int) -> Extension | None:
        """Return the first extension with this number, or None if it was not sent."""
        for extension_id, start, stop in self.index:
            if extension_id == number:
                return Extension(number, self.raw[start:stop], self._flow_span(start - 4, stop))
        return None

    def _data(self, number: int) -> bytes | None:
        for extension_id, start, stop in self.index:
            if extension_id == number:
                return self.raw[start:stop]
        return None

    @property
    def server_name(self) -> str | None:
        """The host name of the server_name extension: None if it is absent, "" if it has no readable name.

        The bytes are decoded as UTF-8, or as Latin-1 if they are not UTF-8. The text is not safe to print.

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
        """The bytes of the host name; None or empty as in `server_name`."""
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
        """Byte range of the host name, or of the extension's contents if it has no name; None if it is absent."""
        entry = next((entry for entry in self.index if entry[0] == inside.SERVER_NAME), None)
        if entry is None:
            return None
        _, start, stop = entry
        try:
            first, last = inside.host_name_range(self.raw[start:stop])
        except DecodeError:
            return self._flow_span(start, stop)
        return self._flow_span(start + first, start + last)

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
        """The versions offered: the list of the extension, else only the legacy version (RFC 8446 section 4.2.1)."""
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
        """The groups of the key shares, in order (RFC 8446 section 4.2.8)."""
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
        """The errors in the contents of the extensions, in order, with offsets in the stream."""
        errors: list[DecodeError] = []
        seen: set[int] = set()
        for number, start, stop in self.index:
            where = self._flow_span(start, stop)[0]
            flaw = inside.flaw(number, self.raw[start:stop], where)
            if flaw is not None:
                errors.append(flaw)
            if number in seen:
                # RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type in a given
                # extension block."
                what = f"extension {extension_name(number)} stands twice, expected once"
                errors.append(DecodeError(what, where - 4, "RFC 8446 section 4.2"))
            seen.add(number)
        return tuple(errors)


def _index(raw: bytes, at: int, base: int, section: str) -> tuple[tuple[int, int, int], ...]:
    """Index the extensions in `raw`, from the length of the block at `at` to the end."""
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
    """Decode the ClientHello of one handshake message.

    Args:
        message: The complete message with its four-byte header, and nothing after it.
        base: Offset of the message in the stream, for spans and errors.
        pieces: As `HandshakeMessage.pieces`, if the message was fragmented over records.

    Raises:
        DecodeError: The message is not a ClientHello, or a length in its structure is wrong.

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
        pieces = ()  # a message in one piece needs only `base`
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
    """Return the first handshake message in `data`, its offset and its pieces."""
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
            # RFC 8446 section 5: change_cipher_spec records beside a hello exist for middleboxes; a receiver "MUST
            # simply drop" them.
            continue
        if record.type != HANDSHAKE:
            raise DecodeError(f"record type got {record.type}, expected 22 (handshake)", record.span[0], section)
        for message in messages.feed(record.payload, record.payload_offset):
            return message.raw, message.span[0], message.pieces
    if records.error is not None:
        raise records.error
    raise DecodeError(f"{name} is cut off: got {len(data)} bytes of records", len(data), section)


def find_client_hello(data: bytes) -> ClientHello:
    """Decode the ClientHello at the beginning of a client's bytes.

    Args:
        data: TLS records, or a bare handshake message. The hello may span several records, and more records may follow.

    Raises:
        DecodeError: The data does not begin with a ClientHello, or the ClientHello is truncated.

    Source: RFC 8446 section 4.1.2 and 5.1.
    """
    data = bytes(data)
    if len(data) >= 9 and data[0] == HANDSHAKE and data[1] == 3 and data[5] == CLIENT_HELLO:
        # Nearly every hello is alone in one record and needs no reader.
        stop = 9 + int.from_bytes(data[6:9], "big")
        if stop <= len(data) and stop == 5 + (data[3] << 8 | data[4]) <= 5 + MAX_PAYLOAD:
            return decode_client_hello(data[5:stop], 5)
    return decode_client_hello(*_find(data, CLIENT_HELLO, "ClientHello", _CLIENT))


# RFC 8446 section 4.1.3: the last eight bytes of the random of a server that supports more.
_DOWNGRADED_TO_12: Final = b"DOWNGRD\x01"
_DOWNGRADED_TO_11: Final = b"DOWNGRD\x00"


@frozen
class ServerHello:
    """One ServerHello or HelloRetryRequest.

    Args:
        legacy_version: The legacy_version field.
        random: The 32 random bytes.
        session_id: The session id, echoed or new.
        cipher_suite: The cipher suite selected.
        compression_method: Zero in every current server.
        extensions: All extensions in the order sent.
        span: Half-open byte range of the message in the stream.
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
        """Return the first extension with this number, or None if it was not sent."""
        return next((extension for extension in self.extensions if extension.id == number), None)

    @property
    def is_hello_retry_request(self) -> bool:
        """True if the message is a HelloRetryRequest: it asks for a second ClientHello."""
        return self.random == RETRY_RANDOM

    @property
    def downgraded(self) -> bool:
        """True if the random says that the server supports a newer version than it selected (RFC 8446 section 4.1.3)."""
        sentinel = _DOWNGRADED_TO_12 if self.version == 0x0303 else _DOWNGRADED_TO_11
        return self.version <= 0x0303 and self.random.endswith(sentinel)

    @property
    def version(self) -> int:
        """The version selected: that of the extension, else the legacy version (RFC 8446 section 4.2.1)."""
        extension = self.extension(inside.SUPPORTED_VERSIONS)
        if extension is None or len(extension.data) != 2:
            return self.legacy_version
        return int.from_bytes(extension.data, "big")

    @property
    def group(self) -> int | None:
        """The key exchange group of the key_share extension; None without the extension, as in TLS 1.2."""
        extension = self.extension(inside.KEY_SHARE)
        return int.from_bytes(extension.data[:2], "big") if extension is not None and len(extension.data) >= 2 else None

    @property
    def alpn(self) -> str | None:
        """The application protocol selected, if it is unencrypted (TLS 1.2); Latin-1 text, not safe to print."""
        extension = self.extension(inside.ALPN)
        if extension is None:
            return None
        try:
            names = inside.protocol_names(extension.data)
        except DecodeError:
            return None
        return names[0].decode("latin-1") if names else None


def decode_server_hello(message: bytes, base: int = 0) -> ServerHello:
    """Decode the ServerHello of one handshake message.

    Args:
        message: The complete message with its four-byte header, and nothing after it.
        base: Offset of the message in the stream, for spans and errors.

    Raises:
        DecodeError: The message is not a ServerHello, or a length in its structure is wrong.

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
    """Decode the ServerHello at the beginning of a server's bytes; arguments and errors as in `find_client_hello`.

    Source: RFC 8446 section 4.1.3 and 5.1.
    """
    raw, base, _ = _find(bytes(data), SERVER_HELLO, "ServerHello", _SERVER)
    return decode_server_hello(raw, base)
