"""Read a ClientHello from a file, standard input or the command line, as raw bytes or a text dump."""

import re
import sys
from pathlib import Path
from typing import Final

from wssure.errors import usage_error
from wssure.name import mask_secrets

# The maximum length of a first flight; a larger file is something else.
_MOST_BYTES: Final = 2**20
_PCAP: Final = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
# Separators of bytes in hex text: C arrays, Python literals, colons, quotes.
_BETWEEN = re.compile(r"0[xX]|\\x|[\s:,;{}()\[\]\"'-]|\bb(?=[\"'])")
# A line of xxd, hexdump -C, od, Wireshark or openssl -debug: an offset, then up to 16 bytes, then their text.
_DUMP_LINE = re.compile(r"\s*(?P<offset>[0-9A-Fa-f]{4,16})(?::| -|(?= )|\s*\Z) *(?P<bytes>.*)")
# The form of `xxd -i` and of C code: { 0x16, 0x03, ... }
_ARRAY = re.compile(r"\{\s*0[xX][^{}]*\}")
_ARRAY_BYTE = re.compile(r"0[xX]([0-9A-Fa-f]{1,2})\b")
_PAIR = re.compile(r"(?P<byte>[0-9A-Fa-f]{2})(?P<gap>[ -]*)")
_DUMP_BYTES: Final = 16
_MESSAGE = re.compile(r"\s*(?P<way>>>>|<<<)\s")
_BLOCK = re.compile(r"\s*(?P<way>write to|read from)\b")


def read_source(word: str) -> bytes:
    """Read the bytes of one argument of the command line.

    Args:
        word: A file's name, `-` for standard input, or hex text.

    Raises:
        UsageError: The argument is neither a file nor hex, cannot be read, or is a capture file.
    """
    if word == "-":
        return flight_bytes(sys.stdin.buffer.read(_MOST_BYTES))
    path = _file(word)
    if path is not None:
        try:
            with path.open("rb") as file:
                return flight_bytes(file.read(_MOST_BYTES))
        except OSError as error:
            text = f"{mask_secrets(word)} cannot be read: {error.strerror}"
            raise usage_error("source", text, "give a readable file") from error
    data = _plain(word)
    if data is None:
        raise usage_error(
            "source",
            f'"{mask_secrets(word, 60)}" is no file, and no hex text either',
            "give the name of an existing file, - for standard input, or the bytes as hex",
        )
    return data


def _file(word: str) -> Path | None:
    """Return the path of an existing file, None if the word is not one (hex text is too long for a name)."""
    path = Path(word)
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


def flight_bytes(data: bytes) -> bytes:
    """Return the first flight in the input: the bytes themselves, or the bytes of a text dump.

    Args:
        data: The input.

    Returns:
        The bytes; `data` itself if it is not hex text.

    Raises:
        UsageError: The input is a capture file.
    """
    if data[:4] in _PCAP:
        raise usage_error(
            "source",
            "got a capture file (pcap), expected the bytes of one connection",
            "let the client dial this machine: `wssure hello --listen 8443`; or extract the bytes of one client (package tshark): `tshark -r FILE -Y 'tls.handshake.type==1 && ip.src==ADDRESS' -T fields -e tcp.payload | head -n 1 | wssure hello -`",
        )
    if data[:1] in (b"\x16", b"\x01", b"\x80"):
        return data
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return data
    decoded = _from_text(text)
    return data if decoded is None else decoded


def _from_text(text: str) -> bytes | None:
    """Return the bytes in a text, or None."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "//"))]
    if any(_MESSAGE.match(line) for line in lines):
        return _sent_hello(lines)
    if any(_BLOCK.match(line) for line in lines):
        return _read_dump(_sent_block(lines))
    array = _ARRAY.search(text)
    if array is not None:
        return bytes(int(byte, 16) for byte in _ARRAY_BYTE.findall(array[0]))
    return _read_dump(lines) or _plain(" ".join(lines))


def _plain(text: str) -> bytes | None:
    bare = _BETWEEN.sub("", text)
    return bytes.fromhex(bare) if _HEX.match(bare) else None


def _read_dump(lines: list[str]) -> bytes | None:
    """Read a dump with offsets; None if a line has another form, or its offset differs from the bytes before it."""
    dump = bytearray()
    for line in lines:
        match = _DUMP_LINE.match(line)
        if match is None or len(dump) not in _offsets(match["offset"]):
            return None
        dump += _line_bytes(match["bytes"])
    return bytes(dump) or None


def _offsets(text: str) -> set[int]:
    """Return the possible values of an offset: hexadecimal, and octal as in `od` without options."""
    octal = {int(text, 8)} if set(text) <= set("01234567") else set()
    return {int(text, 16), *octal}


def _line_bytes(text: str) -> bytes:
    """Return the bytes of one dump line: at most 16, and none after the gap before the text column."""
    octets = bytearray()
    at = 0
    while len(octets) < _DUMP_BYTES and (pair := _PAIR.match(text, at)):
        octets.append(int(pair["byte"], 16))
        at = pair.end()
        # Some dumps leave a double space in the middle; any other wide gap ends the bytes.
        if len(pair["gap"]) > (2 if len(octets) == _DUMP_BYTES // 2 else 1):
            break
    return bytes(octets)


def _sent_hello(lines: list[str]) -> bytes | None:
    """Return the ClientHello of an `openssl s_client -msg` text, without its record header."""
    hello_lines: list[str] = []
    inside = False
    for line in lines:
        if _MESSAGE.match(line):
            if hello_lines:
                break
            inside = "ClientHello" in line
        elif inside and _plain(line) is not None:
            hello_lines.append(line)
        elif hello_lines:
            break
    return _plain(" ".join(hello_lines)) if hello_lines else None


def _sent_block(lines: list[str]) -> list[str]:
    """Return the dump lines of the first block that `openssl s_client -debug` wrote to the server."""
    block_lines: list[str] = []
    inside = False
    for line in lines:
        block = _BLOCK.match(line)
        if block:
            if block_lines:
                break
            inside = block["way"] == "write to"
        elif inside and _DUMP_LINE.match(line):
            block_lines.append(line)
    return block_lines
