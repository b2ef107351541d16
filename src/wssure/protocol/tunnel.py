"""A client's request for a tunnel through an HTTP proxy, without I/O.

Source: RFC 9110 section 9.3.6.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from wssure.errors import usage_error
from wssure.facts import Fact
from wssure.name import host_and_port
from wssure.protocol.garbage import garbage_facts
from wssure.wire.http import Headers, HttpError, HttpLimits, Request, Response, ResponseReader, encode_request

__all__ = ["TunnelHandshake", "TunnelOpened", "TunnelRefused"]


@dataclass(frozen=True, slots=True)
class TunnelOpened:
    """The proxy opened the tunnel.

    Args:
        response: Its 2xx.
        leftover: What came behind the response, from the other end: mostly nothing.
    """

    response: Response
    leftover: bytes


class TunnelRefused(Exception):
    """The proxy opened no tunnel.

    Args:
        response: What it answered; None where that was no HTTP.
        facts: What was seen besides.
    """

    def __init__(self, response: Response | None, facts: tuple[Fact, ...] = ()) -> None:
        super().__init__(response, facts)
        self.response = response
        self.facts = facts

    def __repr__(self) -> str:
        return f"TunnelRefused({str(self)!r})"

    def __str__(self) -> str:
        return "the proxy answered no HTTP" if self.response is None else f"the proxy answered {self.response.status}"


class TunnelHandshake:
    """One CONNECT.

    Args:
        address: Where the proxy is to connect: a name, which it resolves itself, or an IP address.
        port: The TCP port there.
        userinfo: `(user, password)` for the proxy; None sends no Proxy-Authorization.
        user_agent: None sends none.
        limits: How much of the answer is read at most.

    Raises:
        UsageError: The address has a zone, or a part breaks its grammar.
    """

    def __init__(
        self,
        address: str,
        port: int,
        *,
        userinfo: tuple[str, str] | None = None,
        user_agent: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        if "%" in address:
            raise usage_error(
                "address",
                "address got an IPv6 zone together with a proxy, and a zone means nothing on another machine",
                "leave the zone out, or pass proxy=None to go directly",
            )
        target = host_and_port(address, port)
        # RFC 9112 section 3.2.3: "authority-form ... only used for CONNECT requests"; RFC 9110 section 7.2 wants a Host.
        lines = [("Host", target)]
        if user_agent is not None:
            lines.append(("User-Agent", user_agent))
        if userinfo is not None:
            # RFC 7617 section 2.1: UTF-8, as servers expect today.
            lines.append(
                ("Proxy-Authorization", "Basic " + base64.b64encode(":".join(userinfo).encode()).decode("ascii"))
            )
        self._request_bytes = encode_request(Request("CONNECT", target, "HTTP/1.1", Headers(lines)))
        self._reader = ResponseReader(limits, tunnel=True)

    def request_bytes(self) -> bytes:
        """Return the request."""
        return self._request_bytes

    @property
    def seen_bytes(self) -> int:
        """How many bytes of the answer came."""
        return self._reader.seen_bytes

    @property
    def has_head(self) -> bool:
        """True once status and headers of a refusal are there, and only its body is still to come."""
        return self._reader.has_head

    def receive(self, data: bytes) -> TunnelOpened | None:
        """Take bytes of the answer.

        Returns:
            The open tunnel, or None where the answer is not complete.

        Raises:
            TunnelRefused: The proxy refused, or answered no HTTP.
        """
        try:
            response = self._reader.feed(data)
        except HttpError as error:
            facts = garbage_facts(self._reader, error)
        else:
            return None if response is None else self._judge(response)
        # Raised here, without the original as its context: its text quotes the peer, which may send our secrets back.
        raise TunnelRefused(None, facts)

    def _judge(self, response: Response) -> TunnelOpened:
        # "Any 2xx (Successful) response indicates that the sender (and all inbound proxies) will switch to tunnel mode
        # immediately after the response header section."
        if not 200 <= response.status < 300:
            raise TunnelRefused(response)
        return TunnelOpened(response, self._reader.leftover)

    def receive_eof(self) -> None:
        """Take the end of the stream, or of our patience with a body.

        Raises:
            TunnelRefused: It ends the body of a refusal. Nothing is raised where no head was complete.
        """
        response = self._reader.receive_eof()
        if response is not None:
            raise TunnelRefused(response)
