"""Decode TLS records, five-byte header and payload, from a byte stream (RFC 8446 section 5.1)."""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError

# Content types. Source: RFC 8446 section 5.1 and appendix B.1; heartbeat is RFC 6520.
CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
HEARTBEAT: Final = 24
CONTENT_TYPES: Final = {
    CHANGE_CIPHER_SPEC: "change_cipher_spec",
    ALERT: "alert",
    HANDSHAKE: "handshake",
    APPLICATION_DATA: "application_data",
    HEARTBEAT: "heartbeat",
}
HEADER: Final = 5
# RFC 5246 section 6.2.3: "The length MUST NOT exceed 2^14 + 2048." TLS 1.3 allows less (RFC 8446 section 5.2).
MAX_PAYLOAD: Final = 2**14 + 2048
_SECTION: Final = "RFC 8446 section 5.1"


@frozen
class Record:
    """One TLS record.

    Args:
        type: Content type; 22 is handshake.
        version: The legacy version of the header, such as 0x0303.
        payload: The bytes after the header; ciphertext once keys are in use.
        span: Half-open byte range in the stream, with the header.

    Source: RFC 8446 section 5.1.
    """

    type: int
    version: int
    payload: bytes
    span: tuple[int, int]

    @property
    def payload_offset(self) -> int:
        """Offset of the payload in the stream."""
        return self.span[0] + HEADER


def first_bytes_error(header: bytes, offset: int) -> DecodeError | None:
    """Check the first bytes of a TLS record: return the error, or None if they can begin a record.

    Args:
        header: The first bytes, possibly fewer than five.
        offset: Offset of these bytes in the stream.

    Source: RFC 8446 section 5.1.
    """
    if header and header[0] not in CONTENT_TYPES:
        return DecodeError(f"record type got 0x{header[0]:02x}, expected 0x14 to 0x18", offset, _SECTION)
    if len(header) > 1 and header[1] != 3:
        return DecodeError(f"record version got 0x{header[1]:02x}.., expected 0x03..", offset + 1, _SECTION)
    if len(header) < HEADER:
        return None
    length = header[3] << 8 | header[4]
    if length > MAX_PAYLOAD:
        return DecodeError(f"record length got {length}, expected at most {MAX_PAYLOAD}", offset + 3, _SECTION)
    if not length and header[0] != APPLICATION_DATA:
        # RFC 8446 section 5.1: "Implementations MUST NOT send zero-length fragments of Handshake types"; the same
        # holds for alerts. Only application data may be empty.
        return DecodeError(f"empty {CONTENT_TYPES[header[0]]} record", offset + 3, _SECTION)
    return None


class RecordReader:
    """Decodes records from a byte stream.

    `feed` raises an error at the first byte that is not TLS. If complete records precede that byte in the same piece,
    `feed` returns them first and raises on the next call. `error` has the error at once in both cases.

    Args:
        base: The offset of the stream's first byte, for spans.

    Source: RFC 8446 section 5.1.
    """

    __slots__ = ("_buffer", "_offset", "error")

    def __init__(self, base: int = 0) -> None:
        self._buffer = bytearray()
        self._offset = base
        self.error: DecodeError | None = None

    @property
    def pending(self) -> int:
        """Number of buffered bytes of an incomplete record."""
        return len(self._buffer)

    @property
    def rest(self) -> bytes:
        """The buffered bytes of an incomplete record, or the bytes that are not TLS."""
        return bytes(self._buffer)

    def feed(self, data: bytes | bytearray | memoryview) -> list[Record]:
        """Take the next piece of the stream and return the records that it completes.

        Raises:
            DecodeError: The stream is not TLS from this offset on.
        """
        buffer: bytes | bytearray = bytes(data)
        if self._buffer:
            self._buffer += data
            buffer = self._buffer
        records: list[Record] = []
        at, end, start = 0, len(buffer), self._offset
        error = self.error
        while error is None and at < end:
            header = bytes(buffer[at : at + HEADER])
            error = first_bytes_error(header, start + at)
            stop = at + HEADER + (header[3] << 8 | header[4]) if len(header) == HEADER else end + 1
            if error is not None or stop > end:
                break
            payload = bytes(buffer[at + HEADER : stop])
            records.append(Record(header[0], header[1] << 8 | header[2], payload, (start + at, start + stop)))
            at = stop
        if buffer is self._buffer:
            del self._buffer[:at]
        else:
            self._buffer += buffer[at:]
        self._offset = start + at
        self.error = error
        if error is not None and not records:
            raise error
        return records
