"""Check UTF-8 incrementally, so that invalid text is refused at the read that contains the error."""

from __future__ import annotations

from wssure.wire.builder import ByteBuilder

try:
    import cython
except ImportError:  # Cython builds the package; it is not needed to run it
    from wssure.wire import interpreted as cython

if not cython.compiled:
    from wssure.wire.octets import skip_characters


class Utf8Check:
    """Checks bytes that are collected in a builder.

    Between two calls it stores the number of missing continuation octets and the allowed range of the next one. The
    second octet of a character reveals overlong forms, surrogates and numbers above U+10FFFF (RFC 3629 section 4).
    """

    def __init__(self) -> None:
        self._owed = 0
        self._low = 0x80
        self._high = 0xBF
        self._at = 0

    def restart(self) -> None:
        """Start with a new text at the first byte of the builder."""
        self._owed = 0
        self._low = 0x80
        self._high = 0xBF
        self._at = 0

    def rewind(self) -> None:
        """Continue the same text at the first byte of an emptied builder."""
        self._at = 0

    def advance(self, body: ByteBuilder) -> bool:
        """Check the new bytes in `body`; return False if they are not valid UTF-8."""
        data = body.start()
        i = self._at
        end = body.size
        self._at = end
        while i < end:
            if self._owed == 0:
                i = skip_characters(data, i, end)
                if i == end:
                    return True
                if not self._lead(data[i]):
                    return False
            elif self._low <= data[i] <= self._high:
                self._owed -= 1
                self._low = 0x80
                self._high = 0xBF
            else:
                return False
            i += 1
        return True

    def at_boundary(self) -> bool:
        """True if no character is incomplete."""
        return self._owed == 0

    def _lead(self, octet: int) -> bool:
        """Check the first octet of a multi-octet character."""
        if octet < 0xC2 or octet > 0xF4:
            return False
        if octet < 0xE0:
            self._owed = 1
            return True
        if octet < 0xF0:
            self._owed = 2
            self._low = 0xA0 if octet == 0xE0 else 0x80
            self._high = 0x9F if octet == 0xED else 0xBF
            return True
        self._owed = 3
        self._low = 0x90 if octet == 0xF0 else 0x80
        self._high = 0x8F if octet == 0xF4 else 0xBF
        return True
