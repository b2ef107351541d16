"""The endpoint of a connection: the host to verify and the address to dial, checked and frozen.

`host` is the name the server must prove: it becomes the SNI, the Host header and the name checked in the certificate.
`address` is the address to dial and is used for nothing else. The two never mix.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from wssure.errors import UsageError, usage_error
from wssure.facts import (
    EndpointAddress,
    EndpointAddressPort,
    EndpointHost,
    EndpointPort,
    EndpointServerName,
    EndpointUrl,
    Fact,
)
from wssure.frozen import frozen
from wssure.name import (
    DnsName,
    IpName,
    host_and_port,
    is_ip,
    mask_secrets,
    normalise_address,
    normalise_host,
    probable_host,
    safe_url,
)
from wssure.text import printable

DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}
# RFC 3986 section 3.1.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*\Z")
# RFC 3986 section 3.3 and 3.4: characters allowed unencoded in a path and query.
_TARGET = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%\[\]|^`{}\"<>\\]*\Z")


def _check_port(port: object, field_name: str) -> int:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise usage_error(
            field_name,
            f"{field_name} got {mask_secrets(repr(port))}, expected a number from 1 to 65535",
            f"pass {field_name} as an int from 1 to 65535",
        )
    return port


@frozen
class Endpoint:
    """One WebSocket endpoint: the parts of its URL, and the address to dial.

    Use `Endpoint.parse` to make one; it checks the parts.

    Args:
        scheme: `ws` or `wss`.
        host: The name the server must prove.
        port: The port of the URL, for the Host header; the scheme's default if the URL has none.
        path: Request target in origin form: path and query, at least `/`.
        address: The address to dial: a DNS name or an IP address (with a zone, if one is needed).
        address_port: The TCP port to dial.
        userinfo: `(user, password)` for Basic authentication, never in a message or a fact. None if the URL has none.
        others: Further addresses to dial, which race with `address` (RFC 8305).
    """

    scheme: str
    host: DnsName | IpName
    port: int
    path: str
    address: str
    address_port: int
    userinfo: tuple[str, str] | None = None
    others: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Endpoint {self.safe_url} at {self.dial_place}>"

    @classmethod
    def parse(cls, url: str, *, address: str | None = None, address_port: int | None = None) -> Endpoint:
        """Parse a URL into an endpoint.

        Args:
            url: `ws://` or `wss://`, host, optional port, path and query.
            address: The address to dial; None dials the host.
            address_port: The TCP port to dial; None dials the URL's port.

        Raises:
            UsageError: A part is missing or wrong; the error names the part, its value and the text to write.

        Source: RFC 6455 section 3, RFC 3986 section 3.
        """
        scheme, host_text, port, path, userinfo = _split_url(url)
        host = normalise_host(host_text, "host")
        url_port = DEFAULT_PORTS[scheme] if port is None else port
        return cls(
            scheme=scheme,
            host=host,
            port=url_port,
            path=path,
            address=normalise_address(host_text if address is None else address),
            address_port=url_port if address_port is None else _check_port(address_port, "address_port"),
            userinfo=userinfo,
        )

    @property
    def secure(self) -> bool:
        """True for wss."""
        return self.scheme == "wss"

    @property
    def server_name(self) -> DnsName | IpName:
        """The only source of SNI and of the name to check in the certificate."""
        return self.host

    @property
    def bracketed_host(self) -> str:
        """The host as in URLs and the Host header (IPv6 in brackets)."""
        text = str(self.host)
        return f"[{text}]" if ":" in text else text

    @property
    def dial_place(self) -> str:
        """Address and port to dial as one text, an IPv6 address in brackets."""
        return host_and_port(self.address, self.address_port)

    @property
    def host_header(self) -> str:
        """The Host header, with the port if it is not the scheme's default (RFC 9110 section 7.2)."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return self.bracketed_host
        return f"{self.bracketed_host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without user info."""
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def safe_url(self) -> str:
        """The URL without user info and without the query's values, for facts, logs and reports.

        If a password begins with `/`, the rest of it and the `@` are in the path: the path is then masked, too.
        """
        return safe_url(self.url)

    def facts(self) -> tuple[Fact, ...]:
        """Return the parts as facts, without user info and the query's values."""
        return (
            EndpointUrl(self.safe_url),
            EndpointHost(str(self.host)),
            EndpointPort(self.port),
            EndpointAddress(self.address),
            EndpointAddressPort(self.address_port),
            EndpointServerName(self.host.sni),
        )


def _url_error(summary: str, fix: str, field_name: str = "url") -> UsageError:
    return usage_error(field_name, f"{field_name} {summary}", fix)


