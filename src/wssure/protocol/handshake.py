"""The opening handshake without I/O, both roles.

A client's request and the rules its answer must keep; a server's view of a request and the answers it gives. Nothing here
draws randomness: the key is handed in.

Source: RFC 6455 section 4, RFC 7692 section 5.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from wssure.endpoint import printable
from wssure.errors import usage_error
from wssure.evidence import Fact
from wssure.wire.decode import DecodeError
from wssure.wire.deflate import DeflateParams, DeflateSettings, accept_answer, answer_offers, offer
from wssure.wire.extension import ExtensionEntry, format_extensions, parse_extensions
from wssure.wire.http import (
    HttpError,
    HttpLimits,
    NotHttp,
    Request,
    RequestReader,
    Response,
    ResponseReader,
    encode_request,
    encode_response,
    is_token,
)

__all__ = ["Accepted", "ClientHandshake", "Refusal", "ServerHandshake", "UpgradeRejected", "accept_value"]

# RFC 6455 section 1.3.
GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION: Final = "13"
# What the handshake itself writes; a caller's header of that name would contradict it.
_OURS: Final = frozenset(
    {
        "connection",
        "upgrade",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "content-length",
        "transfer-encoding",
    }
)


def accept_value(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.

    Source: RFC 6455 section 4.2.2.
    """
    # SHA-1 is what the RFC prescribes; it protects nothing here.
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID, usedforsecurity=False).digest()).decode()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server switched to WebSocket.

    Args:
        response: Its 101.
        subprotocol: The one it chose; None where it chose none.
        deflate: What was agreed on; None where messages are not compressed.
        leftover: What came behind the response: the first frames.
    """

    response: Response
    subprotocol: str | None
    deflate: DeflateParams | None
    leftover: bytes


class UpgradeRejected(Exception):
    """The server did not switch to WebSocket as RFC 6455 section 4.1 demands.

    Args:
        kind: `status` (another status than 101), `garbage` (no HTTP/1.x response), or the rule its 101 breaks: `accept`,
            `upgrade`, `connection`, `extension`, `subprotocol`, `version`.
        response: What it answered; None for garbage.
        facts: What was seen.
    """

    def __init__(self, kind: str, response: Response | None, facts: tuple[Fact, ...] = ()) -> None:
        super().__init__(kind, response, facts)
        self.kind = kind
        self.response = response
        self.facts = facts

    def __str__(self) -> str:
        status = f" {self.response.status}" if self.response is not None else ""
        return f"upgrade rejected: {self.kind}{status}"


class ClientHandshake:
    """A client's side.

    Args:
        host_header: Value of the Host header, from `Endpoint.host_header`.
        path: Path and query, from `Endpoint.path`.
        key: 16 random bytes.
        subprotocols: What the application speaks, best first.
        deflate: What to offer; None offers no compression.
        origin: Value of the Origin header; None sends none.
        additional_headers: More lines; a Host line replaces `host_header`, User-Agent and Authorization replace theirs.
        user_agent: None sends none.
        authorization: Value of the Authorization header; None sends none.
        limits: How much of the answer is read at most.

    Raises:
        UsageError: A part breaks its grammar (a CR, LF or NUL anywhere does), or contradicts the handshake.
    """

    def __init__(
        self,
        host_header: str,
        path: str,
        *,
        key: bytes,
        subprotocols: Sequence[str] = (),
        deflate: DeflateSettings | None = None,
        origin: str | None = None,
        additional_headers: Iterable[tuple[str, str]] = (),
        user_agent: str | None = None,
        authorization: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        # RFC 6455 section 4.1: "The value of this header field MUST be a nonce consisting of a randomly selected 16-byte
        # value that has been base64-encoded".
        if len(key) != 16:
            raise ValueError(f"key got {len(key)} bytes, expected 16")
        _check_subprotocols(subprotocols)
        self._key = base64.b64encode(key).decode()
        self._subprotocols = tuple(subprotocols)
        self._deflate = deflate
        self._reader = ResponseReader(limits)
        extra = list(additional_headers)
        given = {name.lower() for name, _ in extra if isinstance(name, str)}
        _refuse_ours(given)
        headers: list[tuple[str, str]] = []
        if "host" not in given:
            headers.append(("Host", host_header))
        headers += [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self._key),
            ("Sec-WebSocket-Version", VERSION),
        ]
        if self._subprotocols:
            headers.append(("Sec-WebSocket-Protocol", ", ".join(self._subprotocols)))
        if deflate is not None:
            headers.append(("Sec-WebSocket-Extensions", _offer(deflate)))
        for name, value in (("Origin", origin), ("User-Agent", user_agent), ("Authorization", authorization)):
            if value is not None and name.lower() not in given:
                headers.append((name, value))
        # RFC 9110 section 7.2: "A user agent ... SHOULD send Host as the first field".
        hosts = [line for line in extra if line[0].lower() == "host"]
        self._request = encode_request("GET", path, [*hosts, *headers, *(line for line in extra if line not in hosts)])

    def request_bytes(self) -> bytes:
        """Return the request."""
        return self._request

    @property
    def seen_bytes(self) -> int:
        """How many bytes of the answer came."""
        return self._reader.seen_bytes

    def receive(self, data: bytes | bytearray | memoryview) -> Accepted | None:
        """Take bytes of the answer.

        Returns:
            What was agreed on, or None where the answer is not complete.

        Raises:
            UpgradeRejected: The answer is another status, breaks a rule, or is no HTTP.
        """
        try:
            response = self._reader.feed(data)
        except NotHttp as error:
            raise UpgradeRejected("garbage", None, (_first_bytes(error.first),)) from error
        except HttpError as error:
            facts = (_first_bytes(bytes(data[:64])), _malformed(error))
            raise UpgradeRejected("garbage", None, facts) from error
        return None if response is None else self._judge(response)

    def receive_eof(self) -> None:
        """Take the end of the stream.

        Raises:
            UpgradeRejected: It ends the body of a refusal. Nothing is raised where no head was complete: then the stream
                just ended.
        """
        response = self._reader.receive_eof()
        if response is not None:
            raise UpgradeRejected("status", response)

    def _judge(self, response: Response) -> Accepted:
        """Check a final response against RFC 6455 section 4.1."""
        if response.status != 101:
            raise UpgradeRejected("status", response)
        headers = response.headers
        if response.version != "HTTP/1.1":
            raise _broken("version", response, "HTTP/1.1", response.version)
        # "if the response lacks an |Upgrade| header field or ... contains a value that is not an ASCII case-insensitive
        # match for the value "websocket", the client MUST _Fail the WebSocket Connection_."
        upgrade = headers.tokens("Upgrade")
        if [token.lower() for token in upgrade] != ["websocket"]:
            raise _broken("upgrade", response, "websocket", ", ".join(upgrade) if "Upgrade" in headers else None)
        connection = headers.tokens("Connection")
        if "upgrade" not in [token.lower() for token in connection]:
            raise _broken("connection", response, "Upgrade", ", ".join(connection) if "Connection" in headers else None)
        accepts = headers.all("Sec-WebSocket-Accept")
        expected = accept_value(self._key)
        if accepts != [expected]:
            raise _broken("accept", response, expected, ", ".join(accepts) if accepts else None)
        return Accepted(response, self._subprotocol(response), self._extensions(response), self._reader.leftover)

    def _subprotocol(self, response: Response) -> str | None:
        chosen = response.headers.all("Sec-WebSocket-Protocol")
        if not chosen:
            return None
        # "if the response includes a |Sec-WebSocket-Protocol| header field ... that was not present in the client's
        # handshake ... the client MUST _Fail the WebSocket Connection_."
        if len(chosen) > 1 or chosen[0] not in self._subprotocols:
            expected = "one of " + ", ".join(self._subprotocols) if self._subprotocols else "none"
            raise _broken("subprotocol", response, expected, ", ".join(chosen))
        return chosen[0]

    def _extensions(self, response: Response) -> DeflateParams | None:
        lines = response.headers.all("Sec-WebSocket-Extensions")
        if not lines:
            return None
        offered = _offer(self._deflate) if self._deflate is not None else "none"
        try:
            return accept_answer(parse_extensions(", ".join(lines)), self._deflate)
        except DecodeError as error:
            raise _broken("extension", response, offered, ", ".join(lines), error) from error


def _check_subprotocols(subprotocols: Sequence[str]) -> None:
    """Refuse what is no list of distinct tokens (RFC 6455 section 4.1)."""
    if isinstance(subprotocols, str):
        raise usage_error(
            "subprotocols", "subprotocols got one str, expected a list", f"write subprotocols=[{subprotocols!r}]"
        )
    for name in subprotocols:
        if not isinstance(name, str) or not is_token(name):
            raise usage_error(
                "subprotocols",
                f"subprotocols got {printable(repr(name))}, expected letters, digits and !#$%&'*+-.^_`|~",
                "correct the subprotocol's name",
            )
    if len(set(subprotocols)) != len(subprotocols):
        raise usage_error("subprotocols", "subprotocols got a name twice", "name each subprotocol once")


def _refuse_ours(given: Iterable[str]) -> None:
    """Refuse headers that the handshake writes."""
    for name in sorted(_OURS.intersection(given)):
        raise usage_error(
            "additional_headers",
            f"additional_headers got {name}, which the handshake writes itself",
            "use subprotocols= and compression= for what they say, and leave the header out",
        )


def _offer(deflate: DeflateSettings) -> str:
    try:
        return format_extensions((offer(deflate),))
    except ValueError as error:
        raise usage_error("compression", str(error), "ask for 9 to 15 window bits") from error


def _first_bytes(first: bytes) -> Fact:
    return Fact("http.first_bytes", {"hex": first[:64].hex(), "text": printable(first[:64].decode("latin-1"))})


def _malformed(error: HttpError) -> Fact:
    return Fact("http.malformed", {"what": error.what, "offset": error.offset, "section": error.section})


def _broken(
    rule: str, response: Response, expected: str, got: str | None, error: DecodeError | None = None
) -> UpgradeRejected:
    value = {"rule": rule, "expected": expected, "got": None if got is None else printable(got)}
    facts: tuple[Fact, ...] = (Fact("http.upgrade", value),)
    if error is not None:
        facts += (Fact("http.malformed", {"what": error.what, "offset": error.offset, "section": error.section}),)
    return UpgradeRejected(rule, response, facts)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is no upgrade that a server accepts, and how to say so.

    Args:
        rule: `method`, `version`, `upgrade`, `connection`, `key` or `websocket-version`.
        status: The answer.
        text: What was got and what was expected.
        headers: What the answer must carry.
    """

    rule: str
    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class ServerHandshake:
    """A server's side.

    Args:
        limits: How much of a request is read at most.
    """

    def __init__(self, limits: HttpLimits | None = None) -> None:
        self._reader = RequestReader(limits)
        self.deflate: DeflateParams | None = None

    @property
    def leftover(self) -> bytes:
        """What came behind the request."""
        return self._reader.leftover

    @property
    def seen_bytes(self) -> int:
        """How many bytes of the request came."""
        return self._reader.seen_bytes

    def receive(self, data: bytes | bytearray | memoryview) -> Request | None:
        """Take bytes of the request; return it once it is complete. It need not be an upgrade.

        Raises:
            HttpError: It breaks a rule of HTTP; `.status` is what `reject` should say.
        """
        return self._reader.feed(data)

    def refusal(self, request: Request) -> Refusal | None:
        """Return why a request is no upgrade to WebSocket, or None where it is one.

        Source: RFC 6455 section 4.2.1 and 4.4.
        """
        headers = request.headers
        upgrade = (("Upgrade", "websocket"), ("Connection", "Upgrade"))
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
            # Section 4.4: the answer "MUST include" the versions the server understands.
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
        """Return what the client offers, best first."""
        return tuple(request.headers.tokens("Sec-WebSocket-Protocol"))

    def accept(
        self,
        request: Request,
        subprotocol: str | None = None,
        deflate: DeflateSettings | None = None,
        extra_headers: Iterable[tuple[str, str]] = (),
    ) -> bytes:
        """Return the 101; afterwards `deflate` holds what was agreed on.

        Args:
            request: One that `refusal` has nothing against.
            subprotocol: One that the client offers; None chooses none.
            deflate: What this server wants; None declines compression.
            extra_headers: More lines.

        Raises:
            UsageError: The subprotocol was not offered, or a header breaks its grammar.

        Source: RFC 6455 section 4.2.2.
        """
        extra = list(extra_headers)
        _refuse_ours({name.lower() for name, _ in extra if isinstance(name, str)})
        headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_value(request.headers["Sec-WebSocket-Key"])),
        ]
        if subprotocol is not None:
            if subprotocol not in self.subprotocols(request):
                raise usage_error(
                    "subprotocol",
                    f"subprotocol got {printable(repr(subprotocol))}, which was not offered",
                    "choose one that was",
                )
            headers.append(("Sec-WebSocket-Protocol", subprotocol))
        agreed = answer_offers(_offers(request), deflate) if deflate is not None else None
        self.deflate = None
        if agreed is not None:
            self.deflate, entry = agreed
            headers.append(("Sec-WebSocket-Extensions", format_extensions((entry,))))
        return encode_response(101, headers + extra)

    def reject(self, status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """Return a response that refuses the upgrade; the connection closes behind it.

        Args:
            status: Any but 101.
            body: What to tell the client.
            headers: More lines; a Content-Type replaces ours.

        Raises:
            UsageError: A header breaks its grammar.
        """
        extra = list(headers)
        given = {name.lower() for name, _ in extra if isinstance(name, str)}
        lines = list(extra)
        if body and "content-type" not in given:
            lines.append(("Content-Type", "text/plain; charset=utf-8"))
        if "content-length" not in given:
            lines.append(("Content-Length", str(len(body))))
        if "connection" not in given:
            lines.append(("Connection", "close"))
        return encode_response(status, lines, body)


def _is_key(key: str) -> bool:
    """Tell whether a key is 16 bytes in base64 (RFC 6455 section 4.2.1 item 5)."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _offers(request: Request) -> tuple[ExtensionEntry, ...]:
    """Return the extensions a client offers; a header that cannot be read offers none."""
    lines = request.headers.all("Sec-WebSocket-Extensions")
    if not lines:
        return ()
    try:
        return parse_extensions(", ".join(lines))
    except DecodeError:
        return ()
