"""Where we dial and whom we expect there: the only way in, frozen and checked.

`host` is the name the server must prove: it becomes the SNI, the Host header and the name checked in the certificate.
`address` is where we dial; it becomes nothing else. The two never mix: what is not a plain name or address is refused
here, before any I/O, with the part that was wrong and what to write instead.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

import idna

from wssure.errors import UsageError, usage_error
from wssure.evidence import Fact

__all__ = ["DnsName", "Endpoint", "IpName", "NoSNI", "ServerName", "normalise_host", "printable"]

DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}
# RFC 1035 section 2.3.4: labels 63 octets, names 255 on the wire, which is 253 as text.
MAX_LABEL: Final = 63
MAX_NAME: Final = 253
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\Z")
_HEX_LABEL = re.compile(r"0[xX][0-9A-Fa-f]*\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}")
# RFC 3986 section 3.3 and 3.4: what may stand raw in a path and query.
_TARGET = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%\[\]|^`{}\"<>\\]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str, limit: int = 200) -> str:
    r"""Return text that is safe for a terminal, a log line or a page.

    Control, bidirectional and unpaired surrogate characters become `\xNN` or `\uNNNN`; the rest is cut at `limit`.
    """
    cut = text[:limit]
    safe = _CONTROL.sub(lambda found: ascii(found.group())[1:-1], cut)
    return safe + "…" if len(text) > limit else safe


@dataclass(frozen=True, slots=True)
class DnsName:
    """A DNS name to prove: sent as SNI, checked against the certificate's DNS names.

    Args:
        name: Lower-case A-label form without a trailing dot.
    """

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class IpName:
    """An IP address to prove: no SNI (RFC 6066 section 3), checked against the certificate's IP addresses.

    Args:
        ip: Canonical text of an IPv4 or IPv6 address, without brackets or zone.
    """

    ip: str

    def __str__(self) -> str:
        return self.ip


@dataclass(frozen=True, slots=True)
class NoSNI:
    """No SNI on purpose. Only probes and tests use it.

    Args:
        reason: Why this connection sends none, for the facts.
        verify_as: The name or address the certificate is still checked for; None checks none.
    """

    reason: str
    verify_as: DnsName | IpName | None = None

    def __str__(self) -> str:
        return f"(no SNI: {self.reason})"


ServerName = DnsName | IpName | NoSNI


def _refuse_shape(text: str, field_name: str) -> None:
    """Refuse what is no bare host: a URL, a path, user info, white space, a port."""
    what = field_name
    shown = printable(text)
    facts = (Fact(f"endpoint.{what}", shown),)
    if not text:
        raise usage_error(
            what, f"{what} is empty, expected a DNS name or an IP address", f"give {what} a name", facts=facts
        )
    scheme = _SCHEME.match(text)
    if scheme:
        host = printable(_host_part(text))
        fix = (
            f'write address="{host}" and keep the URL as the first argument'
            if what == "address"
            else f'write {what}="{host}" without scheme and path'
        )
        raise usage_error(
            what,
            f'{what} got a URL, "{shown}" (scheme "{printable(scheme.group(1))}"), expected a DNS name or an IP address',
            fix,
            cause="dns.url-as-name",
            facts=facts,
        )
    if text != text.strip() or any(character.isspace() for character in text):
        raise usage_error(
            what,
            f'{what} got white space in "{shown}", expected a bare name',
            f'write "{printable("".join(text.split()))}"',
            facts=facts,
        )
    if _CONTROL.search(text):
        raise usage_error(
            what,
            f'{what} got a control character in "{shown}", expected a bare name',
            "remove the character",
            facts=facts,
        )
    for sign, name in (("/", "path"), ("?", "query"), ("#", "fragment"), ("\\", "path")):
        if sign in text:
            rest = text[text.index(sign) :]
            raise usage_error(
                what,
                f'{what} got a {name}, "{printable(rest)}", in "{shown}", expected a bare name',
                f'write "{printable(text[: text.index(sign)])}"; the {name} belongs in the URL',
                cause="dns.url-as-name" if name == "path" else None,
                facts=facts,
            )
    if "@" in text:
        bare = printable(text.rpartition("@")[2])
        # What stands before the @ may be a password: neither message nor fact repeats it.
        raise usage_error(
            what,
            f'{what} got user info before "@{bare}", expected a bare name',
            f'write "{bare}"; user info belongs in the URL: wss://user:password@{bare}/',
            facts=(Fact(f"endpoint.{what}", f"…@{bare}"),),
        )


def _host_part(url: str) -> str:
    """Return the host of a URL as well as it can be told, for a suggestion."""
    rest = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:/{1,2}", "", url)
    rest = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    if rest.startswith("["):
        return rest[1:].partition("]")[0]
    return rest.partition(":")[0] or "b.example.net"


def _split_stray_port(text: str, field_name: str) -> None:
    """Refuse `name:port`, unless the text is a bare IPv6 address."""
    bare = text.partition("%")[0]
    if text.startswith("[") or ":" not in text or _is_ip(bare):
        return
    name, _, port = text.rpartition(":")
    where = "address_port" if field_name == "address" else "the URL"
    if port.isdigit():
        raise usage_error(
            field_name,
            f'{field_name} got a port, ":{printable(port)}", in "{printable(text)}", expected a bare name',
            f'write "{printable(name)}" and give {where} the port {printable(port)}',
            facts=(Fact(f"endpoint.{field_name}", printable(text)),),
        )
    raise usage_error(
        field_name,
        f'{field_name} got ":" in "{printable(text)}", which is neither a name nor an IPv6 address',
        "write a DNS name, an IPv4 address or an IPv6 address such as 2001:db8::1",
        facts=(Fact(f"endpoint.{field_name}", printable(text)),),
    )


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _ascii_name(text: str, field_name: str) -> str:
    """Check and lower-case a pure ASCII DNS name."""
    name = text.removesuffix(".").lower()
    shown = printable(text)
    facts = (Fact(f"endpoint.{field_name}", shown),)
    if not name or len(name) > MAX_NAME:
        raise usage_error(
            field_name,
            f'{field_name} got "{shown}" of {len(name)} characters, expected 1 to {MAX_NAME}',
            "give the DNS name of the server",
            facts=facts,
        )
    for label in name.split("."):
        if not label:
            raise usage_error(
                field_name,
                f'{field_name} got an empty label in "{shown}" (two dots, or one in front)',
                f'write "{printable(".".join(part for part in name.split(".") if part))}"',
                facts=facts,
            )
        if len(label) > MAX_LABEL:
            raise usage_error(
                field_name,
                f'{field_name} got a label of {len(label)} characters, expected at most {MAX_LABEL}: "{printable(label, 80)}"',
                "shorten the label; a DNS name holds none longer",
                facts=facts,
            )
        if not _LABEL.match(label):
            raise usage_error(
                field_name,
                f'{field_name} got the label "{printable(label)}" in "{shown}", expected letters, digits, hyphens inside, underscores',
                "correct the name",
                facts=facts,
            )
    last = name.rpartition(".")[2]
    if last.isdigit() or _HEX_LABEL.match(last):
        # The resolver would read 127.1, 0x7f.1 and 2130706433 as 127.0.0.1: never dial what was not written.
        raise usage_error(
            field_name,
            f'{field_name} got "{shown}", which is neither a DNS name (its last label is a number) nor a plain IPv4 address',
            "write the four decimal parts, such as 127.0.0.1, or a DNS name",
            facts=facts,
        )
    return name


def _international_name(text: str, field_name: str) -> str:
    """Return the A-label form of a non-ASCII name, or check the `xn--` labels of an ASCII one (RFC 5891)."""
    try:
        encoded = idna.encode(text.removesuffix("."), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise usage_error(
            field_name,
            f'{field_name} got "{printable(text)}", which is no internationalised DNS name: {printable(str(error))}',
            "write the name's A-label form (xn--...), or correct it",
            facts=(Fact(f"endpoint.{field_name}", printable(text)),),
        ) from error
    return encoded


def normalise_host(text: str, field_name: str = "host") -> DnsName | IpName:
    """Return the one normal form of a host.

    Args:
        text: A DNS name (any case, with or without a trailing dot, internationalised or not) or an IP address (IPv6
            with or without brackets).
        field_name: What to call it in an error.

    Returns:
        `DnsName` with the lower-case A-label form, or `IpName` with the canonical address.

    Raises:
        UsageError: It is neither; the message says which part was wrong.

    Source: RFC 6066 section 3, RFC 1035 section 2.3.4, RFC 5891 section 4.
    """
    if not isinstance(text, str):
        raise usage_error(
            field_name, f"{field_name} got {type(text).__name__}, expected str", f"pass {field_name} as text", facts=()
        )
    _refuse_shape(text, field_name)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in bare and ":" in bare:
        raise usage_error(
            field_name,
            f'{field_name} got an IPv6 zone in "{printable(text)}"; a zone says where to dial, it is no name',
            f'write wss://[{printable(bare.partition("%")[0])}]/ and address="{printable(bare)}"',
            facts=(Fact(f"endpoint.{field_name}", printable(text)),),
        )
    try:
        return IpName(str(ipaddress.ip_address(bare)))
    except ValueError:
        pass
    _split_stray_port(text, field_name)
    if not text.isascii():
        return DnsName(_ascii_name(_international_name(text, field_name), field_name))
    name = _ascii_name(text, field_name)
    for label in name.split("."):
        if label.startswith("xn--"):
            _international_name(label, field_name)
    return DnsName(name)


def _normalise_address(text: str) -> str:
    """Return what the dialler gets: an IP (a zone kept) or a normalised name."""
    if isinstance(text, str) and "%" in text:
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        ip, _, zone = bare.partition("%")
        if ":" in ip and _is_ip(ip) and re.fullmatch(r"[A-Za-z0-9._-]{1,32}", zone):
            return f"{ipaddress.ip_address(ip)}%{zone}"
    return str(normalise_host(text, "address"))


def _check_port(port: object, field_name: str) -> int:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise usage_error(
            field_name,
            f"{field_name} got {printable(repr(port))}, expected a number from 1 to 65535",
            f"pass {field_name} as an int from 1 to 65535",
        )
    return port


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One WebSocket endpoint: the URL's parts, and where to dial for it.

    Make one with `Endpoint.parse`; the parts are checked there.

    Args:
        scheme: `ws` or `wss`.
        host: The name the server must prove.
        port: The URL's port (Host header; the scheme's default if the URL has none).
        path: Request target in origin form: path and query, at least `/`.
        address: Where to dial: a DNS name or an IP address (with a zone, where one is needed).
        address_port: The TCP port to dial.
        userinfo: `(user, password)` for Basic authentication; never shown and never a fact. None if the URL has none.
    """

    scheme: str
    host: DnsName | IpName
    port: int
    path: str
    address: str
    address_port: int
    userinfo: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, *, address: str | None = None, address_port: int | None = None) -> Endpoint:
        """Return the endpoint of a URL.

        Args:
            url: `ws://` or `wss://`, host, optional port, path and query.
            address: Where to dial; None dials the host.
            address_port: The TCP port to dial; None dials the URL's port.

        Raises:
            UsageError: A part is missing or wrong; it says which, what was got and what to write.

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
            address=str(host) if address is None else _normalise_address(address),
            address_port=url_port if address_port is None else _check_port(address_port, "address_port"),
            userinfo=userinfo,
        )

    @property
    def secure(self) -> bool:
        """True for wss."""
        return self.scheme == "wss"

    @property
    def server_name(self) -> DnsName | IpName:
        """What an engine gets: SNI and the name to check are derived from it, and only from it."""
        return self.host

    @property
    def bracketed_host(self) -> str:
        """The host as URLs and the Host header write it (IPv6 in brackets)."""
        text = str(self.host)
        return f"[{text}]" if ":" in text else text

    @property
    def host_header(self) -> str:
        """The Host header: the port only where it is not the scheme's default (RFC 9110 section 7.2)."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return self.bracketed_host
        return f"{self.bracketed_host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without user info."""
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def safe_url(self) -> str:
        """The URL without user info and without the query's values, for facts, logs and reports."""
        path, mark, _ = self.path.partition("?")
        return f"{self.scheme}://{self.host_header}{printable(path)}{'?…' if mark else ''}"

    def facts(self) -> tuple[Fact, ...]:
        """Return the parts as facts; user info and the query's values never are."""
        return (
            Fact("endpoint.url", self.safe_url),
            Fact("endpoint.host", str(self.host)),
            Fact("endpoint.port", self.port),
            Fact("endpoint.address", self.address),
            Fact("endpoint.address_port", self.address_port),
            Fact("endpoint.server_name", self.host.name if isinstance(self.host, DnsName) else None),
        )


