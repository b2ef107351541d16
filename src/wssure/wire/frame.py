"""Decode and encode WebSocket frames (RFC 6455 section 5).

`FrameReader` checks the rules for a single frame (RFC 6455 section 5.2); `wssure.protocol` checks the rules for a
sequence of frames. This is the hot path: the caller passes one read to `feed` and calls `next` until it returns False.
A payload is copied once, from the read into a bytes or str object.
"""

from __future__ import annotations

import enum
from typing import Final

from wssure.frozen import frozen
from wssure.wire.builder import ByteBuilder
from wssure.wire.decode import FrameError, header_error

try:
    import cython
except ImportError:  # Cython builds the package; it is not needed to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import (
        copy_bytes,
        load_key,
        mask_bytes,
        mask_text,
        no_key,
        nowhere,
        readable,
        rotate_key,
        sendable,
        start_of,
        text_of,
    )

__all__ = [
    "Frame",
    "FrameError",
    "FrameReader",
    "FrameWriter",
    "Opcode",
    "encode_frame",
]

# Maximum number of bytes allocated because of a length in a header, before the payload bytes have been received.
TRUSTED_BYTES: Final = 1 << 20


class Opcode(enum.IntEnum):
    """The type of a frame.

    Source: RFC 6455 section 11.8.
    """

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@frozen
class Frame:
    """One WebSocket frame.

    Args:
        fin: True on the last frame of a message.
        rsv1: The RSV1 bit, used by permessage-deflate.
        opcode: The type of the frame.
        payload: The unmasked payload.
    """

    fin: bool
    rsv1: bool
    opcode: Opcode
    payload: bytes


