"""Normalise host names and IP addresses to the values that SNI and the certificate check are derived from.

A host is a DNS name or an IP address and nothing else. Any other text (a URL, a path, a port, user info, white space)
is refused here. The error names the wrong part and the text to write instead.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Final

from wssure.errors import UsageError, usage_error, wrong_type
from wssure.facts import EndpointAddress, EndpointHost
from wssure.frozen import frozen
from wssure.text import printable

# RFC 1035 section 2.3.4: labels 63 octets, names 255 on the wire, which is 253 as text.
MAX_LABEL: Final = 63
MAX_NAME: Final = 253
KEPT_NAMES: Final = 256
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\Z")
_HEX_LABEL = re.compile(r"0[xX][0-9A-Fa-f]*\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}")
# The delimiters around a secret in a URL (RFC 3986 section 2.2), also percent-encoded and in the wide forms that IDNA
# maps to them.
_AT = re.compile(r"@|%40|[\uff20\ufe6b]", re.IGNORECASE)
_QUERY = re.compile(r"(?:[?#\uff1f\ufe56\uff03\ufe5f]|%3F|%23).*", re.IGNORECASE | re.DOTALL)
_COLON = re.compile(r"(?:[:\uff1a\ufe55]|%3A).*", re.IGNORECASE | re.DOTALL)
_PLAIN_URL = re.compile(
    r"((?:(?:ws|http)s?://[A-Za-z0-9._-]+|(?:ws|http)s?://\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/|/(?!/))(.*)\Z", re.DOTALL
)
_AUTHORITY = re.compile(r"(?:…@)?(?:[^:\[\]]*|\[?(?P<ip>[0-9A-Fa-f:.]*)(?:%[\w.-]+)?\]?)(?::[0-9]{0,5})?\Z")


def mask_target(text: str) -> str:
    """Mask the user info and the query of a URL without its scheme, or of a part of one.

    A password may contain any delimiter, so everything before the last `@` is masked. If a query begins before that
    `@`, everything is masked: the secret may be on either side of it.
    """
    *before, rest = _AT.split(text)
    if any(_QUERY.search(part) for part in before):
        return "…"
    return ("…@" if before else "") + _QUERY.sub("?…", rest)


def mask_secrets(text: str, limit: int = 200) -> str:
    """Quote text that may be a URL, well-formed or not, without its secrets; escaped and truncated as by `printable`.

    Every message, fact and log line quotes URLs, proxies, addresses, Host and Origin headers through this function. It
    masks before it truncates. It may mask more than the secrets of a correct URL: without its `@`, a password looks
    like a port or a path.
    """
    scheme = _SCHEME.match(text)
    head = scheme[0] if scheme else ""
    rest = mask_target(text[len(head) :])
    authority = re.split(r"[/\\]", rest, maxsplit=1)[0]
    end = len(authority) if _is_authority(authority) else 0
    return printable(head + rest[:end] + _COLON.sub(":…", rest[end:]), limit)


def safe_url(url: str) -> str:
    """Quote the URL of an endpoint or a redirect without its secrets; host and port are kept.

    Any other text is masked as a malformed URL. If a password begins with `/`, the rest of it and the `@` are in the
    path: the path is then masked.
    """
    match = _PLAIN_URL.match(url)
    return printable(match[1] + mask_target(match[2]), 300) if match else mask_secrets(url)


def _is_authority(text: str) -> bool:
    """Return True if text is a host with or without a port, so that no password can follow its colon."""
    match = _AUTHORITY.match(text)
    return match is not None and (":" not in (match["ip"] or "") or is_ip(match["ip"]))


@frozen
class DnsName:
    """A DNS name to verify: sent as SNI and checked against the DNS names of the certificate.

    Args:
        name: Lower-case A-label form without a trailing dot.
    """

    name: str

    @property
    def sni(self) -> str:
        """The server_name to send."""
        return self.name

    @property
    def proves(self) -> DnsName:
        """The name that the certificate is checked for."""
        return self

    def __str__(self) -> str:
        return self.name


@frozen
class IpName:
    """An IP address to verify: no SNI (RFC 6066 section 3), checked against the IP addresses of the certificate.

    Args:
        ip: Canonical text of an IPv4 or IPv6 address, without brackets or zone.
    """

    ip: str

    @property
    def sni(self) -> None:
        """None: RFC 6066 section 3 permits no address in server_name."""
        return None

    @property
    def proves(self) -> IpName:
        """The address that the certificate is checked for."""
        return self

    def __str__(self) -> str:
        return self.ip


@frozen
class NoSNI:
    """No SNI, intentionally. Only probes and tests use it.

    Args:
        reason: The reason why this connection sends no SNI, for the facts.
        verify_as: The name or address to check in the certificate; None checks no name.
    """

    reason: str
    verify_as: DnsName | IpName | None = None

    @property
    def sni(self) -> None:
        """None: no server_name is sent."""
        return None

    @property
    def proves(self) -> DnsName | IpName | None:
        """The name or address that the certificate is checked for; None checks none."""
        return self.verify_as

    def __str__(self) -> str:
        return f"(no SNI: {self.reason})"


ServerName = DnsName | IpName | NoSNI


def _wrong(field_name: str, text: str, summary: str, fix: str, *, cause: str | None = None) -> UsageError:
    """Make the error for a text that is no bare host. The text is a fact if the argument is a part of the endpoint."""
    made = {"host": EndpointHost, "address": EndpointAddress}.get(field_name)
    facts = () if made is None else (made(mask_secrets(text)),)
    return usage_error(field_name, f"{field_name} {summary}", fix, cause=cause, facts=facts)


def _refuse_shape(text: str, field_name: str) -> None:
    """Refuse text that is not a bare host: a URL, a path, user info, white space, a port."""
    wrong = functools.partial(_wrong, field_name, text)
    shown = mask_secrets(text)
    if not text:
        raise wrong("is empty, expected a DNS name or an IP address", f"give {field_name} a name")
    scheme = _SCHEME.match(text)
    if scheme:
        host = probable_host(text)
        fix = (
            f'write $address="{host}" and keep the URL as the first argument'
            if field_name == "address"
            else f'write {field_name}="{host}" without scheme and path'
        )
        raise wrong(
            f'got a URL, "{shown}" (scheme "{printable(scheme.group(1))}"), expected a DNS name or an IP address',
            fix,
            cause="dns.url-as-name",
        )
    if text != text.strip() or any(character.isspace() for character in text):
        raise wrong(
            f'got white space in "{shown}", expected a bare name', f'write "{mask_secrets("".join(text.split()))}"'
        )
    if not text.isprintable():
        raise wrong(f'got a control character in "{shown}", expected a bare name', "remove the character")
    if _AT.search(text):
        # A password may contain / ? and #, so this check precedes theirs.
        bare = probable_host(text)
        raise wrong(
            f'got user info in "{shown}", expected a bare name',
            f'write "{bare}"; user info belongs in the URL: wss://user:password@{bare}/',
        )
    for sign, name in (("/", "path"), ("?", "query"), ("#", "fragment"), ("\\", "path")):
        if sign in text:
            # Taken from the masked text: alone, the rest of a password with a slash looks like a path.
            _, separator, rest = mask_secrets(text, len(text) + 2).partition(sign)
            rest = printable(separator + rest) or "…"
            raise wrong(
                f'got a {name}, "{rest}", in "{shown}", expected a bare name',
                f'write "{mask_secrets(text[: text.index(sign)])}"; the {name} belongs in the URL',
                cause="dns.url-as-name" if name == "path" else None,
            )


def probable_host(url: str) -> str:
    """Return the likely host of a broken URL, for a suggestion; a placeholder if the text may be a secret."""
    rest = mask_secrets(url, len(url) + 2).removeprefix("…@")
    scheme = _SCHEME.match(rest)
    rest = rest[scheme.end() if scheme else 0 :].removeprefix("…@")
    authority = re.split(r"[/?\\]", rest, maxsplit=1)[0]
    host = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    return host if host and "…" not in host else "b.example.net"


def _split_stray_port(text: str, field_name: str) -> None:
    """Refuse `name:port`, unless the text is a bare IPv6 address."""
    bare = text.partition("%")[0]
    if text.startswith("[") or ":" not in text or is_ip(bare):
        return
    name, _, port = text.rpartition(":")
    wrong = functools.partial(_wrong, field_name, text)
    where = "$address_port=" if field_name == "address" else "the URL"
    if port.isdigit() and len(port) <= 5:
        raise wrong(
            f'got a port, ":{port}", in "{mask_secrets(text)}", expected a bare name',
            f'write "{mask_secrets(name)}" and give {where} the port {port}',
        )
    raise wrong(
        f'got ":" in "{mask_secrets(text)}", which is neither a name nor an IPv6 address',
        "write a DNS name, an IPv4 address or an IPv6 address such as 2001:db8::1",
    )


def is_ip(text: str) -> bool:
    """Return True if text is a canonical IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _ascii_name(text: str, field_name: str) -> str:
    """Check and lower-case a pure ASCII DNS name."""
    name = text.removesuffix(".").lower()
    wrong = functools.partial(_wrong, field_name, text)
    shown = mask_secrets(text)
    if not name or len(name) > MAX_NAME:
        raise wrong(
            f'got "{shown}" of {len(name)} characters, expected 1 to {MAX_NAME}', "give the DNS name of the server"
        )
    for label in name.split("."):
        if not label:
            raise wrong(
                f'got an empty label in "{shown}" (two dots, or one in front)',
                f'write "{mask_secrets(".".join(part for part in name.split(".") if part))}"',
            )
        if len(label) > MAX_LABEL:
            raise wrong(
                f'got a label of {len(label)} characters, expected at most {MAX_LABEL}: "{mask_secrets(label, 80)}"',
                "shorten the label; a DNS name holds none longer",
            )
        if not _LABEL.match(label):
            raise wrong(
                f'got the label "{mask_secrets(label)}" in "{shown}", expected letters, digits, hyphens inside, underscores',
                "correct the name",
            )
    last = name.rpartition(".")[2]
    if last.isdigit() or _HEX_LABEL.match(last):
        # The resolver would read 127.1, 0x7f.1 and 2130706433 as 127.0.0.1: never connect to an address that the user
        # did not write.
        raise wrong(
            f'got "{shown}", which is neither a DNS name (its last label is a number) nor a plain IPv4 address',
            "write the four decimal parts, such as 127.0.0.1, or a DNS name",
        )
    return name