def _url_error(summary: str, fix: str) -> UsageError:
    return usage_error("url", summary, fix)


def _split_url(url: str) -> tuple[str, str, int | None, str, tuple[str, str] | None]:
    """Split a URL into scheme, host, port, target and user info, refusing what has no place in one."""
    if not isinstance(url, str):
        raise _url_error(f"url got {type(url).__name__}, expected str", 'write connect("wss://b.example.net/")')
    shown = _redact(url)
    if not url:
        raise _url_error("url is empty", 'write connect("wss://b.example.net/")')
    bad = next((character for character in url if character.isspace() or _CONTROL.match(character)), None)
    if bad is not None:
        raise _url_error(
            f"url got the character {bad!a} in {shown}", "remove it; in a path or query write it percent-encoded"
        )
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark:
        raise _url_error(
            f"url got {shown} without a scheme, expected ws:// or wss://", f"write wss://{shown.strip(chr(34))}"
        )
    if scheme not in DEFAULT_PORTS:
        better = {"http": "ws", "https": "wss"}.get(scheme, "wss")
        raise _url_error(
            f'url got the scheme "{printable(scheme)}", expected ws or wss',
            f"write {better}://{printable(_host_part(url))}/",
        )
    if "#" in rest:
        # RFC 6455 section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
        raise _url_error(
            f"url got a fragment in {shown}, which a WebSocket URL must not have", "remove # and what follows"
        )
    if "\\" in rest:
        raise _url_error(f"url got a backslash in {shown}", "write / instead")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        netloc = parts.netloc
    except ValueError as error:
        raise _url_error(f"url got {shown}: {printable(str(error))}", "correct the host part") from error
    userinfo_text, at, hostport = netloc.rpartition("@")
    userinfo = None
    if at:
        user, _, password = userinfo_text.partition(":")
        userinfo = (unquote(user), unquote(password))
    host, port = _split_host_port(hostport, shown)
    target = parts.path or "/"
    if parts.query or rest.endswith("?"):
        target += "?" + parts.query
    target = _encode_target(target, shown)
    return scheme, host, port, target, userinfo


