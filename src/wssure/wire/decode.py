"""The one error every decoder of this room may raise, and the cursor that walks length-prefixed bytes."""

from __future__ import annotations

from typing import Any

__all__ = ["Cursor", "DecodeError"]


class DecodeError(ValueError):
    """The bytes are not what the RFC says they should be.

    Args:
        what: What was got and what was expected; lower case, no final stop.
        offset: Where in the decoded bytes, counted from the `base` the decoder was given.
        section: The rule that was broken, such as "RFC 8446 section 5.1".
    """

    def __init__(self, what: str, offset: int, section: str) -> None:
        super().__init__(f"{what} at byte {offset} ({section})")
        self.what = what
        self.offset = offset
        self.section = section

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.offset, self.section), self.__dict__.copy()


class Cursor:
    """Walks bytes that are made of numbers and length-prefixed vectors (RFC 8446 section 3).

    Args:
        data: The bytes.
        base: The offset of their first byte, for error messages.
        section: The rule the bytes obey, for error messages.
    """

    __slots__ = ("base", "data", "end", "offset", "section")

    def __init__(self, data: bytes, base: int = 0, section: str = "RFC 8446 section 3") -> None:
        self.data = data
        self.base = base
        self.section = section
        self.offset = 0
        self.end = len(data)

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.offset

    def error(self, what: str) -> DecodeError:
        """Return an error that points at the current byte."""
        return DecodeError(what, self.base + self.offset, self.section)

    def take(self, count: int, name: str) -> bytes:
        """Return the next bytes.

        Raises:
            DecodeError: Fewer are left.
        """
        start, stop = self.offset, self.offset + count
        if stop > self.end:
            raise self.error(f"{name} needs {count} bytes, got {self.end - start}")
        self.offset = stop
        return self.data[start:stop]

    def number(self, size: int, name: str) -> int:
        """Return the next big-endian number of `size` bytes.

        Raises:
            DecodeError: Fewer bytes are left.
        """
        return int.from_bytes(self.take(size, name), "big")

    def vector(self, size: int, name: str) -> bytes:
        """Return the contents of a vector whose length stands in `size` bytes before it.

        Raises:
            DecodeError: The length says more than is left.
        """
        return self.take(self.number(size, f"length of {name}"), name)

    def numbers(self, size: int, name: str) -> tuple[int, ...]:
        """Return the 16-bit numbers of a vector whose length stands in `size` bytes before it.

        Raises:
            DecodeError: The length is odd or says more than is left.
        """
        data = self.vector(size, name)
        if len(data) % 2:
            raise self.error(f"{name} has an odd length, {len(data)}, expected pairs of bytes")
        return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))

    def finish(self, name: str) -> None:
        """Check that nothing is left.

        Raises:
            DecodeError: Bytes are left.
        """
        if self.offset != self.end:
            raise self.error(f"{name} is followed by {self.end - self.offset} bytes, expected none")
