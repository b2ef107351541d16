"""A WebSocket connection after its upgrade, without I/O: frames in, messages out, and the other way round.

The theory and the table of allowed steps are in `state`. `receive` parses every complete frame of one read in one loop,
`events` returns the results as one list, and output for the peer gathers until `data_to_send` fetches it.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any, Final

from wssure.protocol.close import answer_to, decode_close, encode_close
from wssure.protocol.event import Close, CloseReceived, Fragment, Ping, Pong, Violation
from wssure.protocol.state import STATES, TRANSITIONS, Phase, Role, State, Step, WrongState
from wssure.protocol.utf8 import Utf8Check
from wssure.wire.builder import ByteBuilder
from wssure.wire.decode import DecodeError, FrameError
from wssure.wire.deflate import DeflateParams, Deflater, Inflater, MessageTooBig, TooManyBlocks, codecs_for
from wssure.wire.frame import FrameReader, FrameWriter

Payload = str | bytes | bytearray | memoryview
# Larger than any length a frame can have: represents "no limit" in comparisons.
NO_LIMIT: Final = (1 << 63) - 1
FIN: Final = 0x80
COMPRESSED: Final = 0x40
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10


class Connection:
    """One side of a connection.

    Args:
        role: CLIENT masks its frames and refuses masked ones, SERVER the other way round.
        mask_key: Returns random bytes, a multiple of four; each frame of a client uses up four. A server has none.
        max_size: Longest message in bytes, inflated, as UTF-8; None for no limit.
        max_fragments: Most frames of a message, and most final blocks of a compressed one; None for no limit.
        deflate: The negotiated compression; None if messages are not compressed.
        deliver_fragments: True if each frame of a fragmented message is an event of its own.
        hold_violations: True if the Close that answers a violation waits for `fail_held`, so that messages which came
            before it can still be answered.

    Attributes:
        inflates: True if messages may come compressed.
        speaks: True while messages may be sent.
        sending: The opcode of the fragmented message that is going out; 0 if there is none.
        reader: Reads the frames.
        hold_pongs: True while Pings get no answer yet, because earlier answers wait for the peer to take them; ended by
            `release_pong`.

    Source: RFC 6455, RFC 7692.
    """

    def __init__(
        self,
        role: Role,
        *,
        mask_key: Callable[[], bytes] | None = None,
        max_size: int | None = 1 << 20,
        max_fragments: int | None = 1 << 14,
        deflate: DeflateParams | None = None,
        deliver_fragments: bool = False,
        hold_violations: bool = False,
    ) -> None:
        if (mask_key is None) == (role is Role.CLIENT):
            raise ValueError("mask_key is a client's: a client needs one, a server must have none")
        self._client = role is Role.CLIENT
        self._mask_key = mask_key
        self._keys = b""
        self._key_at = 0
        self._max_size = NO_LIMIT if max_size is None else max_size
        self._max_fragments = NO_LIMIT if max_fragments is None else max_fragments
        self.deliver_fragments = deliver_fragments
        self.inflates = deflate is not None
        self.hold_pongs = False
        self._unanswered: bytes | None = None
        self._deflater: Deflater | None = None
        self._inflater: Inflater | None = None
        if deflate is not None:
            self._deflater, self._inflater = codecs_for(deflate, client=self._client, max_final_blocks=max_fragments)
        self.reader = FrameReader(role is Role.SERVER, deflate is not None)
        self._writer = FrameWriter()
        self._events: list[Any] = []
        self._phase = Phase.OPEN
        self._hears = True
        self.speaks = True
        self.role = role
        self.close_rcvd: Close | None = None
        self.close_sent: Close | None = None
        self.rcvd_then_sent: bool | None = None
        # The message that is coming in.
        self._in_message = False
        self._text = False
        self._compressed = False
        self._streamed = False
        self._fragments = 0
        self._received = 0
        self._inflated_bytes = 0
        self._inflated = ByteBuilder()
        self._utf8 = Utf8Check()
        self._decoder: codecs.IncrementalDecoder | None = None
        # The opcode of the fragmented message that is being sent; 0 if there is none.
        self.sending = 0
        self._hold = hold_violations
        self._held: Violation | None = None

    # Input from the peer

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Take one read. A violation of the peer's becomes an event and a Close; nothing is raised."""
        if not self._hears:
            return
        try:
            self.reader.feed(data)
            self._parse()
        except FrameError as error:
            self._fail(error.rule, error.section, error.code, error.what, error.offset)
        except UnicodeDecodeError:
            self._fail_text()

    def _parse(self) -> None:
        """Turn every complete frame into its events."""
        reader = self.reader
        events = self._events
        max_size = self._max_size
        while reader.next():
            opcode = reader.opcode
            if (
                0 < opcode < 3
                and reader.whole
                and reader.fin
                and not self._in_message
                and not reader.rsv1
                and reader.length <= max_size
            ):
                events.append(reader.text() if opcode == 1 else reader.payload())
                continue
            if opcode < 8:
                self._data_frame()
            elif reader.complete:
                self._control(opcode)
            if not self._hears:
                return
        # Autobahn 6.4 and RFC 6455 section 8.1: text that breaks is refused before its frame is complete.
        if self._in_message and self._text and not self._compressed and not self._utf8.advance(reader.body):
            self._fail_text()

    def _data_frame(self) -> None:
        """Process a data frame that begins or is complete, unless `_parse` read it as a whole message."""
        reader = self.reader
        if reader.whole or not reader.complete:
            self._admit()
        if not reader.complete:
            return
        if self._compressed:
            message = self._inflated
            piece = self._inflate(reader.payload(), reader.fin)
            if reader.fin and self._fragments == 1:
                self._in_message = False
                self._events.append(piece.decode() if self._text else piece)
                return
            message.append_bytes(piece)
        else:
            reader.keep()
            message = reader.body
        # A message may not end within a character; a fragment may.
        if self._text and not (self._utf8.advance(message) and (self._utf8.at_boundary() or not reader.fin)):
            self._fail_text()
            return
        self._in_message = not reader.fin
        if self._streamed or (self.deliver_fragments and self._fragments == 1 and not reader.fin):
            self._deliver_fragment(message.take(), reader.fin)
        elif reader.fin:
            if self._text:
                self._events.append(message.text())
                message.clear()
            else:
                self._events.append(message.take())

    def _admit(self) -> None:
        """Check the header of a data frame against the frames before it."""
        reader = self.reader
        at = reader.offset
        if reader.opcode == 0:
            # RFC 6455 section 5.4: a fragmented message begins with an opcode other than 0.
            if not self._in_message:
                what = "continuation frame got no message to continue"
                raise FrameError("continuation-without-start", what, at, "RFC 6455 section 5.4")
            # RFC 7692 section 6.1: the bit stands on "the first fragment" only.
            if reader.rsv1:
                what = "continuation frame got the compressed bit"
                raise FrameError("reserved-bits", what, at, "RFC 7692 section 6.1")
        else:
            # "The fragments of one message MUST NOT be interleaved between the fragments of another message"
            if self._in_message:
                what = "new message got in between the fragments of another"
                raise FrameError("message-not-finished", what, at, "RFC 6455 section 5.4")
            self._in_message = True
            self._text = reader.opcode == TEXT
            self._compressed = reader.rsv1
            self._streamed = False
            self._fragments = 0
            self._received = 0
            self._inflated_bytes = 0
            self._utf8.restart()
        self._fragments += 1
        if self._fragments > self._max_fragments:
            self._over("too-many-fragments", f"{self._max_fragments} fragments", "RFC 6455 section 10.4")
        limit = self._max_size
        unit = "bytes"
        if self._compressed and limit != NO_LIMIT:
            unit = "compressed bytes"
            # The most that zlib makes of max_size bytes with any settings (its deflateBound), and a flush for each
            # fragment: no peer needs more.
            limit += (limit >> 3) + (limit >> 6) + 64 * self._fragments
        if reader.length > limit - self._received:
            self._over("message-too-big", f"{limit} {unit}")
        self._received += reader.length

    def _over(self, rule: str, limit: str, section: str = "RFC 6455 section 7.4.1") -> None:
        raise FrameError(rule, f"message got more than {limit}", self.reader.offset, section, 1009)

    def _inflate(self, payload: bytes, fin: bool) -> bytes:
        """Inflate one frame, never beyond the limits."""
        assert self._inflater is not None, "the reader refuses the compressed bit where nothing was agreed"
        limited = self._max_size != NO_LIMIT
        piece = b""
        try:
            piece = self._inflater.inflate(payload, fin, self._max_size - self._inflated_bytes if limited else None)
        except MessageTooBig:
            self._over("message-too-big", f"{self._max_size} bytes")
        except TooManyBlocks:
            self._over("too-many-fragments", f"{self._max_fragments} final blocks", "RFC 6455 section 10.4")
        except DecodeError as error:
            raise FrameError("not-deflate", error.what, self.reader.offset, error.section, 1007) from error
        self._inflated_bytes += len(piece)
        return piece

    def _deliver_fragment(self, data: bytes, fin: bool) -> None:
        """Hand out one fragment; text only up to its last whole character."""
        first = not self._streamed
        self._streamed = not fin
        self._utf8.rewind()
        piece: str | bytes = data
        if self._text:
            if self._decoder is None or first:
                self._decoder = codecs.getincrementaldecoder("utf-8")()
            piece = self._decoder.decode(data, fin)
        self._events.append(Fragment(piece, first, fin, self._text))

    def _control(self, opcode: int) -> None:
        """Take a control frame."""
        payload = self.reader.payload()
        if opcode == PING:
            # Section 5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame".
            # Section 5.5.3 allows one for "only the most recently processed Ping frame" if earlier ones wait.
            if self.hold_pongs:
                self._unanswered = payload
            else:
                self._write(FIN | PONG, payload)
            self._events.append(Ping(payload))
        elif opcode == PONG:
            self._events.append(Pong(payload))
        else:
            self._close_frame(payload)

    def release_pong(self) -> None:
        """Answer the last Ping that came while `hold_pongs` was set, and answer each again from now on."""
        self.hold_pongs = False
        payload, self._unanswered = self._unanswered, None
        if payload is not None and self.speaks:
            self._write(FIN | PONG, payload)

    def _close_frame(self, payload: bytes) -> None:
        """Take the peer's Close, and answer it with the same code unless ours is out."""
        close = decode_close(payload, self.reader.offset)
        self.close_rcvd = close
        self.rcvd_then_sent = self.close_sent is None
        if self.rcvd_then_sent:
            self.close_sent = close
            # "the endpoint typically echos the status code it received"
            self._write(FIN | CLOSE, payload)
        self._move(Step.RECEIVE_CLOSE)
        self._events.append(CloseReceived(close.code, close.reason))

    def receive_eof(self) -> None:
        """Take the end of the transport, however it came."""
        self._move(Step.EOF)

    def events(self) -> list[Any]:
        """Return the events since the last call: `str` and `bytes` are messages, the rest are classes of `event`."""
        events, self._events = self._events, []
        return events

    def _fail_text(self) -> None:
        offset = self.reader.offset
        self._fail("text-not-utf8", "RFC 6455 section 8.1", 1007, "text got bytes that are not UTF-8", offset)

    def _fail(self, rule: str, section: str, code: int, text: str, offset: int) -> None:
        """Fail the connection: say why with a Close, and hear nothing more.

        Source: RFC 6455 section 7.1.7.
        """
        violation = Violation(rule, section, code, text, offset)
        self._events.append(violation)
        if self._hold and self._phase is Phase.OPEN:
            self._held = violation
            self._move(Step.HOLD)
        else:
            self._answer(violation)

    def fail_held(self) -> None:
        """Queue the Close of a violation that was held; without one, do nothing."""
        if self._held is not None and self._phase is Phase.DOOMED:
            self._answer(self._held)

    def _answer(self, violation: Violation) -> None:
        self._held = None
        if self.close_sent is None:
            self.close_sent = close = answer_to(violation)
            self._write(FIN | CLOSE, encode_close(close.code, close.reason))
        self._move(Step.VIOLATION)

    # Output to the peer

    def send_message(self, data: Payload) -> None:
        """Queue one message: `str` as text, the rest as binary.

        Raises:
            WrongState: A Close is out, or the connection is gone.
            RuntimeError: A fragmented message is not finished.
            TypeError: It is neither text nor bytes.
            UnicodeEncodeError: The text holds half a surrogate pair.
        """
        if isinstance(data, str):
            first = FIN | TEXT
        elif isinstance(data, (bytes, bytearray, memoryview)):
            first = FIN | BINARY
        else:
            raise TypeError(f"message got {type(data).__name__}, expected str, bytes, bytearray or memoryview")
        if not self.speaks:
            raise WrongState(Step.SEND_DATA, self._phase)
        if self.sending:
            raise RuntimeError("a fragmented message is not finished")
        if self._deflater is not None:
            data = self._deflater.compress(data.encode() if isinstance(data, str) else data)
            first |= COMPRESSED
        self._write(first, data)

    def send_fragment(self, data: Payload, *, fin: bool) -> None:
        """Queue one frame of a fragmented message; the first of them says whether it is text.

        Args:
            data: `str` for text, the rest for binary: the same for all frames of a message.
            fin: True with the last one.

        Raises:
            WrongState: A Close is out, or the connection is gone.
            TypeError: It is neither text nor bytes, or another than the message began with.
        """
        if not isinstance(data, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"fragment got {type(data).__name__}, expected str, bytes, bytearray or memoryview")
        opcode = TEXT if isinstance(data, str) else BINARY
        if not self.speaks:
            raise WrongState(Step.SEND_DATA, self._phase)
        if self.sending and self.sending != opcode:
            raise TypeError(f"fragment got {type(data).__name__}, but the message began with the other kind")
        first = 0 if self.sending else opcode
        if self._deflater is not None:
            data = self._deflater.compress(data.encode() if isinstance(data, str) else data, fin)
            first |= 0 if self.sending else COMPRESSED
        self._write(FIN | first if fin else first, data)
        self.sending = 0 if fin else opcode  # only now: text with half a surrogate pair has been refused

    def send_ping(self, data: bytes = b"") -> None:
        """Queue a Ping.

        Args:
            data: At most 125 bytes; the Pong brings them back.

        Raises:
            WrongState: The peer's Close came, or the connection is gone.
            ValueError: It is longer.
        """
        self._send_control(FIN | PING, data)

    def send_pong(self, data: bytes = b"") -> None:
        """Queue an unsolicited Pong.

        Args:
            data: At most 125 bytes.

        Raises:
            WrongState: The peer's Close came, or the connection is gone.
            ValueError: It is longer.

        Source: RFC 6455 section 5.5.3.
        """
        self._send_control(FIN | PONG, data)

    def _send_control(self, first: int, data: bytes) -> None:
        if len(data) > 125:
            raise ValueError(f"control payload got {len(data)} bytes, expected at most 125")
        self._move(Step.SEND_CONTROL)
        self._write(first, data)

    def send_close(self, code: int = 1000, reason: str = "") -> None:
        """Queue a Close; do nothing if one was sent before, or if the connection is gone.

        Args:
            code: 1005 sends none.
            reason: At most 123 bytes as UTF-8.

        Raises:
            ValueError: The code must not be sent, or the reason is too long.
        """
        payload = encode_close(code, reason)
        self.fail_held()  # the violation's own code says more
        if self._phase is not Phase.OPEN:
            return
        self.sending = 0
        self.close_sent = Close(code, reason)
        self._write(FIN | CLOSE, payload)
        self._move(Step.SEND_CLOSE)

    def _write(self, first: int, payload: Payload) -> None:
        """Append one encoded frame to the queue."""
        if not self._client:
            self._writer.write(first, payload)
            return
        at = self._key_at
        if at >= len(self._keys):
            self._fetch_keys()
            at = 0
        self._key_at = at + 4
        self._writer.write_masked(first, payload, self._keys, at)

    def _fetch_keys(self) -> None:
        """Fetch masking keys.

        Source: RFC 6455 section 5.3 and 10.3.
        """
        assert self._mask_key is not None, "a client has one"
        keys = self._mask_key()
        if not keys or len(keys) % 4:
            raise ValueError(f"mask_key returned {len(keys)} bytes, expected a multiple of 4")
        self._keys = keys

    def data_to_send(self) -> bytes:
        """Remove and return the output for the peer; b"" if there is none."""
        return self._writer.take()

    # The state of the connection

    @property
    def state(self) -> State:
        """OPEN, CLOSING or CLOSED."""
        return STATES[self._phase]

    @property
    def phase(self) -> Phase:
        """The phase of the connection."""
        return self._phase

    @property
    def finished(self) -> bool:
        """True if nothing more is read or queued: a server ends TCP now, a client waits for that (section 7.1.1)."""
        return not self._hears

    @property
    def queued_bytes(self) -> int:
        """How much `data_to_send` would return."""
        return len(self._writer)

    @property
    def offset(self) -> int:
        """Offset of the last frame in the stream after the upgrade."""
        return self.reader.offset

    def _move(self, step: Step) -> None:
        """Take a step of the table, or refuse it."""
        phase = TRANSITIONS[self._phase].get(step)
        if phase is None:
            raise WrongState(step, self._phase)
        if phase is self._phase:
            return
        self._phase = phase
        self.speaks = Step.SEND_DATA in TRANSITIONS[phase]
        self._hears = Step.RECEIVE_FRAME in TRANSITIONS[phase]
        if not self._hears:
            # No further input: free its buffers.
            self.reader.abandon()
            self._inflated.clear()
            self._inflater = None
        if not self.speaks:
            self._deflater = None
