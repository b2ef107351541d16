"""The server's opening handshake without I/O: the checks of the request, and the responses.

Source: RFC 6455 section 4.2, RFC 7692 section 5.
"""

import base64
import binascii
from collections.abc import Iterable

from wssure.errors import usage_error
from wssure.facts import Fact
from wssure.frozen import frozen
from wssure.protocol.exchange import garbage_facts
from wssure.protocol.handshake_rule import VERSION, accept_value, refuse_own_headers
from wssure.text import printable
from wssure.wire.decode import DecodeError
from wssure.wire.deflate import DeflateParams, DeflateSettings, answer_offers
from wssure.wire.extension import ExtensionEntry, format_extensions, parse_extensions
from wssure.wire.http_message import Headers, HttpError, HttpLimits, Request, Response, encode_response
from wssure.wire.http_reader import RequestReader


@frozen
class Refusal:
    """The reason why a request is not an acceptable upgrade, and the response.

    Args:
        rule: `method`, `version`, `upgrade`, `connection`, `key` or `websocket-version`.
        status: The status of the response.
        text: The value received and the value expected.
        headers: The headers required in the response.
    """

    rule: str
    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class ServerHandshake:
    """The server side of an opening handshake.

    Args:
        limits: Limits on the size of the request.

    Attributes:
        deflate: The parameters agreed in `accept`; None if messages are not compressed.
    """

    def __init__(self, limits: HttpLimits | None = None) -> None:
        self._reader = RequestReader(limits)
        self.deflate: DeflateParams | None = None

    @property
    def leftover(self) -> bytes:
        """The bytes after the request."""
        return self._reader.leftover

    @property
    def seen_bytes(self) -> int:
        """Number of bytes received of the request."""
        return self._reader.seen_bytes

    @property
    def is_http(self) -> bool:
        """True if the bytes so far begin as a request does: only such a client can read an answer."""
        return self._reader.is_http

    @property
    def has_head(self) -> bool:
        """False: a request has no body."""
        return False

    def receive_eof(self) -> None:
        """Take the end of the stream: it ends no request."""

    def facts(self, error: HttpError) -> tuple[Fact, ...]:
        """Return the facts of a request that `receive` raised an error for."""
        return garbage_facts(self._reader.first_bytes, error)

    def receive(self, data: bytes | bytearray | memoryview) -> Request | None:
        """Take bytes of the request; return it once it is complete. It may be any request, not only an upgrade.

        Raises:
            HttpError: The request breaks a rule of HTTP; `.status` is the status for `reject`.
        """
        return self._reader.feed(data)

    def refusal(self, request: Request) -> Refusal | None:
        """Check that a request is an upgrade to WebSocket; return the refusal, or None if it is acceptable.

        Source: RFC 6455 section 4.2.1 and 4.4.
        """
        headers = request.headers
        # RFC 9110 section 7.8: "A sender of Upgrade MUST also send an 'Upgrade' connection option". We close after it.
        upgrade = (("Upgrade", "websocket"), ("Connection", "Upgrade, close"))
        version = (("Sec-WebSocket-Version", VERSION),)
        if request.method != "GET":
            return Refusal(
                "method", 405, f"method got {printable(request.method, 40)}, expected GET", (("Allow", "GET"),)
            )
        if "websocket" not in [token.lower() for token in headers.tokens("Upgrade")]:
            return Refusal("upgrade", 426, "request got no Upgrade: websocket", upgrade + version)
        if request.version != "HTTP/1.1":
            return Refusal("version", 505, f"version got {request.version}, expected HTTP/1.1")
        if "upgrade" not in [token.lower() for token in headers.tokens("Connection")]:
            return Refusal("connection", 400, "request got no Connection: Upgrade")
        got = headers.get("Sec-WebSocket-Version")
        if got != VERSION:
            # Section 4.4: the response "MUST include" the versions that the server supports.
            shown = "none" if got is None else printable(got, 40)
            return Refusal(
                "websocket-version", 426, f"Sec-WebSocket-Version got {shown}, expected 13", upgrade + version
            )
        key = headers.get("Sec-WebSocket-Key")
        if key is None or not _is_key(key):
            shown = "none" if key is None else f"{len(key)} characters"
            return Refusal("key", 400, f"Sec-WebSocket-Key got {shown}, expected 16 bytes in base64")
        return None

    def subprotocols(self, request: Request) -> tuple[str, ...]:
        """Return the subprotocols that the client offers, in order of preference."""
        return tuple(request.headers.tokens("Sec-WebSocket-Protocol"))

    def accept(
        self,
        request: Request,
        subprotocol: str | None = None,
        deflate: DeflateSettings | None = None,
        extra_headers: Iterable[tuple[str, str]] = (),
    ) -> bytes:
        """Encode the 101 response and set `deflate` to the agreed parameters.

        Args:
            request: A request for which `refusal` returned None.
            subprotocol: A subprotocol that the client offers; None selects none.
            deflate: The parameters that this server asks for; None declines compression.
            extra_headers: Further header lines.

        Raises:
            UsageError: The subprotocol was not offered, or a header breaks its grammar.

        Source: RFC 6455 section 4.2.2.
        """
        extra = list(extra_headers)
        refuse_own_headers({name.lower() for name, _ in extra if isinstance(name, str)})
        headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_value(request.headers["Sec-WebSocket-Key"])),
        ]
        if subprotocol is not None:
            if subprotocol not in self.subprotocols(request):
                raise usage_error(
                    "subprotocol",
                    f"subprotocol got {printable(repr(subprotocol))}, which the client did not offer",
                    "choose one of those that it offers, or None",
                )
            headers.append(("Sec-WebSocket-Protocol", subprotocol))
        agreed = answer_offers(_offers(request), deflate) if deflate is not None else None
        self.deflate = None
        if agreed is not None:
            self.deflate, entry = agreed
            headers.append(("Sec-WebSocket-Extensions", format_extensions((entry,))))
        return encode_response(Response(101, "", "HTTP/1.1", Headers(headers + extra)))

    def refuse(self, refusal: Refusal) -> bytes:
        """Encode the response for a refused upgrade."""
        return self.reject(refusal.status, f"{refusal.text}\n".encode(), refusal.headers)

    def reject(self, status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """Encode a response that refuses the upgrade; the connection is closed after it.

        Args:
            status: Any status except 101.
            body: The body, for the client.
            headers: Further header lines; a Content-Type replaces ours.

        Raises:
            UsageError: A header breaks its grammar.
        """
        extra = list(headers)
        extra_names = {name.lower() for name, _ in extra if isinstance(name, str)}
        lines = list(extra)
        if body and "content-type" not in extra_names:
            lines.append(("Content-Type", "text/plain; charset=utf-8"))
        if "connection" not in extra_names:
            lines.append(("Connection", "close"))
        return encode_response(Response(status, "", "HTTP/1.1", Headers(lines), body))


def _is_key(key: str) -> bool:
    """Return True if a key is 16 bytes in base64 (RFC 6455 section 4.2.1 item 5)."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _offers(request: Request) -> tuple[ExtensionEntry, ...]:
    """Return the extensions that a client offers; none if the header is malformed."""
    lines = request.headers.all("Sec-WebSocket-Extensions")
    if not lines:
        return ()
    try:
        return parse_extensions(", ".join(lines))
    except DecodeError:
        return ()
