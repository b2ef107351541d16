"""Read HTTP/1.1 messages from a stream: the head of a request, or a response with its body.

Input that two parsers on one path could read differently is refused, never repaired: bare CR or LF, folded lines, white
space before a colon, a length given twice, or a length together with a transfer coding (RFC 9112 section 11.2).
"""

import re
from typing import Final

from wssure.text import printable
from wssure.wire.http_message import Headers, HttpError, HttpLimits, Request, Response, TooLarge, is_token

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_REQUEST_LINE = re.compile(rb"([^ ]+) ([\x21-\x7e]+) (HTTP/(\d)\.(\d))")
# The beginning of a request line, right or wrong: it has a version, or its end and a target that begins as one.
_HTTP_BEGIN = re.compile(rb"[^\r\n]*\bHTTP/|[!-~]+ [/*h][^\r\n]*\Z", re.IGNORECASE)
_STATUS_LINE = re.compile(rb"(HTTP/(\d)\.(\d)) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
# RFC 9110 and RFC 6455 section 11.3: headers allowed at most once in a request.
_SINGLE: Final = {
    "host": "RFC 9112 section 3.2",
    "content-length": "RFC 9112 section 6.3",
    "transfer-encoding": "RFC 9112 section 6.1",
    "origin": "RFC 6454 section 7.3",
    "authorization": "RFC 9110 section 11.6.2",
    "sec-websocket-key": "RFC 6455 section 11.3.1",
    "sec-websocket-version": "RFC 6455 section 11.3.5",
}
HTTP2_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class NotHttp(HttpError):
    """The first bytes belong to a protocol other than HTTP/1.x.

    Args:
        protocol: The protocol they look like: `tls-alert`, `tls`, `http2` or `unknown`.
        first: The first bytes, at most 64.
        status: The status code of a server's answer.
    """

    def __init__(self, protocol: str, first: bytes, status: int = 400) -> None:
        super().__init__(
            f"stream begins with {first[:8].hex(' ')} ({protocol}), expected HTTP/1.1",
            0,
            "RFC 9112 section 2.1",
            status,
        )
        self.protocol = protocol
        self.first = first

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.protocol, self.first, self.status), self.__dict__.copy()


def _protocol_of(first: bytes) -> str:
    """Name the protocol of bytes that are not HTTP/1.x."""
    # RFC 8446 section 5.1: content type, then the legacy version's major number 3.
    if first[:1] == b"\x15" and first[1:2] in (b"\x03", b""):
        return "tls-alert"
    if first[:1] in (b"\x14", b"\x16", b"\x17") and first[1:2] in (b"\x03", b""):
        return "tls"
    # RFC 9113 section 3.4: "The server connection preface consists of a potentially empty SETTINGS frame", on stream 0.
    if first.startswith(HTTP2_PREFACE[:14]) or (len(first) >= 9 and first[3] == 4 and first[5:9] == b"\0\0\0\0"):
        return "http2"
    return "unknown"