def _split_url(url: str) -> tuple[str, str, int | None, str, tuple[str, str] | None]:
    """Split a URL into scheme, host, port, target and user info; refuse parts that a WebSocket URL must not have."""
    if not isinstance(url, str):
        raise _url_error(f"got {type(url).__name__}, expected str", 'write connect("wss://b.example.net/")')
    shown = f'"{mask_secrets(url)}"'
    if not url:
        raise _url_error("is empty", 'write connect("wss://b.example.net/")')
    bad = next((character for character in url if not character.isprintable() or character.isspace()), None)
    if bad is not None:
        raise _url_error(
            f"got the character {bad!a} in {shown}", "remove it; in a path or query write it percent-encoded"
        )
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or not _SCHEME.match(scheme):
        raise _url_error(
            f"got {shown} without a scheme, expected ws:// or wss://", f"write wss://{shown.strip(chr(34))}"
        )
    if scheme not in DEFAULT_PORTS:
        better = {"http": "ws", "https": "wss"}.get(scheme, "wss")
        _, _, shown_rest = mask_secrets(url).partition("://")
        raise _url_error(
            f'got the scheme "{printable(scheme)}", expected ws or wss',
            f"write {better}://{probable_host(url) + '/' if '…' in shown_rest else shown_rest}",
        )
    if "#" in rest:
        # RFC 6455 section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
        raise _url_error(f"got a fragment in {shown}, which a WebSocket URL must not have", "remove # and what follows")
    if "\\" in rest:
        raise _url_error(f"got a backslash in {shown}", "write / instead")
    netloc, target = _split_target(rest)
    host, port, userinfo = split_authority(netloc, shown)
    target = _encode_target(target, shown)
    return scheme, host, port, target, userinfo


def _split_target(rest: str) -> tuple[str, str]:
    """Split the text after `://` into the authority and the request target, which is at least `/`."""
    end = next((index for index, character in enumerate(rest) if character in "/?"), len(rest))
    target = rest[end:]
    return rest[:end], target if target.startswith("/") else f"/{target}"


def split_authority(netloc: str, shown: str, field_name: str = "url") -> tuple[str, int | None, tuple[str, str] | None]:
    """Split a URL's authority into host, port and user info.

    Args:
        netloc: The text between `//` and the path.
        shown: The URL for messages, from `mask_secrets`.
        field_name: The name of the argument, for errors.

    Returns:
        The host without brackets, not yet checked; the port or None; `(user, password)` or None.

    Raises:
        UsageError: The port is not a port number, brackets are wrong, or there is no host.

    Source: RFC 3986 section 3.2.
    """
    userinfo_text, at, hostport = netloc.rpartition("@")
    userinfo = None
    if at:
        user, _, password = userinfo_text.partition(":")
        userinfo = (unquote(user), unquote(password))
    host, port = _split_host_port(hostport, shown, field_name)
    return host, port, userinfo


def _split_host_port(hostport: str, shown: str, field_name: str) -> tuple[str, int | None]:
    if hostport.startswith("["):
        host, bracket, rest = hostport[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _url_error(f"got unbalanced brackets in {shown}", "write an IPv6 host as [2001:db8::1]", field_name)
        if not is_ip(host.partition("%")[0]) or ":" not in host:
            raise _url_error(
                f"got brackets around what is no IPv6 address in {shown}", "write brackets only around IPv6", field_name
            )
        port_text, colon = rest[1:], bool(rest)
    else:
        host, separator, port_text = hostport.partition(":")
        colon = bool(separator)
        if ":" in port_text:
            raise _url_error(
                f"got more than one colon in the host of {shown}", "write an IPv6 host in brackets: [::1]", field_name
            )
    if not host:
        raise _url_error(
            f"got no host in {shown}",
            "write wss://NAME/path" if field_name == "url" else "write http://HOST:PORT",
            field_name,
        )
    if not colon:
        return host, None
    if not port_text:
        return host, None  # RFC 3986 section 3.2.3: an empty port means the default.
    if not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 and 0 < int(port_text) < 65536):
        # A port that is not a number may be a password without its @.
        port = f'the port "{port_text}"' if port_text.isdigit() and len(port_text) <= 5 else "a port that is no number"
        raise _url_error(f"got {port} in {shown}, expected 1 to 65535", "correct the port", field_name)
    return host, int(port_text)


def _encode_target(target: str, shown: str) -> str:
    """Percent-encode characters outside ASCII; refuse a malformed percent-encoding (RFC 3986 section 2.1)."""
    broken = re.search(r"%(?![0-9A-Fa-f]{2})", target)
    if broken:
        raise _url_error(f"got a percent sign without two hex digits in {shown}", "write %25 for a percent sign")
    encoded = "".join(
        character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode("utf-8"))
        for character in target
    )
    if not _TARGET.match(encoded):
        raise _url_error(f"got a character in {shown} that no path or query holds", "percent-encode it")
    return encoded
