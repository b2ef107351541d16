"""The client's opening handshake without I/O: the request, and the checks of the response.

No randomness is drawn here: the caller supplies the key.

Source: RFC 6455 section 4.1, RFC 7692 section 5.
"""

import base64
from collections.abc import Iterable, Sequence

from wssure.errors import usage_error
from wssure.facts import Fact, UpgradeBroken
from wssure.frozen import frozen
from wssure.protocol.exchange import Answer, Asking, Refused, malformed_fact
from wssure.protocol.handshake_rule import (
    VERSION,
    accept_value,
    check_subprotocols,
    format_subprotocols,
    refuse_own_headers,
)
from wssure.wire.decode import DecodeError
from wssure.wire.deflate import DeflateParams, DeflateSettings, accept_answer, offer
from wssure.wire.extension import format_extensions, parse_extensions
from wssure.wire.http_message import Headers, HttpLimits, Request, Response, encode_request
from wssure.wire.http_reader import ResponseReader


@frozen
class Accepted(Answer):
    """The server switched to WebSocket; `leftover` holds the first frames.

    Args:
        subprotocol: The one it chose; None if it chose none.
        deflate: What was agreed on; None if messages are not compressed.
    """

    subprotocol: str | None
    deflate: DeflateParams | None


class UpgradeRejected(Refused):
    """The server did not switch to WebSocket as RFC 6455 section 4.1 demands.

    Its kind is `status`, `garbage`, or the rule its 101 breaks: `accept`, `upgrade`, `connection`, `extension`,
    `subprotocol`, `version`.
    """

    asked = "upgrade"


class ClientHandshake(Asking[Accepted]):
    """A client's side.

    Args:
        host_header: Value of the Host header, from `Endpoint.host_header`.
        path: Path and query, from `Endpoint.path`.
        key: 16 random bytes.
        subprotocols: The subprotocols of the application, in order of preference.
        deflate: The permessage-deflate parameters to offer; None offers no extension.
        origin: Value of the Origin header; None sends none.
        additional_headers: Further lines; Host, User-Agent and Authorization replace the default ones.
        user_agent: None sends none.
        authorization: Value of the Authorization header; None sends none.
        limits: Limits on the size of the response.

    Raises:
        UsageError: A part breaks its grammar (for example with a CR, LF or NUL), or contradicts the handshake.
    """

    request: Request
    refused = UpgradeRejected

    def __init__(
        self,
        host_header: str,
        path: str,
        *,
        key: bytes,
        subprotocols: Sequence[str] | None = None,
        deflate: DeflateSettings | None = None,
        origin: str | None = None,
        additional_headers: Iterable[tuple[str, str]] = (),
        user_agent: str | None = None,
        authorization: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        # RFC 6455 section 4.1: "The value of this header field MUST be a nonce consisting of a randomly selected
        # 16-byte value that has been base64-encoded".
        if len(key) != 16:
            raise ValueError(f"key got {len(key)} bytes, expected 16")
        self._key = base64.b64encode(key).decode()
        self._subprotocols = check_subprotocols(subprotocols)
        self._deflate = deflate
        optional = {"Origin": origin, "User-Agent": user_agent, "Authorization": authorization}
        lines = self._lines(host_header, optional, list(additional_headers))
        self.request = Request("GET", path, "HTTP/1.1", Headers(lines))
        super().__init__(encode_request(self.request), ResponseReader(limits))

    def _lines(
        self, host_header: str, optional: dict[str, str | None], extra: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """Return all header lines in order; a line of the caller replaces ours of the same name."""
        extra_names = {name.lower() for name, _ in extra if isinstance(name, str)}
        refuse_own_headers(extra_names)
        # RFC 9110 section 7.2: "A user agent that sends Host SHOULD send it as the first field in the header section."
        lines = [(name, value) for name, value in extra if isinstance(name, str) and name.lower() == "host"]
        rest = [line for line in extra if line not in lines]
        if not lines:
            lines = [("Host", host_header)]
        lines += [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self._key),
            ("Sec-WebSocket-Version", VERSION),
        ]
        if self._subprotocols:
            lines.append(("Sec-WebSocket-Protocol", ", ".join(self._subprotocols)))
        if self._deflate is not None:
            lines.append(("Sec-WebSocket-Extensions", _offer(self._deflate)))
        lines += [
            (name, value) for name, value in optional.items() if value is not None and name.lower() not in extra_names
        ]
        return lines + rest

    def _check_response(self, response: Response) -> Accepted:
        """Check a final response against RFC 6455 section 4.1."""
        if response.status != 101:
            raise UpgradeRejected("status", response)
        headers = response.headers
        if response.version != "HTTP/1.1":
            raise _rejection("version", response, "HTTP/1.1", response.version)
        # "if the response lacks an |Upgrade| header field or ... contains a value that is not an ASCII case-insensitive
        # match for the value "websocket", the client MUST _Fail the WebSocket Connection_."
        upgrade = headers.tokens("Upgrade")
        if [token.lower() for token in upgrade] != ["websocket"]:
            raise _rejection("upgrade", response, "websocket", ", ".join(upgrade) if "Upgrade" in headers else None)
        connection = headers.tokens("Connection")
        if "upgrade" not in [token.lower() for token in connection]:
            raise _rejection(
                "connection", response, "Upgrade", ", ".join(connection) if "Connection" in headers else None
            )
        accepts = headers.all("Sec-WebSocket-Accept")
        expected = accept_value(self._key)
        if accepts != [expected]:
            raise _rejection("accept", response, expected, ", ".join(accepts) if accepts else None)
        return Accepted(
            response=response,
            leftover=self._reader.leftover,
            subprotocol=self._subprotocol(response),
            deflate=self._extensions(response),
        )

    def _subprotocol(self, response: Response) -> str | None:
        chosen = response.headers.all("Sec-WebSocket-Protocol")
        if not chosen:
            return None
        # "if the response includes a |Sec-WebSocket-Protocol| header field ... that was not present in the client's
        # handshake ... the client MUST _Fail the WebSocket Connection_."
        if len(chosen) > 1 or chosen[0] not in self._subprotocols:
            got = ", ".join(chosen)
            for name in self._subprotocols:
                got = got.replace(name, format_subprotocols(name))
            raise _rejection("subprotocol", response, self.expected_subprotocol, got)
        return chosen[0]

    @property
    def expected_subprotocol(self) -> str:
        """The subprotocols that the server may select, for a fact."""
        return "one of " + format_subprotocols(", ".join(self._subprotocols)) if self._subprotocols else "none"

    def _extensions(self, response: Response) -> DeflateParams | None:
        lines = response.headers.all("Sec-WebSocket-Extensions")
        if not lines:
            return None
        offered = _offer(self._deflate) if self._deflate is not None else "none"
        try:
            return accept_answer(parse_extensions(", ".join(lines)), self._deflate)
        except DecodeError as error:
            broken = _rejection("extension", response, offered, ", ".join(lines), error)
        raise broken  # for the reason given in receive()


def _offer(deflate: DeflateSettings) -> str:
    try:
        return format_extensions((offer(deflate),))
    except ValueError as error:
        raise usage_error("compression", str(error), "ask for 9 to 15 window bits") from error


def _rejection(
    rule: str, response: Response, expected: str, got: str | None, error: DecodeError | None = None
) -> UpgradeRejected:
    facts: tuple[Fact, ...] = (UpgradeBroken(rule, expected, got),)
    if error is not None:
        facts += (malformed_fact(error),)
    return UpgradeRejected(rule, response, facts)