class _HeadReader:
    """Reads lines that end with CRLF, up to the empty line."""

    start_status = 431

    def __init__(self, limits: HttpLimits | None = None) -> None:
        self._limits = limits or HttpLimits()
        self._buffer = bytearray()
        self._scanned = 0
        self._base = 0
        self._start: bytes | None = None
        self._items: list[tuple[str, str]] = []
        self.seen_bytes = 0
        self.first_bytes = b""
        self.leftover = b""

    def _take(self, data: bytes | bytearray | memoryview) -> None:
        self._buffer += data
        self.seen_bytes += len(data)
        if len(self.first_bytes) < 64:
            self.first_bytes += bytes(data[: 64 - len(self.first_bytes)])

    def _error(self, what: str, section: str, status: int = 400) -> HttpError:
        return HttpError(what, self._base, section, status)

    def _line(self) -> bytes | None:
        """Return the next line without its CRLF; None if it is incomplete.

        Source: RFC 9112 section 2.2.
        """
        end = self._buffer.find(b"\n", self._scanned)
        length = len(self._buffer) if end < 0 else end + 1
        self._limit_line(length)
        checked = len(self._buffer) - 1 if end < 0 else end - 1
        # "A recipient of such a bare CR MUST consider that element to be invalid".
        bare = self._buffer.find(b"\r", self._scanned, checked)
        if bare >= 0:
            raise HttpError("line got a CR without an LF", self._base + bare, "RFC 9112 section 2.2")
        if end < 0:
            self._scanned = max(0, len(self._buffer) - 1)
            return None
        if end == 0 or self._buffer[end - 1] != 0x0D:
            # RFC 9112 allows a lone LF. Request smuggling needs two parsers that differ on it, so it is refused.
            raise HttpError("line got an LF without a CR", self._base + end, "RFC 9112 section 2.2")
        line = bytes(self._buffer[: end - 1])
        del self._buffer[: end + 1]
        self._base += end + 1
        self._scanned = 0
        return line

    def _limit_line(self, length: int) -> None:
        limits = self._limits
        if length > limits.line_bytes:
            status = self.start_status if self._start is None else 431
            name = "" if self._start is None else self._buffer[:64].partition(b":")[0].decode("latin-1")
            raise TooLarge("line_bytes", limits.line_bytes, name if is_token(name) else "", self._base, status)
        if self._base + length > limits.total_bytes:
            raise TooLarge("total_bytes", limits.total_bytes, "", self._base)

    def _head(self) -> bool:
        """Read lines; return True once the head is complete."""
        while (line := self._line()) is not None:
            if self._start is None:
                # "a server ... SHOULD ignore at least one empty line (CRLF) received prior to the request-line": not
                # done here, because an upgrade is the first request on its connection.
                self._start = line
                self._start_line(line)
            elif not line:
                return True
            else:
                self._field_line(line)
        return False

    def _start_line(self, line: bytes) -> None:
        raise AssertionError("each reader has its own")

    def _field_line(self, line: bytes) -> None:
        """Parse one header line.

        Source: RFC 9112 section 5, RFC 9110 section 5.5.
        """
        if len(self._items) >= self._limits.header_count:
            raise TooLarge("header_count", self._limits.header_count, "", self._base)
        # "A server that receives an obs-fold ... MUST either reject the message by sending a 400 (Bad Request)" ...
        if line[:1] in (b" ", b"\t"):
            raise self._error("header line got folded", "RFC 9112 section 5.2")
        name, colon, rest = line.partition(b":")
        name_text = name.decode("latin-1")
        if not colon or not is_token(name_text):
            # "No whitespace is allowed between the field name and colon."
            # Without a colon the line may be the rest of a value, which may be a secret: only its length is said.
            shown = f"'{printable(name_text[:40])}'" if colon else f"{len(line)} bytes without a colon"
            what = f"header line got {shown}, expected a name directly before a colon"
            raise self._error(what, "RFC 9112 section 5.1")
        # No regular expression: one that trims both ends takes quadratic time on a value full of blanks.
        value = rest.strip(b" \t")
        if _FORBIDDEN.search(value):
            # "Field values containing CR, LF, or NUL characters are invalid and dangerous".
            what = f"value of {name_text[:64]} got a control character"
            raise self._error(what, "RFC 9110 section 5.5")
        self._items.append((name_text, value.decode("latin-1")))

    def _length(self, headers: Headers) -> int | None:
        """Return the Content-Length, or None without one.

        Source: RFC 9112 section 6.3.
        """
        values = headers.all("Content-Length")
        if not values:
            return None
        # "If a message is received with both a Transfer-Encoding and a Content-Length header field ... might indicate an
        # attempt to perform request smuggling".
        if "Transfer-Encoding" in headers:
            raise self._error("message got both Content-Length and Transfer-Encoding", "RFC 9112 section 6.3")
        if len(values) > 1:
            raise self._error("message got Content-Length more than once", "RFC 9112 section 6.3")
        if not _DIGITS.fullmatch(values[0]):
            what = f"Content-Length got '{printable(values[0], 40)}', expected digits"
            raise self._error(what, "RFC 9110 section 8.6")
        return int(values[0])