def _international_name(text: str, field_name: str) -> str:
    """Return the A-label form of a non-ASCII name (RFC 5891)."""
    import idna  # here, because few names need it

    try:
        return idna.encode(text.removesuffix("."), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        problem = printable(str(error))
    # Raised here, without the original as its context: idna's text quotes the name, which may contain a secret.
    shown = mask_secrets(text)
    detail = f": {problem}" if shown == printable(text) else ""
    raise _wrong(
        field_name,
        text,
        f'got "{shown}", which is no internationalised DNS name{detail}',
        "write the name's A-label form (xn--...), or correct it",
    )


def normalise_host(text: str, field_name: str = "host") -> DnsName | IpName:
    """Normalise a host.

    Args:
        text: A DNS name (any case, with or without a trailing dot, internationalised or not) or an IP address (IPv6
            with or without brackets).
        field_name: The name of the argument, for errors.

    Returns:
        `DnsName` with the lower-case A-label form, or `IpName` with the canonical address.

    Raises:
        UsageError: The text is neither; the message names the wrong part.

    Source: RFC 6066 section 3, RFC 1035 section 2.3.4, RFC 5891 section 4.
    """
    if not isinstance(text, str):
        raise wrong_type(field_name, text, "str", f"pass {field_name} as text")
    return _normal_form(text, field_name)


# Each connection looks up the same few names several times. Errors are not cached.
@functools.lru_cache(maxsize=KEPT_NAMES)
def _normal_form(text: str, field_name: str) -> DnsName | IpName:
    _refuse_shape(text, field_name)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in bare and ":" in bare:
        raise _wrong(
            field_name,
            text,
            f'got an IPv6 zone in "{mask_secrets(text)}"; a zone says where to dial, it is no name',
            f'write wss://[{mask_secrets(bare.partition("%")[0])}]/ and $address="{mask_secrets(bare)}"',
        )
    try:
        return IpName(str(ipaddress.ip_address(bare)))
    except ValueError:
        pass
    _split_stray_port(text, field_name)
    if not text.isascii():
        return DnsName(_ascii_name(_international_name(text, field_name), field_name))
    # An A-label is taken as it stands: registries have names, such as emoji, that IDNA 2008 forbids.
    return DnsName(_ascii_name(text, field_name))


def normalise_address(text: str, field_name: str = "address") -> str:
    """Normalise an address to dial: an IP address (with its zone) or a DNS name; errors name `field_name`.

    A trailing dot stays: it tells the resolver to append no search domain (RFC 1034 section 3.1).
    """
    if isinstance(text, str) and "%" in text:
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        ip, _, zone = bare.partition("%")
        if ":" in ip and is_ip(ip) and re.fullmatch(r"[A-Za-z0-9._-]{1,32}", zone):
            return f"{ipaddress.ip_address(ip)}%{zone}"
    host = normalise_host(text, field_name)
    return f"{host}." if isinstance(host, DnsName) and text.endswith(".") else str(host)


def host_and_port(host: str, port: object) -> str:
    """Format `host:port` as in URLs, an IPv6 address in brackets; without a port, the host alone."""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown
