"""HTTP/1.1 messages as values, and their encoding.

Header values are text with one character per octet (ISO 8859-1). Their bytes are opaque to HTTP, so no information is
lost.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any, Final

from wssure.errors import usage_error, wrong_value
from wssure.frozen import frozen
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.wire.decode import DecodeError

# RFC 9110 section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 section 5.5: no control characters except the tab; no white space at the ends.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# RFC 9112 section 3.2: we send the origin-form only.
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


# Messages by limit; the slots are the line and the value of the limit.
_OVER: Final = {
    "line_bytes": "{} got more than {} bytes",
    "header_count": "head got more than {1} header lines",
    "total_bytes": "head got more than {1} bytes",
}


class HttpError(DecodeError):
    """The bytes are not HTTP/1.1, or the message is refused.

    Args:
        what: The value received and the value expected.
        offset: Offset in the stream.
        section: The RFC's section.
        status: The status code of a server's answer.
    """

    def __init__(self, what: str, offset: int, section: str, status: int = 400) -> None:
        super().__init__(what, offset, section)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.offset, self.section, self.status), self.__dict__.copy()


class TooLarge(HttpError):
    """A head is above one of the limits.

    Args:
        limit: The field of `HttpLimits`.
        most: Its value.
        header: the name of the header, if its line is too long; else "".
        offset: Offset of the line in the stream.
        status: The status code of a server's answer.
    """

    def __init__(self, limit: str, most: int, header: str, offset: int, status: int = 431) -> None:
        what = _OVER[limit].format(f"the header {header}" if header else "a line", most)
        super().__init__(what, offset, "RFC 9110 section 5.4", status)
        self.limit = limit
        self.most = most
        self.header = header

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.limit, self.most, self.header, self.offset, self.status), self.__dict__.copy()


@frozen
class HttpLimits:
    """Limits on the size of a message; a longer head is refused.

    Args:
        line_bytes: Maximum length of a line, with its end.
        header_count: Maximum number of header lines.
        total_bytes: Maximum length of the head, with interim responses.
        body_bytes: Maximum length kept of the body of a refused upgrade.
    """

    line_bytes: int = 8192
    header_count: int = 128
    total_bytes: int = 65536
    body_bytes: int = 65536


class Headers:
    """Header lines in the order received; names are case-insensitive."""

    __slots__ = ("_items", "_values")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)
        self._values: dict[str, list[str]] | None = None

    def _by_name(self) -> dict[str, list[str]]:
        """Return the values by lower-case name. A table is worth its cost: a handshake looks up fifteen names."""
        values = self._values
        if values is None:
            values = self._values = {}
            for name, value in self._items:
                values.setdefault(name.lower(), []).append(value)
        return values

    def items(self) -> list[tuple[str, str]]:
        """Return all lines as name and value, with the name as received."""
        return list(self._items)

    def all(self, name: str) -> list[str]:
        """Return the values of all lines with this name."""
        return list(self._by_name().get(name.lower(), ()))

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value with this name, or `default`."""
        values = self._by_name().get(name.lower())
        return default if values is None else values[0]

    def tokens(self, name: str) -> list[str]:
        """Return the non-empty elements of a comma-separated list, from all lines with this name.

        Source: RFC 9110 section 5.6.1.
        """
        return [part.strip(" \t") for value in self.all(name) for part in value.split(",") if part.strip(" \t")]

    def add(self, name: str, value: str) -> None:
        """Append a line."""
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
        return iter(self._by_name())  # `add` does not change this table; it discards it

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
        # Values may be secrets (Authorization, cookies, tokens): tracebacks and logs show only the names.
        return f"<Headers {', '.join(printable(name, 60) for name, _ in self._items)}>"


@frozen
class Request:
    """The head of a request.

    Args:
        method: The method as received; methods are case-sensitive.
        target: The request target as received.
        version: `HTTP/1.1` or `HTTP/1.0`.
        headers: The header lines.
    """

    method: str
    target: str = field(repr=False)
    version: str
    headers: Headers

    @property
    def path(self) -> str:
        """The target without the query."""
        return self.target.partition("?")[0]


@frozen
class Response:
    """An HTTP response.

    Args:
        status: The status code, three digits.
        reason: The reason phrase; may be empty.
        version: `HTTP/1.1` or `HTTP/1.0`.
        headers: The header lines.
        body: The body, truncated at the limit.
        body_complete: False if the body was truncated or the connection ended within it.
    """

    status: int
    reason: str = field(repr=False)
    version: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    body_complete: bool = field(default=True)


def is_token(text: str) -> bool:
    """Return True if the text is a token (RFC 9110 section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def bad_character(text: object) -> str:
    """Describe the first character that is not allowed in a token, without the text: it may be a secret."""
    if not isinstance(text, str):
        return type(text).__name__
    token = _TOKEN.match(text)
    at = token.end() if token else 0
    return f"the character {text[at]!a} at position {at + 1}"


def _head_lines(start: str, headers: Iterable[tuple[str, str]], field_name: str) -> bytes:
    """Check and encode a start line and header lines."""
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
    """Encode a request without a body.

    Raises:
        UsageError: A part breaks its grammar, for example with a CR, LF or NUL.

    Source: RFC 9112 section 3, RFC 9110 section 5.
    """
    method, target = request.method, request.target
    if not is_token(method):
        raise wrong_value("method", method, "a token", "write GET")
    if not _TARGET.fullmatch(target):
        raise usage_error(
            "path", f"path got a character in {mask_secrets(target)} that no path holds", "percent-encode it"
        )
    return _head_lines(f"{method} {target} {request.version}", request.headers.items(), "additional_headers")


def encode_response(response: Response) -> bytes:
    """Encode a response. The standard reason and Content-Length are added if they are missing.

    Raises:
        UsageError: A part breaks its grammar, for example with a CR, LF or NUL.

    Source: RFC 9112 section 4, RFC 9110 section 5 and 8.6.
    """
    status = response.status
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise wrong_value("status", status, "100 to 599", "give a status of three digits")
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
