"""permessage-deflate: what two endpoints agree on, and compressing and inflating by it.

Source: RFC 7692. zlib cannot compress with a window of 2^8 octets, so 8 bits are never promised for our own compressor.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wssure.wire.decode import DecodeError
from wssure.wire.extension import ExtensionEntry

__all__ = [
    "DeflateParams",
    "DeflateSettings",
    "Deflater",
    "Inflater",
    "MessageTooBig",
    "NAME",
    "NegotiationError",
    "TooManyBlocks",
    "accept_answer",
    "answer_offers",
    "codecs_for",
    "offer",
]

NAME: Final = "permessage-deflate"
SECTION: Final = "RFC 7692 section 7.1"
# Every message a deflater flushed ends with this; the sender cuts it off (section 7.2.1).
TAIL: Final = b"\x00\x00\xff\xff"
# How much zlib gets at once after a final block: it copies what it leaves, and a final block takes two bytes.
SLICE_BYTES: Final = 1024
_FLAGS: Final = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS: Final = ("server_max_window_bits", "client_max_window_bits")


class NegotiationError(DecodeError):
    """An answer accepts what was not offered, or an offer or answer breaks RFC 7692 section 7.1."""


class MessageTooBig(ValueError):
    """Inflating would go beyond the limit."""


class TooManyBlocks(ValueError):
    """A message holds more final blocks than allowed."""


@dataclass(frozen=True, slots=True)
class DeflateSettings:
    """What this side wants.

    Args:
        server_no_context_takeover: The server's compressor starts afresh with each message.
        client_no_context_takeover: The client's does.
        server_max_window_bits: The server's window, 9 to 15; 8 is possible for a client to ask, not for a server to do.
        client_max_window_bits: The client's window, 9 to 15.
        level: zlib's 0 to 9, -1 for its default.
        mem_level: zlib's 1 to 9; a compressor takes 2^(bits+2) + 2^(mem_level+9) bytes.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 12
    client_max_window_bits: int = 12
    level: int = 6
    mem_level: int = 5

    def __post_init__(self) -> None:
        for name in _WINDOWS:
            bits = getattr(self, name)
            if not 8 <= bits <= 15:
                raise ValueError(f"{name} got {bits}, expected 8 to 15")


