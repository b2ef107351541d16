"""Negotiate permessage-deflate, and compress and inflate messages with it.

Source: RFC 7692. zlib cannot compress with a window of 2^8 octets, so this side never promises 8 bits for its own
compressor.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError
from wssure.wire.extension import ExtensionEntry

NAME: Final = "permessage-deflate"
SECTION: Final = "RFC 7692 section 7.1"
# Every flushed message ends with these bytes; the sender removes them (section 7.2.1).
TAIL: Final = b"\x00\x00\xff\xff"
# Input passed to zlib at a time after a final block. zlib copies its unused input at each final block, and such a block
# may be two bytes long.
SLICE_BYTES: Final = 1024
_FLAGS: Final = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS: Final = ("server_max_window_bits", "client_max_window_bits")


class NegotiationError(DecodeError):
    """The answer accepts parameters that were not offered, or an offer or answer breaks RFC 7692 section 7.1."""


class MessageTooBig(ValueError):
    """The inflated message would be longer than the limit."""


class TooManyBlocks(ValueError):
    """The message contains more final DEFLATE blocks than allowed."""


@frozen
class DeflateSettings:
    """The parameters that this side asks for.

    Args:
        server_no_context_takeover: The server's compressor resets its window for each message.
        client_no_context_takeover: The client's compressor resets its window for each message.
        server_max_window_bits: The server's window, 9 to 15. A client may ask for 8; a server cannot compress with it.
        client_max_window_bits: The client's window, 9 to 15.
        level: zlib's compression level, 0 to 9; -1 is zlib's default.
        mem_level: zlib's memory level, 1 to 9; a compressor uses 2^(bits+2) + 2^(mem_level+9) bytes.
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


@frozen
class DeflateParams:
    """The parameters that both sides agreed on.

    Args:
        server_no_context_takeover: The server's compressor resets its window for each message.
        client_no_context_takeover: The client's compressor resets its window for each message.
        server_max_window_bits: The server's window.
        client_max_window_bits: The client's window.
        level: zlib's compression level of our own compressor.
        mem_level: zlib's memory level of our own compressor.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
    level: int = 6
    mem_level: int = 5


def offer(settings: DeflateSettings) -> ExtensionEntry:
    """Make the extension entry that a client offers.

    Raises:
        ValueError: The client's own window is 8 bits; zlib does not support that.

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
    # Without this parameter the server may not ask for a smaller window (section 7.1.2.2).
    parameters.append(("client_max_window_bits", str(bits) if bits < 15 else None))
    return ExtensionEntry(NAME, tuple(parameters))


def _parameters(entry: ExtensionEntry, *, answer: bool) -> dict[str, str | None]:
    """Check each parameter and return them by name."""
    parameters: dict[str, str | None] = {}
    for name, value in entry.parameters:
        # Section 7.1: an offer or answer is declined that "contains an extension parameter not defined for use in" it,
        # "with an invalid value", or "multiple extension parameters with the same name".
        if name in parameters:
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
        parameters[name] = value
    return parameters


def answer_offers(
    offers: Sequence[ExtensionEntry], settings: DeflateSettings
) -> tuple[DeflateParams, ExtensionEntry] | None:
    """Accept the first acceptable offer and make the answer; None if no offer of permessage-deflate is acceptable.

    Args:
        offers: All extensions that the client offered, in order of preference.
        settings: The parameters that this server asks for.

    Source: RFC 7692 section 5.1 and 7.1.
    """
    for entry in offers:
        if entry.name != NAME:
            continue
        try:
            wanted = _parameters(entry, answer=False)
        except NegotiationError:
            continue  # section 7.1: the server MUST decline such an offer; a later offer may be acceptable
        agreed = _agree(wanted, settings)
        if agreed is not None:
            return agreed
    return None


