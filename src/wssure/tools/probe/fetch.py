"""Fetch a URL from a certificate: plain HTTP from a public address, 64 KiB, no redirects, no data of the caller.

The URL is from an unverified certificate, so an attacker can choose it. Three checks protect the network of the user of
`check --fetch`: the form of the URL, the addresses of its host *after* the lookup, and the connection to exactly the
checked addresses, without a second lookup (DNS rebinding).
"""

import asyncio
import importlib.util
import ipaddress
import re
import time
from typing import Any, Final

from wssure.aio.resolve import Address, resolve
from wssure.errors import UsageError, usage_error
from wssure.evidence import Recorder
from wssure.extras import install_command
from wssure.facts import Fact, FetchResult
from wssure.frozen import frozen
from wssure.name import IpName, normalise_host
from wssure.tools.probe.attempt import ask_document
from wssure.wire.http_message import Headers, Request, encode_request

MOST_FETCHES: Final = 4
LIMIT_S: Final = 2.0
# A shorter rest of the budget is not enough for an answer.
_SHORTEST_S: Final = 0.1
_MOST_ADDRESSES: Final = 2
_PORT: Final = 80
# No CA uses longer URLs.
_MOST_URL: Final = 1024
# RFC 3986 section 2: a URI has visible ASCII characters only, except the backslash, which some parsers treat as "/".
_VISIBLE = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
_URL = re.compile(r"http://([^/?#]*)((?:[/?][^#]*)?)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
# IANA IPv4 Special-Purpose Address Registry, as of 2024-08, with multicast and the reserved rest (RFC 6890): listed
# here because the results of `ipaddress` differ between patch releases of Python.
_REFUSED_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# RFC 4291 section 2.4: the only global unicast range of IPv6 today. It excludes loopback, unspecified, link-local,
# unique local, multicast and IPv4-mapped addresses.
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
# Inside it: IETF protocol assignments with Teredo, documentation (RFC 3849, RFC 9637), and 6to4, with routes to IPv4
# addresses, which RFC 7526 deprecates.
_REFUSED_V6: Final = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# RFC 6052 section 2.1: the IPv4 address is the last 32 bits. On a network with DNS64 every IPv4-only name has this
# form.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def need_library() -> None:
    """Refuse to fetch if the answers cannot be verified.

    Raises:
        UsageError: The package `cryptography` is not installed.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise usage_error(
            "fetch",
            "fetch needs the package cryptography, which is not installed",
            install_command("fetch"),
        )


class Refused(ValueError):
    """The URL or its address is not allowed; the text has the reason."""


@frozen
class HttpUrl:
    """The host and target of a fetch.

    Args:
        host: A DNS name, or an IP address without brackets.
        target: Path and query of the request.
    """

    host: str
    target: str

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_url(text: str) -> HttpUrl:
    """Parse a URL from a certificate.

    Args:
        text: The URL in the certificate.

    Raises:
        Refused: The URL is not http on port 80, or has an unusual part.

    Source: RFC 5280 section 4.2.2.1, RFC 9110 section 4.2.1.
    """
    if len(text) > _MOST_URL:
        raise Refused(f"the URL has {len(text)} characters, expected at most {_MOST_URL}")
    if not _VISIBLE.fullmatch(text):
        raise Refused("the URL has a character that no URL holds")
    match = _URL.fullmatch(text)
    if match is None:
        raise Refused("the URL has a fragment" if "#" in text else "the URL is no http:// URL")
    authority, target = match.groups()
    if "@" in authority:
        raise Refused("the URL has user info")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Refused("the URL has no host that can be read")
    host, port = parts.groups()
    if port and port != str(_PORT):
        raise Refused(f"the URL names port {port[:8]}, expected {_PORT}")
    try:
        name = normalise_host(host[1:-1] if host.startswith("[") else host)
    except UsageError as error:
        raise Refused("the URL has a host that is no DNS name and no IP address") from error
    if host.startswith("[") and not (isinstance(name, IpName) and ":" in name.ip):
        raise Refused("the URL has brackets around what is no IPv6 address")
    return HttpUrl(str(name), target if target.startswith("/") else "/" + target)


def is_public(text: str) -> bool:
    """Return True if an address, in any form, belongs to the public Internet.

    Args:
        text: An IPv4 or IPv6 address, with or without a zone.
    """
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip in _NAT64:
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _REFUSED_V4)
    return ip.scope_id is None and ip in _GLOBAL_V6 and not any(ip in network for network in _REFUSED_V6)


async def _public_addresses(http_url: HttpUrl) -> list[Address]:
    """Resolve the addresses to dial.

    Raises:
        Refused: The name has no address, or one that is not public. A public name with an internal address is an
        attack, or the network uses its own DNS answers.
    """
    try:
        addresses = await resolve(http_url.host, _PORT, Recorder(time.perf_counter_ns))
    except OSError as error:
        raise Refused(f"the host {http_url.host} cannot be looked up: {error.strerror or error}") from error
    for _, sockaddr in addresses:
        if not is_public(str(sockaddr[0])):
            raise Refused(f"the host {http_url.host} leads to {sockaddr[0]}, which is no public address")
    return addresses[:_MOST_ADDRESSES]


class Fetcher:
    """Makes the fetches of one examination, one after another, within its time limit.

    Args:
        end: The end of the time limit, on `time.monotonic`.

    Attributes:
        facts: A `fetch.result` for each fetch, also for refused ones.
    """

    def __init__(self, end: float) -> None:
        self.end = end
        self.facts: list[Fact] = []
        self._done: set[str] = set()

    async def get(self, kind: str, url: str) -> bytes | None:
        """Fetch a URL; None if there is no answer or the fetch is refused.

        Args:
            kind: `aia` or `ocsp`, for the fact.
            url: The URL in the certificate.
        """
        return await self._ask(kind, url, "GET", None)

    async def post(self, kind: str, url: str, body: bytes, content_type: str) -> bytes | None:
        """Return the answer to a POST request, with the same rules."""
        return await self._ask(kind, url, "POST", (body, content_type))

    async def _ask(self, kind: str, url: str, method: str, content: tuple[bytes, str] | None) -> bytes | None:
        if url in self._done:
            return None
        began = time.monotonic()
        value: dict[str, Any] = {}
        body = None
        try:
            limit_s = self._permit(url)
            async with asyncio.timeout(limit_s):
                body = await self._exchange(parse_url(url), method, content, limit_s, value)
        except Refused as error:
            value["problem"] = str(error)
        except TimeoutError:
            value["problem"] = "no answer in its time"
        value["ms"] = round((time.monotonic() - began) * 1000, 1)
        self.facts.append(FetchResult(kind, url, **value))
        return body

    def _permit(self, url: str) -> float:
        """Return the time limit of this fetch."""
        left_s = self.end - time.monotonic()
        if len(self._done) >= MOST_FETCHES:
            raise Refused(f"not fetched: {MOST_FETCHES} fetches are the most")
        if left_s < _SHORTEST_S:
            raise Refused("not fetched: the time for all experiments is over")
        self._done.add(url)
        return min(LIMIT_S, left_s)

    async def _exchange(
        self, http_url: HttpUrl, method: str, content: tuple[bytes, str] | None, limit_s: float, value: dict[str, Any]
    ) -> bytes:
        addresses = await _public_addresses(http_url)
        headers = [("Host", http_url.host_header), ("User-Agent", "wssure"), ("Accept", "*/*"), ("Connection", "close")]
        body = b""
        if content is not None:
            body, content_type = content
            headers += [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        try:
            head = encode_request(Request(method, http_url.target, "HTTP/1.1", Headers(headers)))
        except UsageError as error:
            raise Refused("the URL has a character that no path holds") from error
        result, response = await ask_document(addresses, head + body, limit_s)
        value["address"] = result.address
        if response is None:
            raise Refused(f"got no answer in HTTP: {result.outcome.answer}")
        value["status"], value["bytes"] = response.status, len(response.body)
        if response.status != 200:
            redirected = "; redirects are not followed" if 300 <= response.status < 400 else ""
            raise Refused(f"got status {response.status}, expected 200{redirected}")
        if not response.body_complete:
            raise Refused(f"got more than {len(response.body)} bytes, or less than was announced")
        return response.body