@dataclass(frozen=True, slots=True)
class DeflateParams:
    """What both sides agreed on.

    Args:
        server_no_context_takeover: The server's compressor starts afresh with each message.
        client_no_context_takeover: The client's does.
        server_max_window_bits: The server's window.
        client_max_window_bits: The client's window.
        level: How hard our own compressor tries.
        mem_level: How much memory it takes.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
    level: int = 6
    mem_level: int = 5


def offer(settings: DeflateSettings) -> ExtensionEntry:
    """Return what a client offers.

    Raises:
        ValueError: The client's own window is 8 bits, which zlib cannot do.

    Source: RFC 7692 section 7.1.
    """
    if settings.client_max_window_bits == 8:
        raise ValueError("client_max_window_bits got 8, expected 9 to 15: zlib cannot compress with 8")
    parameters: list[tuple[str, str | None]] = []
    if settings.server_no_context_takeover:
        parameters.append(("server_no_context_takeover", None))
    if settings.client_no_context_takeover:
        parameters.append(("client_no_context_takeover", None))
    if settings.server_max_window_bits < 15:
        parameters.append(("server_max_window_bits", str(settings.server_max_window_bits)))
    bits = settings.client_max_window_bits
    # Without this parameter the server could not ask for a smaller window (section 7.1.2.2).
    parameters.append(("client_max_window_bits", str(bits) if bits < 15 else None))
    return ExtensionEntry(NAME, tuple(parameters))


def _parameters(entry: ExtensionEntry, *, answer: bool) -> dict[str, str | None]:
    """Check each parameter for itself; return them by name."""
    found: dict[str, str | None] = {}
    for name, value in entry.parameters:
        # Section 7.1: an offer or answer is declined that "contains an extension parameter not defined for use in" it,
        # "with an invalid value", or "multiple extension parameters with the same name".
        if name in found:
            raise NegotiationError(f"{NAME} got {name} twice", 0, SECTION)
        if name in _FLAGS:
            if value is not None:
                raise NegotiationError(f"{name} got the value {value!r}, expected none", 0, SECTION)
        elif name in _WINDOWS:
            optional = name == "client_max_window_bits" and not answer
            if not (value is None and optional) and value not in ("8", "9", "10", "11", "12", "13", "14", "15"):
                raise NegotiationError(f"{name} got {value!r}, expected 8 to 15", 0, SECTION)
        else:
            raise NegotiationError(f"{NAME} got the unknown parameter {name[:64]!r}", 0, SECTION)
        found[name] = value
    return found


def answer_offers(
    offers: Sequence[ExtensionEntry], settings: DeflateSettings
) -> tuple[DeflateParams, ExtensionEntry] | None:
    """Return what a server agrees to and how it says so; None where no offer of permessage-deflate can be met.

    Args:
        offers: Everything the client offered, best first.
        settings: What this server wants.

    Source: RFC 7692 section 5.1 and 7.1.
    """
    for entry in offers:
        if entry.name != NAME:
            continue
        try:
            wanted = _parameters(entry, answer=False)
        except NegotiationError:
            continue  # section 7.1: the server MUST decline such an offer; a later one may do
        agreed = _agree(wanted, settings)
        if agreed is not None:
            return agreed
    return None


def _agree(wanted: dict[str, str | None], settings: DeflateSettings) -> tuple[DeflateParams, ExtensionEntry] | None:
    """Meet one offer."""
    parameters: list[tuple[str, str | None]] = []
    server_fresh = settings.server_no_context_takeover or "server_no_context_takeover" in wanted
    client_fresh = settings.client_no_context_takeover or "client_no_context_takeover" in wanted
    if server_fresh:
        parameters.append(("server_no_context_takeover", None))
    if client_fresh:
        parameters.append(("client_no_context_takeover", None))
    server_bits = min(settings.server_max_window_bits, int(wanted.get("server_max_window_bits") or 15))
    if server_bits == 8:
        return None  # zlib cannot compress so
    if server_bits < 15 or "server_max_window_bits" in wanted:
        parameters.append(("server_max_window_bits", str(server_bits)))
    client_bits = 15
    # "If a received extension negotiation offer doesn't have the 'client_max_window_bits' extension parameter, the
    # corresponding extension negotiation response to the offer MUST NOT include" it.
    if "client_max_window_bits" in wanted:
        client_bits = min(settings.client_max_window_bits, int(wanted["client_max_window_bits"] or 15))
        if client_bits < 15 or wanted["client_max_window_bits"] is not None:
            parameters.append(("client_max_window_bits", str(client_bits)))
    params = DeflateParams(server_fresh, client_fresh, server_bits, client_bits, settings.level, settings.mem_level)
    return params, ExtensionEntry(NAME, tuple(parameters))


def accept_answer(answer: Sequence[ExtensionEntry], settings: DeflateSettings | None) -> DeflateParams | None:
    """Return what a client and the server agreed on; None where the server declined.

    Args:
        answer: Everything the server accepted.
        settings: What was offered; None where nothing was.

    Raises:
        NegotiationError: The server accepted what was not offered.

    Source: RFC 6455 section 9.1, RFC 7692 section 7.1.
    """
    if not answer:
        return None
    if settings is None:
        raise NegotiationError(f"answer got {answer[0].name[:64]!r}, expected no extension", 0, "RFC 6455 section 9.1")
    for entry in answer:
        if entry.name != NAME:
            raise NegotiationError(f"answer got {entry.name[:64]!r}, which was not offered", 0, "RFC 6455 section 9.1")
    if len(answer) > 1:
        raise NegotiationError(f"answer got {NAME} twice", 0, SECTION)
    given = _parameters(answer[0], answer=True)
    if settings.server_no_context_takeover and "server_no_context_takeover" not in given:
        raise NegotiationError("answer got no server_no_context_takeover, which the offer demands", 0, SECTION)
    # An answer without this parameter does not keep to an offer with it (section 7.1.2.1), and libwebsockets 4.1.6 gives it.
    # A client must fail only where it "does not support the configuration that the response represents" (section 7.1);
    # 15 bits are supported. A larger value, said outright, is a server that did not understand.
    server_bits = int(given.get("server_max_window_bits") or 15)
    if "server_max_window_bits" in given and server_bits > settings.server_max_window_bits:
        what = f"server_max_window_bits got {server_bits}, the offer demands at most {settings.server_max_window_bits}"
        raise NegotiationError(what, 0, SECTION)
    client_bits = int(given.get("client_max_window_bits") or 15)
    if client_bits == 8:
        raise NegotiationError("client_max_window_bits got 8, which zlib cannot compress with", 0, SECTION)
    return DeflateParams(
        server_no_context_takeover="server_no_context_takeover" in given,
        # "client_no_context_takeover" in an offer is a hint that binds the client alone (section 7.1.1.2).
        client_no_context_takeover="client_no_context_takeover" in given or settings.client_no_context_takeover,
        server_max_window_bits=server_bits,
        client_max_window_bits=min(client_bits, settings.client_max_window_bits),
        level=settings.level,
        mem_level=settings.mem_level,
    )


class Deflater:
    """Compresses messages.

    Args:
        window_bits: 9 to 15.
        no_context_takeover: Start afresh with each message; then nothing is kept between messages.
        level: zlib's level.
        mem_level: zlib's memory level.
    """

    def __init__(self, window_bits: int, no_context_takeover: bool, level: int = 6, mem_level: int = 5) -> None:
        self._arguments = (level, zlib.DEFLATED, -window_bits, mem_level)
        self._fresh = no_context_takeover
        self._zlib: zlib._Compress | None = None

    def compress(self, data: bytes | bytearray | memoryview, fin: bool = True) -> bytes:
        """Return the payload of one frame.

        Args:
            data: What the frame carries.
            fin: True on the last frame of the message.

        Source: RFC 7692 section 7.2.1 and 7.2.3.6.
        """
        if self._zlib is None:
            self._zlib = zlib.compressobj(*self._arguments)
        flushed = self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        if not fin:
            return flushed
        if self._fresh:
            self._zlib = None
        # zlib flushes nothing where nothing is new since its last flush: then an empty block stands for an empty payload.
        return flushed[:-4] if flushed.endswith(TAIL) else b"\x00"


class Inflater:
    """Inflates messages, and never more of one than allowed.

    Args:
        window_bits: 8 to 15: what the peer promised.
        no_context_takeover: The peer starts afresh with each message.
        max_final_blocks: Most final blocks of one message; None for no limit.
    """

    def __init__(self, window_bits: int, no_context_takeover: bool, max_final_blocks: int | None = None) -> None:
        # zlib inflates 8 bits only with a window of 9 in some versions; a larger window reads a smaller one's data.
        self._bits = -max(window_bits, 9)
        self._fresh = no_context_takeover
        self._max_final_blocks = max_final_blocks
        self._final_blocks = 0
        self._zlib: zlib._Decompress | None = None

    def inflate(self, data: bytes, fin: bool, room: int | None) -> bytes:
        """Return what the payload of one frame inflates to.

        Args:
            data: The payload.
            fin: True on the last frame of the message.
            room: How many bytes more the message may have; None for no limit.

        Raises:
            MessageTooBig: It inflates to more; at most `room` + 1 bytes were inflated.
            TooManyBlocks: The message has more final blocks than allowed.
            DecodeError: It is no DEFLATE data.

        Source: RFC 7692 section 7.2.2.
        """
        if self._zlib is None:
            self._zlib = zlib.decompressobj(self._bits)
        try:
            # "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message."
            inflated = self._some(self._zlib, data + TAIL if fin else data, room)
            if self._zlib.eof:
                inflated = self._after_final_block(self._zlib, inflated, room)
        except zlib.error as error:
            raise DecodeError(f"payload is no DEFLATE data ({error})", 0, "RFC 7692 section 7.2.2") from error
        if fin:
            self._final_blocks = 0
            if self._fresh:
                self._zlib = None
        return inflated

    def _some(self, stream: zlib._Decompress, data: bytes | memoryview, room: int | None) -> bytes:
        """Inflate all of the data, or what of it stands before the end of a final block."""
        if room is None:
            return stream.decompress(data)
        piece = stream.decompress(data, room + 1)
        if len(piece) > room:
            raise MessageTooBig("message inflates to more bytes than it may have")
        return piece

    def _after_final_block(self, stream: zlib._Decompress, first: bytes, room: int | None) -> bytes:
        """Inflate what follows a block with BFINAL set, which zlib takes for the end (section 7.2.3.4 allows it).

        Args:
            stream: What inflated the block.
            first: What it made of the payload so far.
            room: As in `inflate`, for the whole of the payload.

        Returns:
            What the whole payload inflates to.
        """
        pieces, size, window = [first], len(first), first
        rest = memoryview(stream.unused_data)
        while True:
            if stream.eof:
                self._final_blocks += 1
                if self._max_final_blocks is not None and self._final_blocks > self._max_final_blocks:
                    raise TooManyBlocks(f"message got more than {self._max_final_blocks} final blocks")
                window = window[-(1 << -self._bits) :]
                stream = zlib.decompressobj(self._bits, zdict=window) if window else zlib.decompressobj(self._bits)
                self._zlib = stream
            if not rest:
                return b"".join(pieces)
            part = rest[:SLICE_BYTES]
            piece = self._some(stream, part, None if room is None else room - size)
            rest = rest[len(part) - len(stream.unused_data) :]
            size += len(piece)
            pieces.append(piece)
            window = (window + piece)[-(1 << -self._bits) :]


def codecs_for(
    params: DeflateParams, *, client: bool, max_final_blocks: int | None = None
) -> tuple[Deflater, Inflater]:
    """Return what compresses our messages and what inflates the peer's.

    Args:
        params: What the upgrade agreed on.
        client: Which side we are.
        max_final_blocks: Most final blocks of one received message; None for no limit.
    """
    ours = (params.client_max_window_bits, params.client_no_context_takeover)
    theirs = (params.server_max_window_bits, params.server_no_context_takeover)
    if not client:
        ours, theirs = theirs, ours
    return Deflater(*ours, params.level, params.mem_level), Inflater(*theirs, max_final_blocks)