class FrameReader:
    """Decodes frames from a byte stream.

    After `next` returned True, `fin rsv1 opcode length` describe a frame, and `offset` is its offset in the stream.
    Call exactly one of `payload`, `text` and `keep` for each `complete` frame. If the payload has not been received
    yet, `next` returns the frame once with `complete` False, so that the caller can refuse it early. The payload is
    then collected in `body` (a control frame has its own buffer). Once all of it is received, `next` returns the frame
    with `complete` True and `whole` False.

    Args:
        must_mask: True if every frame must be masked (on a server), False if no frame may be masked (on a client), None
            if both are accepted (for an observer).
        allow_rsv1: True if permessage-deflate was agreed.
    """

    def __init__(self, must_mask: bool | None, allow_rsv1: bool = False) -> None:
        self._must_mask = -1 if must_mask is None else int(must_mask)
        self._allow_rsv1 = allow_rsv1
        self.body = ByteBuilder()
        self._control = ByteBuilder()
        self._head = b""
        self._owner: bytes | None = None
        self._data = nowhere()
        self._pos = 0
        self._end = 0
        self._base = 0
        self._start = 0
        self._missing = 0
        self._in_payload = False
        self._key = no_key()
        self._masked = False
        self.complete = False
        self.whole = False
        self.fin = False
        self.rsv1 = False
        self.opcode = 0
        self.length = 0
        self.offset = 0

    @property
    def between_frames(self) -> bool:
        """True if the stream is at a frame boundary: no frame is incomplete."""
        return not self._in_payload and not self._head

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take one read. The data must not change until `next` has returned False."""
        if self._head:
            data = self._head + bytes(data)
            self._head = b""
        owner = readable(data)
        self._owner = owner
        self._data = start_of(owner)
        self._pos = 0
        self._end = len(owner)
        self.whole = False  # the frame before was in other data

    def next(self) -> bool:
        """Go to the next frame that begins or is complete; return False if this read contains no further frame.

        Raises:
            FrameError: The frame breaks a rule of RFC 6455 section 5.2 or 5.5.
        """
        if self._in_payload:
            return self._go_on()
        data = self._data
        pos = self._pos
        left = self._end - pos
        if left < 2:
            return self._stop()
        first = data[pos]
        second = data[pos + 1]
        length = second & 0x7F
        size = 2
        if (
            first & 0x30
            or (first & 0x40 and not self._allow_rsv1)
            or (first & 0x0F) > 2
            or self._must_mask != second >> 7
        ):
            self._check(first, second)
        if length >= 126:
            size = 4 if length == 126 else 10
            if left < size:
                return self._stop()
            length = self._long_length(pos + 2, size)
        if second & 0x80:
            if left < size + 4:
                return self._stop()
            self._key = load_key(data, pos + size)
            size += 4
            self._masked = True
        else:
            self._masked = False
        self.fin = first & 0x80 != 0
        self.rsv1 = first & 0x40 != 0
        self.opcode = first & 0x0F
        self.length = length
        self.offset = self._base + pos
        self._start = pos + size
        if length <= left - size:
            self.whole = True
            self.complete = True
            self._pos = pos + size + length
            return True
        self.whole = False
        self.complete = False
        self._in_payload = True
        self._missing = length
        self._pos = pos + size
        return True

    def _check(self, first: int, second: int) -> None:
        """Check the rules for the first two octets of a frame."""
        at = self._base + self._pos
        opcode = first & 0x0F
        # "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
        if first & 0x30 or (first & 0x40 and not self._allow_rsv1):
            got = (first >> 4) & 7
            what = f"reserved bits got {got:03b}, expected 000"
            raise header_error("reserved-bits", what, at, self._owner, self._pos)
        # "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
        if 2 < opcode < 8 or opcode > 10:
            what = f"opcode got {opcode}, expected 0, 1, 2, 8, 9 or 10"
            raise header_error("reserved-opcode", what, at, self._owner, self._pos)
        if opcode >= 8:
            # "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
            if not first & 0x80:
                what = "control frame got no FIN bit"
                raise header_error("control-fragmented", what, at, self._owner, self._pos, "RFC 6455 section 5.5")
            if second & 0x7F > 125:
                what = "control frame got more than 125 bytes of payload"
                raise FrameError("control-too-long", what, at, "RFC 6455 section 5.5")
            # RFC 7692 section 6.1: "An endpoint MUST NOT set the 'Per-Message Compressed' bit of control frames".
            if first & 0x40:
                what = "control frame got the compressed bit"
                raise FrameError("reserved-bits", what, at, "RFC 7692 section 6.1")
        # "The server MUST close the connection upon receiving a frame that is not masked."
        if self._must_mask == 1 and not second & 0x80:
            raise FrameError("not-masked", "frame from a client got no mask", at, "RFC 6455 section 5.1")
        # "A client MUST close a connection if it detects a masked frame."
        if self._must_mask == 0 and second & 0x80:
            raise FrameError("masked", "frame from a server got a mask", at, "RFC 6455 section 5.1")

    def _long_length(self, at: int, end: int) -> int:
        """Decode an extended payload length of two or eight octets."""
        data = self._data
        length = 0
        offset = self._base + self._pos
        if end == 4:
            length = data[at] << 8 | data[at + 1]
            # "the minimal number of bytes MUST be used to encode the length"
            if length < 126:
                raise FrameError("length-not-minimal", f"length {length} got 2 bytes more than it needs", offset)
            return length
        # "the most significant bit MUST be 0"
        if data[at] & 0x80:
            raise FrameError("length-too-large", "length got 2^63 or more", offset)
        for i in range(8):
            length = length << 8 | data[at + i]
        if length < 65536:
            raise FrameError("length-not-minimal", f"length {length} got 8 bytes", offset)
        return length

    def _stop(self) -> bool:
        """Keep the octets of an incomplete header and release the read."""
        if self._pos < self._end:
            self._head = copy_bytes(self._data, self._pos, self._end)
        self._base += self._pos
        self._pos = 0
        self._end = 0
        self._owner = None
        self._data = nowhere()
        self.whole = False  # so that nothing reads the released data
        return False

    def _go_on(self) -> bool:
        """Collect the payload of a frame that is received in more than one read."""
        body = self._control if self.opcode >= 8 else self.body
        have = self._end - self._pos
        if have > self._missing:
            have = self._missing
        if self._missing <= TRUSTED_BYTES:
            body.reserve(self._missing)
        if self._masked:
            body.append_masked(self._data, self._pos, self._pos + have, self._key)
            self._key = rotate_key(self._key, have)
        else:
            body.append(self._data, self._pos, self._pos + have)
        self._pos += have
        self._missing -= have
        if self._missing:
            return self._stop()
        self._in_payload = False
        self.complete = True
        return True

    def payload(self) -> bytes:
        """Return the payload of a complete frame; for one received in pieces, everything collected in `body`."""
        if not self.whole:
            return self._control.take() if self.opcode >= 8 else self.body.take()
        if self._masked:
            return mask_bytes(self._data, self._start, self._start + self.length, self._key)
        return copy_bytes(self._data, self._start, self._start + self.length)

    def text(self) -> str:
        """Decode the payload of a complete frame as UTF-8.

        Raises:
            UnicodeDecodeError: The payload is not UTF-8.
        """
        if not self.whole:
            return self.payload().decode()
        if self._masked:
            return mask_text(self._data, self._start, self._start + self.length, self._key)
        return text_of(self._data, self._start, self._start + self.length)

    def keep(self) -> None:
        """Append the payload of a complete data frame to `body`."""
        if not self.whole:
            return
        if self._masked:
            self.body.append_masked(self._data, self._start, self._start + self.length, self._key)
        else:
            self.body.append(self._data, self._start, self._start + self.length)

    def abandon(self) -> None:
        """Release all buffers; the reader is not used again."""
        self.whole = False
        self._owner = None
        self._data = nowhere()
        self._pos = 0
        self._end = 0
        self._head = b""
        self._in_payload = False
        self.body.clear()
        self._control.clear()

    def frames(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """Take one read and return all frames that it completes; a simple form of `feed` and `next` for observers.

        Raises:
            FrameError: A frame breaks a rule of RFC 6455 section 5.2 or 5.5.
        """
        frames = []
        self.feed(data)
        while self.next():
            if self.complete:
                frames.append(Frame(self.fin, self.rsv1, Opcode(self.opcode), self.payload()))
        return frames


class FrameWriter:
    """Encodes consecutive frames into one buffer."""

    def __init__(self) -> None:
        self._buffer = ByteBuilder()

    def __len__(self) -> int:
        return self._buffer.size

    def write(self, first: int, payload: str | bytes | bytearray | memoryview) -> None:
        """Append an unmasked frame.

        Args:
            first: The first octet: FIN, the reserved bits and the opcode.
            payload: Text is encoded as UTF-8.
        """
        data = sendable(payload)
        length = len(data)
        self._buffer.append_header(first, 0, length, no_key())
        self._buffer.append(start_of(data), 0, length)

    def write_masked(self, first: int, payload: str | bytes | bytearray | memoryview, keys: bytes, at: int) -> None:
        """Append a masked frame.

        Args:
            first: The first octet: FIN, the reserved bits and the opcode.
            payload: Text is encoded as UTF-8.
            keys: Random bytes; the four bytes from offset `at` are the masking key.
            at: Offset of the key in `keys`.
        """
        data = sendable(payload)
        length = len(data)
        key = load_key(start_of(keys), at)
        self._buffer.append_header(first, 0x80, length, key)
        self._buffer.append_masked(start_of(data), 0, length, key)

    def take(self) -> bytes:
        """Return the frames appended since the last call."""
        return self._buffer.take()


def encode_frame(
    opcode: int,
    payload: str | bytes | bytearray | memoryview,
    *,
    fin: bool = True,
    rsv1: bool = False,
    mask: bytes | None = None,
) -> bytes:
    """Encode one frame.

    Args:
        opcode: A value of `Opcode`, or a reserved opcode in tests.
        payload: The unmasked payload; text is encoded as UTF-8.
        fin: True on the last frame of a message.
        rsv1: True on the first frame of a compressed message.
        mask: The masking key of a client, None for a server.

    Raises:
        ValueError: The masking key does not have four octets.

    Source: RFC 6455 section 5.2.
    """
    writer = FrameWriter()
    first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
    if mask is None:
        writer.write(first, payload)
    elif len(mask) != 4:
        raise ValueError(f"masking key got {len(mask)} bytes, expected 4")
    else:
        writer.write_masked(first, payload, mask, 0)
    return writer.take()
