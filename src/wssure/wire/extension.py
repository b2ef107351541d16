"""Parse and format the Sec-WebSocket-Extensions header."""

import re
from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError

SECTION: Final = "RFC 6455 section 9.1"
# RFC 9110 section 5.6.2 and 5.6.4.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_QUOTED = re.compile(r'"((?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*)"')
_SPACE = re.compile(r"[ \t]*")
_ESCAPED = re.compile(r"\\(.)")


@frozen
class ExtensionEntry:
    """One extension as offered or accepted.

    Args:
        name: The extension token.
        parameters: Names and values in the order of the header; the value is None if a parameter has none.
    """

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        parts = [self.name, *(name if value is None else f"{name}={value}" for name, value in self.parameters)]
        return "; ".join(parts)


class _Scanner:
    """Reads tokens from one header value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, expected: str) -> DecodeError:
        got = repr(self.text[self.at]) if self.at < len(self.text) else "the end"
        return DecodeError(f"extension header got {got}, expected {expected}", self.at, SECTION)

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def accept(self, mark: str) -> bool:
        self.skip()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += 1
        self.skip()
        return True

    def token(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        if not match:
            raise self.error("a token")
        self.at = match.end()
        return match.group()

    def value(self) -> str:
        quoted = _QUOTED.match(self.text, self.at)
        if not quoted:
            return self.token()
        # "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the
        # 'token' ABNF."
        value = _ESCAPED.sub(r"\1", quoted.group(1))
        if not _TOKEN.fullmatch(value):
            raise self.error("a token between the quotation marks")
        self.at = quoted.end()
        return value


def parse_extensions(text: str) -> tuple[ExtensionEntry, ...]:
    """Parse a header value into extensions, in their order.

    Args:
        text: The header value; if the header was sent more than once, the values joined with commas.

    Raises:
        DecodeError: The value breaks the grammar.

    Source: RFC 6455 section 9.1, RFC 9110 section 5.6.1 (empty list elements are skipped).
    """
    scanner = _Scanner(text)
    entries = []
    scanner.skip()
    while scanner.at < len(text):
        if scanner.accept(","):
            continue
        entries.append(_entry(scanner))
        if scanner.at < len(text) and not scanner.accept(","):
            raise scanner.error("a comma")
    if not entries:
        raise scanner.error("an extension")
    return tuple(entries)


def _entry(scanner: _Scanner) -> ExtensionEntry:
    name = scanner.token()
    parameters: list[tuple[str, str | None]] = []
    while scanner.accept(";"):
        parameter = scanner.token()
        parameters.append((parameter, scanner.value() if scanner.accept("=") else None))
    scanner.skip()
    return ExtensionEntry(name, tuple(parameters))


def format_extensions(entries: tuple[ExtensionEntry, ...]) -> str:
    """Format a header value; the inverse of `parse_extensions`."""
    return ", ".join(str(entry) for entry in entries)
