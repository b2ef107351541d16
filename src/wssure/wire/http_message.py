"""HTTP/1.1 messages as values, and writing them.

Values of headers are text, one character per octet (ISO 8859-1): their bytes are opaque to HTTP, and nothing is lost so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from wssure.endpoint import masked, printable
from wssure.errors import usage_error
from wssure.wire.decode import DecodeError

__all__ = [
    "Headers",
    "HttpError",
    "HttpLimits",
    "Request",
    "Response",
    "bad_character",
    "encode_request",
    "encode_response",
    "is_token",
]

# RFC 9110 section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 section 5.5: no control but the tab; ends without white space.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# RFC 9112 section 3.2: what we send is origin-form.
_TARGET = re.compile(r"[\x21-\x7e]+")
REASONS: Final = {
    101: "Switching Protocols",
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    414: "URI Too Long",
    421: "Misdirected Request",
    426: "Upgrade Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}


class HttpError(DecodeError):
    """The bytes are no HTTP/1.1 message, or one that is refused.

    Args:
        what: What was got and what was expected.
        offset: Where in the stream.
        section: The RFC's section.
        status: The answer that a server gives.
    """

    def __init__(self, what: str, offset: int, section: str, status: int = 400) -> None:
        super().__init__(what, offset, section)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.offset, self.section, self.status), self.__dict__.copy()


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much of a message head is read before it is refused.

    Args:
        line_bytes: Longest line, its end included.
        header_count: Most header lines.
        total_bytes: Longest head, interim responses included.
        body_bytes: How much of a refused upgrade's body is kept.
    """

    line_bytes: int = 8192
    header_count: int = 128
    total_bytes: int = 65536
    body_bytes: int = 65536


class Headers:
    """Header lines in the order they came, found by name in any case."""

    __slots__ = ("_items", "_values")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)
        self._values: dict[str, list[str]] | None = None

    def _by_name(self) -> dict[str, list[str]]:
        """Return the values by name in lower case: a handshake asks for fifteen names."""
        values = self._values
        if values is None:
            values = self._values = {}
            for name, value in self._items:
                values.setdefault(name.lower(), []).append(value)
        return values

    def items(self) -> list[tuple[str, str]]:
        """Return every line as name and value, the name as it came."""
        return list(self._items)

    def all(self, name: str) -> list[str]:
        """Return the value of every line of that name."""
        return list(self._by_name().get(name.lower(), ()))

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of that name, or `default`."""
        values = self._by_name().get(name.lower())
        return default if values is None else values[0]

    def tokens(self, name: str) -> list[str]:
        """Return the elements of a comma-separated list, over all lines of that name, empty ones left out.

        Source: RFC 9110 section 5.6.1.
        """
        return [part.strip(" \t") for value in self.all(name) for part in value.split(",") if part.strip(" \t")]

    def add(self, name: str, value: str) -> None:
        """Add a line at the end."""
        self._items.append((name, value))
        self._values = None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())  # `add` leaves this table as it is and has another one made

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._lowered() == other._lowered()

    __hash__ = None  # type: ignore[assignment]

    def _lowered(self) -> list[tuple[str, str]]:
        return [(key.lower(), value) for key, value in self._items]

    def __repr__(self) -> str:
        # Values may be secrets (Authorization, cookies, tokens): tracebacks and logs get the names.
        return f"<Headers {', '.join(printable(name, 60) for name, _ in self._items)}>"


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request.

    Args:
        method: As it came; methods are case-sensitive.
        target: As it came.
        version: `HTTP/1.1` or `HTTP/1.0`.
        headers: Its header lines.
    """

    method: str
    target: str = field(repr=False)
    version: str
    headers: Headers

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """A response.

    Args:
        status: Three digits.
        reason: What stands after them; may be empty.
        version: `HTTP/1.1` or `HTTP/1.0`.
        headers: Its header lines.
        body: Cut at the limit.
        body_complete: False where the body was cut or the connection ended in it.
    """

    status: int
    reason: str = field(repr=False)
    version: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    body_complete: bool = field(default=True)


def is_token(text: str) -> bool:
    """Tell whether a text is a token (RFC 9110 section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def bad_character(text: object) -> str:
    """Name the first character that makes a text no token, without the text: it may be a secret."""
    if not isinstance(text, str):
        return type(text).__name__
    token = _TOKEN.match(text)
    at = token.end() if token else 0
    return f"the character {text[at]!a} at position {at + 1}"


def _head_lines(start: str, headers: Iterable[tuple[str, str]], field_name: str) -> bytes:
    """Check and encode header lines behind a start line."""
    lines = [start]
    for name, value in headers:
        if not isinstance(name, str) or not is_token(name):
            # The name is not quoted: "Authorization: Basic ..." as a name would hold the secret.
            what = "an empty name" if name == "" else bad_character(name)
            raise usage_error(
                field_name,
                f"header name got {what}, expected letters, digits and !#$%&'*+-.^_`|~",
                "correct the header's name",
            )
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise usage_error(
                field_name,
                f"value of the header {name} got a character that no header may hold (RFC 9110 section 5.5)",
                "remove line breaks, NUL and other control characters; encode what is not ISO 8859-1",
            )
        lines.append(f"{name}: {value.strip(' ' + chr(9))}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def encode_request(request: Request) -> bytes:
    """Return the bytes of a request without a body.

    Raises:
        UsageError: A part breaks its grammar: a CR, LF or NUL anywhere does.

    Source: RFC 9112 section 3, RFC 9110 section 5.
    """
    method, target = request.method, request.target
    if not is_token(method):
        raise usage_error("method", f"method got {printable(repr(method))}, expected a token", "write GET")
    if not _TARGET.fullmatch(target):
        raise usage_error("path", f"path got a character in {masked(target)} that no path holds", "percent-encode it")
    return _head_lines(f"{method} {target} {request.version}", request.headers.items(), "additional_headers")


def encode_response(response: Response) -> bytes:
    """Return the bytes of a response: with the usual reason and the Content-Length where it has none.

    Raises:
        UsageError: A part breaks its grammar: a CR, LF or NUL anywhere does.

    Source: RFC 9112 section 4, RFC 9110 section 5 and 8.6.
    """
    status = response.status
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise usage_error(
            "status", f"status got {printable(repr(status))}, expected 100 to 599", "give a status of three digits"
        )
    reason = response.reason or REASONS.get(status, "")
    if not _VALUE.fullmatch(reason):
        raise usage_error("reason", "reason got a control character", "remove it")
    lines = response.headers.items()
    # "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx (Informational) or
    # 204 (No Content)."
    counted = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    if status >= 200 and status not in (204, 304) and not counted:
        lines.append(("Content-Length", str(len(response.body))))
    return _head_lines(f"{response.version} {status} {reason}", lines, "headers") + response.body
