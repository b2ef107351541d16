"""Read DER: tag, length and contents, always within the bounds of the enclosing element.

Only one-byte tags and definite lengths are supported, as in certificates. Lengths that are not minimal are accepted:
certificates with them exist, and an explanation is more useful than an error. There is no recursion, so nesting depth
has no cost.

Source: ITU-T X.690 (2021) sections 8.1 and 10.1.
"""

from __future__ import annotations

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
# A limit of this module, not of X.690: no real certificate has more values in one sequence.
MAX_CHILDREN: Final = 4096
_SECTION: Final = "X.690 section 8.1"


@frozen
class Element:
    """One DER element.

    Args:
        tag: Identifier byte with class and constructed bit: 0x30 is SEQUENCE, 0xA3 is [3].
        data: The bytes that contain the element.
        begin: Offset of the tag in `data`.
        start: Offset of the first byte of the contents.
        stop: Offset after the last byte.

    Source: X.690 section 8.1.
    """

    tag: int
    data: bytes
    begin: int
    start: int
    stop: int

    @property
    def contents(self) -> bytes:
        """The contents, without tag and length."""
        return self.data[self.start : self.stop]

    @property
    def raw(self) -> bytes:
        """The whole element, with tag and length."""
        return self.data[self.begin : self.stop]

    def expect(self, tag: int, name: str) -> Element:
        """Check the tag and return the element itself.

        Raises:
            DecodeError: The tag is different.
        """
        if self.tag != tag:
            raise DecodeError(f"{name} got tag 0x{self.tag:02x}, expected 0x{tag:02x}", self.begin, _SECTION)
        return self

    def children(self) -> list[Element]:
        """Return the elements in the contents.

        Raises:
            DecodeError: An element extends beyond the contents, or there are more than `MAX_CHILDREN`.
        """
        elements: list[Element] = []
        at = self.start
        while at < self.stop:
            child = _read(self.data, at, self.stop)
            elements.append(child)
            at = child.stop
            if len(elements) > MAX_CHILDREN:
                raise DecodeError(f"more than {MAX_CHILDREN} values in one", self.begin, _SECTION)
        return elements

    def inner(self) -> Element:
        """Return the only element in the contents.

        Raises:
            DecodeError: There is no element, it extends beyond the contents, or more bytes follow it.
        """
        child = _read(self.data, self.start, self.stop)
        if child.stop != self.stop:
            raise DecodeError(f"value is followed by {self.stop - child.stop} bytes", child.stop, _SECTION)
        return child

    def integer(self, name: str) -> int:
        """Decode an INTEGER.

        Raises:
            DecodeError: The element is not an INTEGER, or it is empty.
        """
        self.expect(INTEGER, name)
        if self.start == self.stop:
            raise DecodeError(f"{name} is an empty INTEGER", self.begin, _SECTION)
        return int.from_bytes(self.contents, "big", signed=True)

    def oid(self, name: str) -> str:
        """Decode an OBJECT IDENTIFIER to dotted form.

        Raises:
            DecodeError: The element is not an OBJECT IDENTIFIER, or it is empty, truncated or too long.

        Source: X.690 section 8.19.
        """
        contents = self.expect(OID, name).contents
        # A limit of this module: real identifiers have far fewer bytes, and an unlimited arc is an unlimited number.
        if not contents or contents[-1] & 0x80 or len(contents) > 128:
            raise DecodeError(f"{name} is no OBJECT IDENTIFIER: {contents[:16].hex()}", self.begin, _SECTION)
        arcs: list[int] = []
        number = 0
        for byte in contents:
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                arcs.append(number)
                number = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))

    def bits(self, name: str) -> bytes:
        """Return the bytes of a BIT STRING, without the leading count of unused bits.

        Raises:
            DecodeError: The element is not a BIT STRING, or it is empty.
        """
        self.expect(BIT_STRING, name)
        if self.start == self.stop:
            raise DecodeError(f"{name} is an empty BIT STRING", self.begin, _SECTION)
        return self.data[self.start + 1 : self.stop]


def _read(data: bytes, at: int, stop: int) -> Element:
    """Read the element at offset `at`. It must end at or before `stop`."""
    if at + 2 > stop:
        raise DecodeError(f"value needs 2 bytes, got {stop - at}", at, _SECTION)
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DecodeError(f"tag got 0x{tag:02x}, expected a number below 31", at, _SECTION)
    if length & 0x80:
        size = length & 0x7F
        # 0x80 is the indefinite form, which DER forbids (X.690 section 10.1); four bytes count to 4 GiB.
        if not 1 <= size <= 4 or start + size > stop:
            raise DecodeError(f"length got 0x{length:02x}", at + 1, _SECTION)
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > stop:
        raise DecodeError(f"length got {length}, expected at most {stop - start}", at + 1, _SECTION)
    return Element(tag, data, at, start, start + length)


def read_element(data: bytes) -> Element:
    """Return the one value that `data` is.

    Raises:
        DecodeError: It is cut off, or something follows it.

    Source: X.690 section 8.1.
    """
    element = _read(data, 0, len(data))
    if element.stop != len(data):
        raise DecodeError(f"value is followed by {len(data) - element.stop} bytes", element.stop, _SECTION)
    return element
