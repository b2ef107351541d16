"""WebSocket frames: bytes into frames and frames into bytes.

`FrameReader` checks what one frame alone can break (RFC 6455 section 5.2); what only a sequence of frames can break is the
business of `wssure.protocol`. It is the hot path: a caller feeds it one read and asks `next` until nothing is left, and a
payload becomes a bytes or str object straight from the read.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from wssure.wire.builder import ByteBuilder
from wssure.wire.frame_error import FrameError

try:
    import cython
except ImportError:  # Cython builds the package; it need not be there to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import (
        load_key,
        masked,
        masked_text,
        no_key,
        nowhere,
        readable,
        sendable,
        start_of,
        taken,
        text_of,
        turned,
    )

__all__ = [
    "Frame",
    "FrameError",
    "FrameReader",
    "FrameWriter",
    "Opcode",
    "encode_frame",
]

# How much a length in a header makes us allocate before the bytes themselves have come.
TRUSTED_BYTES: Final = 1 << 20


class Opcode(enum.IntEnum):
    """What a frame carries.

    Source: RFC 6455 section 11.8.
    """

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Args:
        fin: True on the last frame of a message.
        rsv1: The bit that permessage-deflate uses.
        opcode: What it carries.
        payload: Unmasked.
    """

    fin: bool
    rsv1: bool
    opcode: Opcode
    payload: bytes


class FrameReader:
    """Cuts a byte stream into frames.

    After `next` returned True, `fin rsv1 opcode length` describe a frame and `offset` says where in the stream it begins.
    The payload of a `complete` frame is had by exactly one of `payload`, `text` and `keep`.
    A frame whose payload is not here yet shows up without `complete` once, so that it can be refused early; its payload
    gathers in `body` (of a control frame: elsewhere), and when all of it is there the frame is `complete`, but not `whole`.

    Args:
        must_mask: True where every frame must be masked (a server reads), False where none may be (a client reads), None
            where both are fine (an onlooker reads).
        allow_rsv1: True where permessage-deflate was agreed.
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
        """True where no frame has begun that is not complete."""
        return not self._in_payload and not self._head

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take one read. It is used until `next` has returned False, and must not change before."""
        if self._head:
            data = self._head + bytes(data)
            self._head = b""
        owner = readable(data)
        self._owner = owner
        self._data = start_of(owner)
        self._pos = 0
        self._end = len(owner)

    def next(self) -> bool:
        """Go to the next frame that begins or is complete; False where this read holds none any more.

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
        """Refuse what the first two octets of a frame show to be wrong."""
        at = self._base + self._pos
        opcode = first & 0x0F
        # "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
        if first & 0x30 or (first & 0x40 and not self._allow_rsv1):
            got = (first >> 4) & 7
            raise FrameError("reserved-bits", f"reserved bits got {got:03b}, expected 000", at)
        # "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
        if 2 < opcode < 8 or opcode > 10:
            raise FrameError("reserved-opcode", f"opcode got {opcode}, expected 0, 1, 2, 8, 9 or 10", at)
        if opcode >= 8:
            # "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
            if not first & 0x80:
                raise FrameError("control-fragmented", "control frame got no FIN bit", at, "RFC 6455 section 5.5")
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
        """Return a length of two or eight octets."""
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
        """Keep the octets of an unfinished header and let go of the read."""
        if self._pos < self._end:
            self._head = taken(self._data, self._pos, self._end)
        self._base += self._pos
        self._pos = 0
        self._end = 0
        self._owner = None
        self._data = nowhere()
        return False

    def _go_on(self) -> bool:
        """Gather the payload of a frame that came in more than one read."""
        body = self._control if self.opcode >= 8 else self.body
        have = self._end - self._pos
        if have > self._missing:
            have = self._missing
        if self._missing <= TRUSTED_BYTES:
            body.reserve(self._missing)
        if self._masked:
            body.append_masked(self._data, self._pos, self._pos + have, self._key)
            self._key = turned(self._key, have)
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
        """Return the payload of a complete frame; of one that came in pieces, everything that gathered in `body`."""
        if not self.whole:
            return self._control.take() if self.opcode >= 8 else self.body.take()
        if self._masked:
            return masked(self._data, self._start, self._start + self.length, self._key)
        return taken(self._data, self._start, self._start + self.length)

    def text(self) -> str:
        """Return the payload of a `whole` frame decoded.

        Raises:
            UnicodeDecodeError: It is not UTF-8.
        """
        if self._masked:
            return masked_text(self._data, self._start, self._start + self.length, self._key)
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
        """Let go of every buffer; nothing more will be fed."""
        self._owner = None
        self._data = nowhere()
        self._pos = 0
        self._end = 0
        self._head = b""
        self._in_payload = False
        self.body.clear()
        self._control.clear()

    def frames(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """Return every frame that is complete after this read: the simple way, for onlookers.

        Raises:
            FrameError: A frame breaks a rule of RFC 6455 section 5.2 or 5.5.
        """
        found = []
        self.feed(data)
        while self.next():
            if self.complete:
                found.append(Frame(self.fin, self.rsv1, Opcode(self.opcode), self.payload()))
        return found


class FrameWriter:
    """Encodes frames one behind the other into one buffer."""

    def __init__(self) -> None:
        self._buffer = ByteBuilder()

    def __len__(self) -> int:
        return self._buffer.size

    def write(self, first: int, payload: str | bytes | bytearray | memoryview) -> None:
        """Add a frame without a mask.

        Args:
            first: FIN, the reserved bits and the opcode as they stand in the first octet.
            payload: Text is encoded as UTF-8.
        """
        data = sendable(payload)
        length = len(data)
        self._buffer.append_header(first, 0, length, no_key())
        self._buffer.append(start_of(data), 0, length)

    def write_masked(self, first: int, payload: str | bytes | bytearray | memoryview, keys: bytes, at: int) -> None:
        """Add a masked frame.

        Args:
            first: FIN, the reserved bits and the opcode as they stand in the first octet.
            payload: Text is encoded as UTF-8.
            keys: Random bytes; the four from `at` on are the masking key.
            at: Where the key begins.
        """
        data = sendable(payload)
        length = len(data)
        key = load_key(start_of(keys), at)
        self._buffer.append_header(first, 0x80, length, key)
        self._buffer.append_masked(start_of(data), 0, length, key)

    def take(self) -> bytes:
        """Return everything added since the last time."""
        return self._buffer.take()


def encode_frame(
    opcode: int,
    payload: str | bytes | bytearray | memoryview,
    *,
    fin: bool = True,
    rsv1: bool = False,
    mask: bytes | None = None,
) -> bytes:
    """Return one frame.

    Args:
        opcode: One of `Opcode`, or a reserved one in tests.
        payload: Not masked yet; text is encoded as UTF-8.
        fin: True on the last frame of a message.
        rsv1: True on the first frame of a compressed message.
        mask: The masking key of a client, None for a server.

    Raises:
        ValueError: The masking key has not four octets.

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