def _redact(url: str) -> str:
    """Quote a URL for a message without its user info and query."""
    text = re.sub(r"(://)[^/@?#]*@", r"\1…@", url)
    return f'"{printable(re.sub(r"[?].*", "?…", text, flags=re.DOTALL))}"'


def _split_host_port(hostport: str, shown: str) -> tuple[str, int | None]:
    if hostport.startswith("["):
        host, bracket, rest = hostport[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _url_error(f"url got unbalanced brackets in {shown}", "write an IPv6 host as [2001:db8::1]")
        if not _is_ip(host.partition("%")[0]) or ":" not in host:
            raise _url_error(
                f'url got "[{printable(host)}]", which is no IPv6 address', "write brackets only around IPv6"
            )
        port_text, colon = rest[1:], bool(rest)
    else:
        host, separator, port_text = hostport.partition(":")
        colon = bool(separator)
        if ":" in port_text:
            raise _url_error(
                f"url got more than one colon in the host of {shown}", "write an IPv6 host in brackets: [::1]"
            )
    if not host:
        raise _url_error(f"url got no host in {shown}", "write wss://NAME/path")
    if not colon:
        return host, None
    if not port_text:
        return host, None  # RFC 3986 section 3.2.3: an empty port means the default.
    if not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 and 0 < int(port_text) < 65536):
        raise _url_error(f'url got the port "{printable(port_text)}", expected 1 to 65535', "correct the port")
    return host, int(port_text)


def _encode_target(target: str, shown: str) -> str:
    """Percent-encode what is not ASCII; refuse a broken percent sign (RFC 3986 section 2.1)."""
    broken = re.search(r"%(?![0-9A-Fa-f]{2})", target)
    if broken:
        raise _url_error(f"url got a percent sign without two hex digits in {shown}", "write %25 for a percent sign")
    encoded = "".join(
        character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode("utf-8"))
        for character in target
    )
    if not _TARGET.match(encoded):
        raise _url_error(f"url got a character in {shown} that no path or query holds", "percent-encode it")
    return encoded