class RequestReader(_HeadReader):
    """Reads the head of one request.

    Args:
        limits: Limits on the size of the message.

    Source: RFC 9112 section 3 and 5.
    """

    start_status = 414

    def __init__(self, limits: HttpLimits | None = None) -> None:
        super().__init__(limits)
        self._request: tuple[str, str, str] | None = None

    @property
    def is_http(self) -> bool:
        """True if the bytes so far begin as a request does."""
        return _HTTP_BEGIN.match(self.first_bytes) is not None

    def feed(self, data: bytes | bytearray | memoryview) -> Request | None:
        """Take bytes; return the request once its head is complete. `leftover` has the bytes after it.

        Raises:
            NotHttp: The stream is TLS, HTTP/2 or something else.
            HttpError: The head breaks a rule; `.status` is the answer.
        """
        self._take(data)
        if self._start is None:
            self._look()
        try:
            complete = self._head()
        except HttpError:
            # A client that does not speak HTTP must not be answered in it.
            if self._request is None and not self.is_http:
                raise NotHttp(_protocol_of(self.first_bytes), self.first_bytes) from None
            raise
        if not complete:
            return None
        self.leftover = bytes(self._buffer)
        self._buffer.clear()
        return self._finish()

    def _look(self) -> None:
        first = self.first_bytes
        if first and not is_token(first[:1].decode("latin-1")):
            raise NotHttp(_protocol_of(first), first)
        if first.startswith(HTTP2_PREFACE[:14]):
            raise NotHttp("http2", first, 505)

    def _start_line(self, line: bytes) -> None:
        match = _REQUEST_LINE.fullmatch(line)
        if not match or not is_token(match.group(1).decode("latin-1")):
            # A query may hold a token.
            shown = printable(line.partition(b"?")[0][:40].decode("latin-1"))
            raise self._error(f"request line got '{shown}', expected METHOD TARGET HTTP/1.1", "RFC 9112 section 3")
        if match.group(4) != b"1":
            raise self._error(
                f"version got {match.group(3).decode()}, expected HTTP/1.1", "RFC 9110 section 15.6.6", 505
            )
        self._request = (match.group(1).decode(), match.group(2).decode(), match.group(3).decode())

    def _finish(self) -> Request:
        assert self._request is not None, "the head is complete"
        headers = Headers(self._items)
        for name, section in _SINGLE.items():
            if len(headers.all(name)) > 1:
                raise self._error(f"request got the header {name} more than once", section)
        method, target, version = self._request
        # "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host".
        if version == "HTTP/1.1" and "Host" not in headers:
            raise self._error("request got no Host header", "RFC 9112 section 3.2")
        if self._length(headers) or "Transfer-Encoding" in headers:
            raise self._error("request got a body, expected none", "RFC 9112 section 6", 413)
        return Request(method, target, version, headers)


class ResponseReader(_HeadReader):
    """Reads one final response; interim responses (1xx except 101) are skipped.

    Args:
        limits: Limits on the size of the message; a longer body is truncated.
        tunnel: True for the answer to a CONNECT: a 2xx then has no body, and its length headers are ignored.

    Source: RFC 9112 section 4 to 7, RFC 9110 section 15.2.
    """

    def __init__(self, limits: HttpLimits | None = None, *, tunnel: bool = False) -> None:
        super().__init__(limits)
        self._tunnel = tunnel
        self._status: tuple[str, int, str] = ("", 0, "")
        self._headers: Headers | None = None
        self._body = bytearray()
        self._left: int | None = None
        self._chunked = False
        self._chunk_left = 0
        self._chunk_state = "size"

    def feed(self, data: bytes | bytearray | memoryview) -> Response | None:
        """Take bytes; return the response once it is complete. `leftover` has the bytes after it.

        Raises:
            NotHttp: The stream is TLS, HTTP/2 or something else.
            HttpError: The response breaks a rule.
        """
        self._take(data)
        while self._headers is None:
            if self._start is None:
                self._look()
            if not self._head():
                return None
            if 100 <= self._status[1] < 200 and self._status[1] != 101:
                self._start = None
                self._items = []
                continue
            self._begin_body(Headers(self._items))
        return self._response(True) if self._read_body() else None

    @property
    def has_head(self) -> bool:
        """True once the head of the final response is complete."""
        return self._headers is not None

    def receive_eof(self) -> Response | None:
        """Take the end of the stream; return the response with its body, or None if the head is incomplete."""
        if self._headers is None:
            return None
        return self._response(not self._chunked and self._left is None)

    def _look(self) -> None:
        first = bytes(self._buffer[:64])
        if first[:5] != b"HTTP/"[: len(first)]:
            raise NotHttp(_protocol_of(first), first)

    def _start_line(self, line: bytes) -> None:
        match = _STATUS_LINE.fullmatch(line)
        if not match:
            shown = printable(line[:40].decode("latin-1"))
            raise self._error(f"status line got '{shown}', expected HTTP/1.1 and a status", "RFC 9112 section 4")
        if match.group(2) != b"1":
            raise self._error(f"version got {match.group(1).decode()}, expected HTTP/1.1", "RFC 9112 section 2.3")
        self._status = (match.group(1).decode(), int(match.group(4)), (match.group(5) or b"").decode("latin-1"))

    def _begin_body(self, headers: Headers) -> None:
        """Determine the length of the body.

        Source: RFC 9112 section 6.3.
        """
        self._headers = headers
        # RFC 9110 section 9.3.6: "A client MUST ignore any Content-Length or Transfer-Encoding header fields received in a
        # successful response to CONNECT."
        if self._tunnel and 200 <= self._status[1] < 300:
            self._left = 0
            return
        self._left = self._length(headers)
        # "Any response with a 1xx (Informational), 204 (No Content), or 304 (Not Modified) status code is always
        # terminated by the first empty line after the header fields".
        if self._status[1] in (101, 204, 304):
            self._left = 0
            return
        codings = headers.tokens("Transfer-Encoding")
        if codings:
            # If the last coding is not chunked: "the message body length is determined by reading the connection
            # until it is closed".
            self._chunked = codings[-1].lower() == "chunked"

    def _read_body(self) -> bool:
        """Read body bytes; return True once the body is complete or has reached the limit."""
        limit = self._limits.body_bytes
        if self._chunked:
            return self._read_chunks() or len(self._body) >= limit
        take = len(self._buffer) if self._left is None else min(self._left, len(self._buffer))
        self._body += self._buffer[:take]
        del self._buffer[:take]
        if self._left is not None:
            self._left -= take
        return self._left == 0 or len(self._body) >= limit

    def _read_chunks(self) -> bool:
        """Read chunks; return True after the last chunk and its trailers.

        Source: RFC 9112 section 7.1.
        """
        while len(self._body) < self._limits.body_bytes:
            if self._chunk_state == "data":
                take = min(self._chunk_left, len(self._buffer))
                self._body += self._buffer[:take]
                del self._buffer[:take]
                self._chunk_left -= take
                if self._chunk_left:
                    return False
                self._chunk_state = "end"
            line = self._chunk_line()
            if line is None:
                return False
            if self._chunk_state == "trailer":
                if not line:
                    return True
            elif self._chunk_state == "end":
                if line:
                    raise self._error("chunk got more data than its size", "RFC 9112 section 7.1")
                self._chunk_state = "size"
            else:
                self._begin_chunk(line)
        return False

    def _chunk_line(self) -> bytes | None:
        self._base = 0  # the limit on the head does not include the body
        return self._line()

    def _begin_chunk(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if not match:
            shown = printable(line[:20].decode("latin-1"))
            raise self._error(f"chunk size got '{shown}', expected hex digits", "RFC 9112 section 7.1")
        self._chunk_left = int(match.group(1), 16)
        self._chunk_state = "data" if self._chunk_left else "trailer"

    def _response(self, complete: bool) -> Response:
        assert self._headers is not None, "the head is complete"
        limit = self._limits.body_bytes
        if len(self._body) > limit or (len(self._body) == limit and self._left != 0):
            complete = False
        version, status, reason = self._status
        self.leftover = bytes(self._buffer)
        self._buffer.clear()
        return Response(status, reason, version, self._headers, bytes(self._body[:limit]), complete)