def _agree(wanted: dict[str, str | None], settings: DeflateSettings) -> tuple[DeflateParams, ExtensionEntry] | None:
    """Accept one offer; None if it cannot be accepted."""
    parameters: list[tuple[str, str | None]] = []
    server_fresh = settings.server_no_context_takeover or "server_no_context_takeover" in wanted
    client_fresh = settings.client_no_context_takeover or "client_no_context_takeover" in wanted
    if server_fresh:
        parameters.append(("server_no_context_takeover", None))
    if client_fresh:
        parameters.append(("client_no_context_takeover", None))
    server_bits = min(settings.server_max_window_bits, int(wanted.get("server_max_window_bits") or 15))
    if server_bits == 8:
        return None  # zlib cannot compress with this window
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
    """Check the server's answer and return the agreed parameters; None if the server declined.

    Args:
        answer: All extensions that the server accepted.
        settings: The settings of the offer; None if compression was not offered.

    Raises:
        NegotiationError: The server accepted an extension or a parameter that was not offered.

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
    parameters = _parameters(answer[0], answer=True)
    if settings.server_no_context_takeover and "server_no_context_takeover" not in parameters:
        raise NegotiationError("answer got no server_no_context_takeover, which the offer demands", 0, SECTION)
    # An answer without this parameter breaks an offer with it (section 7.1.2.1). libwebsockets 4.1.6 sends such
    # answers. A client must fail only where it "does not support the configuration that the response represents"
    # (section 7.1); 15 bits are supported. An explicit value above the offered one is a server error.
    server_bits = int(parameters.get("server_max_window_bits") or 15)
    if "server_max_window_bits" in parameters and server_bits > settings.server_max_window_bits:
        what = f"server_max_window_bits got {server_bits}, the offer demands at most {settings.server_max_window_bits}"
        raise NegotiationError(what, 0, SECTION)
    client_bits = int(parameters.get("client_max_window_bits") or 15)
    if client_bits == 8:
        raise NegotiationError("client_max_window_bits got 8, which zlib cannot compress with", 0, SECTION)
    return DeflateParams(
        server_no_context_takeover="server_no_context_takeover" in parameters,
        # "client_no_context_takeover" in an offer is a hint that binds the client alone (section 7.1.1.2).
        client_no_context_takeover="client_no_context_takeover" in parameters or settings.client_no_context_takeover,
        server_max_window_bits=server_bits,
        client_max_window_bits=min(client_bits, settings.client_max_window_bits),
        level=settings.level,
        mem_level=settings.mem_level,
    )


class Deflater:
    """Compresses the payloads of messages (RFC 7692 section 7.2.1).

    Args:
        window_bits: 9 to 15.
        no_context_takeover: Reset the window for each message; then no memory is kept between messages.
        level: zlib's compression level.
        mem_level: zlib's memory level.
    """

    def __init__(self, window_bits: int, no_context_takeover: bool, level: int = 6, mem_level: int = 5) -> None:
        self._arguments = (level, zlib.DEFLATED, -window_bits, mem_level)
        self._fresh = no_context_takeover
        self._zlib: zlib._Compress | None = None

    def compress(self, data: bytes | bytearray | memoryview, fin: bool = True) -> bytes:
        """Compress the payload of one frame.

        Args:
            data: The payload before compression.
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
        # If there is no new input since the last flush, zlib writes nothing. An empty block is then sent for the empty
        # payload.
        return flushed[:-4] if flushed.endswith(TAIL) else b"\x00"


class Inflater:
    """Inflates the payloads of messages, up to a limit per message (RFC 7692 section 7.2.2).

    Args:
        window_bits: The window that the peer promised, 8 to 15.
        no_context_takeover: The peer resets its window for each message.
        max_final_blocks: Maximum number of final blocks in one message; None for no limit.
    """

    def __init__(self, window_bits: int, no_context_takeover: bool, max_final_blocks: int | None = None) -> None:
        # Some zlib versions cannot inflate with a window of 8 bits. A larger window can read the data of a smaller one.
        self._bits = -max(window_bits, 9)
        self._fresh = no_context_takeover
        self._max_final_blocks = max_final_blocks
        self._final_blocks = 0
        self._zlib: zlib._Decompress | None = None

    def inflate(self, data: bytes, fin: bool, limit: int | None) -> bytes:
        """Inflate the payload of one frame.

        Args:
            data: The payload.
            fin: True on the last frame of the message.
            limit: Number of bytes that the message may still have; None for no limit.

        Raises:
            MessageTooBig: The payload inflates to more than `limit` bytes; at most `limit` + 1 bytes were inflated.
            TooManyBlocks: The message has more final blocks than allowed.
            DecodeError: The payload is not DEFLATE data.

        Source: RFC 7692 section 7.2.2.
        """
        if self._zlib is None:
            self._zlib = zlib.decompressobj(self._bits)
        try:
            # "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message."
            inflated = self._some(self._zlib, data + TAIL if fin else data, limit)
            if self._zlib.eof:
                inflated = self._after_final_block(self._zlib, inflated, limit)
        except zlib.error as error:
            raise DecodeError(f"payload is no DEFLATE data ({error})", 0, "RFC 7692 section 7.2.2") from error
        if fin:
            self._final_blocks = 0
            if self._fresh:
                self._zlib = None
        return inflated

    def _some(self, stream: zlib._Decompress, data: bytes | memoryview, limit: int | None) -> bytes:
        """Inflate the data up to its end or to the end of a final block."""
        if limit is None:
            return stream.decompress(data)
        piece = stream.decompress(data, limit + 1)
        if len(piece) > limit:
            raise MessageTooBig("message inflates to more bytes than it may have")
        return piece

    def _after_final_block(self, stream: zlib._Decompress, first: bytes, limit: int | None) -> bytes:
        """Inflate the data after a block with BFINAL set, at which zlib ends its stream (section 7.2.3.4).

        Args:
            stream: The zlib object that inflated the final block.
            first: The bytes inflated from this payload so far.
            limit: As in `inflate`, for the whole payload.

        Returns:
            The bytes inflated from the whole payload.
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
            piece = self._some(stream, part, None if limit is None else limit - size)
            rest = rest[len(part) - len(stream.unused_data) :]
            size += len(piece)
            pieces.append(piece)
            window = (window + piece)[-(1 << -self._bits) :]


def codecs_for(
    params: DeflateParams, *, client: bool, max_final_blocks: int | None = None
) -> tuple[Deflater, Inflater]:
    """Make the compressor for our messages and the inflater for the peer's messages.

    Args:
        params: The parameters agreed on in the opening handshake.
        client: True if this side is the client.
        max_final_blocks: Maximum number of final blocks in one received message; None for no limit.
    """
    ours = (params.client_max_window_bits, params.client_no_context_takeover)
    theirs = (params.server_max_window_bits, params.server_no_context_takeover)
    if not client:
        ours, theirs = theirs, ours
    return Deflater(*ours, params.level, params.mem_level), Inflater(*theirs, max_final_blocks)
