"""The CONNECT request for a tunnel through an HTTP proxy, without I/O.

Source: RFC 9110 section 9.3.6.
"""

from wssure.errors import usage_error
from wssure.facts import ProxyEof, ProxyResponse
from wssure.name import host_and_port
from wssure.protocol.exchange import Answer, Asking, Refused
from wssure.protocol.handshake_rule import basic_authorization
from wssure.wire.http_message import Headers, HttpLimits, Request, Response, encode_request
from wssure.wire.http_reader import ResponseReader


class TunnelRefused(Refused):
    """The proxy opened no tunnel."""

    asked = "tunnel"


class TunnelHandshake(Asking[Answer]):
    """One CONNECT.

    Args:
        address: The target of the tunnel: an IP address, or a name that the proxy resolves.
        port: The TCP port of the target.
        userinfo: `(user, password)` for the proxy; None sends no Proxy-Authorization.
        user_agent: None sends none.
        limits: Limits on the size of the response.

    Raises:
        UsageError: The address has a zone, or a part breaks its grammar.
    """

    refused = TunnelRefused
    answer_fact = ProxyResponse
    eof_fact = ProxyEof

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
                "leave the zone out, or pass $no_proxy to go directly",
            )
        target = host_and_port(address, port)
        # RFC 9112 section 3.2.3: "authority-form ... only used for CONNECT requests"; RFC 9110 section 7.2 requires a
        # Host.
        lines = [("Host", target)]
        if user_agent is not None:
            lines.append(("User-Agent", user_agent))
        if userinfo is not None:
            lines.append(("Proxy-Authorization", basic_authorization(userinfo)))
        request = encode_request(Request("CONNECT", target, "HTTP/1.1", Headers(lines)))
        super().__init__(request, ResponseReader(limits, tunnel=True))

    def _check_response(self, response: Response) -> Answer:
        # "Any 2xx (Successful) response indicates that the sender (and all inbound proxies) will switch to tunnel mode
        # immediately after the response header section."
        if not 200 <= response.status < 300:
            raise TunnelRefused("status", response)
        return Answer(response=response, leftover=self._reader.leftover)
