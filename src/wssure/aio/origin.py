"""Which pages may connect: the check of the Origin header, on by default, and of the Host against a site's names."""

import enum
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from wssure.errors import UsageError, usage_error, wrong_value
from wssure.name import DnsName, IpName, normalise_host
from wssure.tls.settings import Site


class Origins(enum.Enum):
    """The rule for Origin that needs no list."""

    SAME = "same"


SAME: Final = Origins.SAME
OriginsLike = Origins | Iterable[str | re.Pattern[str] | None] | None
Checked = Origins | tuple[str | re.Pattern[str] | None, ...] | None
_PORTS: Final = {"http": 80, "https": 443}


def check_origins(origins: OriginsLike) -> Checked:
    """Return the rule in its checked form.

    Raises:
        UsageError: An entry is no origin.
    """
    if origins is None or isinstance(origins, Origins):
        return origins
    if isinstance(origins, str):
        raise usage_error("origins", "origins got one text, expected a list", "write origins=[...] around it")
    rule = tuple(origins)
    for entry in rule:
        if entry is None or isinstance(entry, re.Pattern) or _triple(entry) is not None:
            continue
        raise wrong_value(
            "origins", entry, "scheme://host, a compiled pattern or None", 'write origins=["https://app.example.net"]'
        )
    return rule


def split_host(header: str, scheme: str) -> tuple[DnsName | IpName, int] | None:
    """Return name and port of a Host header; None if it is malformed.

    Args:
        header: As it came.
        scheme: `http` or `https`, for the default port.
    """
    try:
        parts = urlsplit(f"//{header}")
        if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            return None
        return normalise_host(parts.hostname), _PORTS[scheme] if parts.port is None else parts.port
    except (UsageError, ValueError):
        return None


def _triple(origin: str) -> tuple[str, DnsName | IpName, int] | None:
    """Return scheme, name and port of an Origin; None if it is opaque, as `null` is."""
    if not isinstance(origin, str):
        return None
    scheme, mark, rest = origin.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _PORTS:
        return None
    host = split_host(rest, scheme)
    return None if host is None else (scheme, *host)


def may_connect(rule: Checked, origin: str | None, host: str, *, secure: bool) -> bool:
    """Tell whether a page of an origin may connect.

    Args:
        rule: SAME: scheme, host and port of the Origin are those of the request, or there is no Origin (no browser). A
            list: one of its entries is the Origin; None in it stands for no Origin. None: every page may.
        origin: The Origin header; None if there is none.
        host: The Host header.
        secure: Whether the request came over TLS.

    Source: RFC 6454 section 4 and 5, RFC 6455 section 10.2.
    """
    if rule is None:
        return True
    if isinstance(rule, tuple):
        if origin is None:
            return None in rule
        return any(_matches(entry, origin) for entry in rule)
    if origin is None:
        return True
    scheme = "https" if secure else "http"
    target = split_host(host, scheme)
    return target is not None and _triple(origin) == (scheme, *target)


def _matches(entry: str | re.Pattern[str] | None, origin: str) -> bool:
    if isinstance(entry, re.Pattern):
        return entry.fullmatch(origin) is not None
    return entry is not None and _triple(entry) == _triple(origin) and _triple(origin) is not None


def host_is_of_site(site: Site, host: str) -> bool:
    """Tell whether a request's Host is one of the site's names.

    Source: RFC 9110 section 7.4: a request misdirected to this origin is answered 421.
    """
    target = split_host(host, "https")
    return target is not None and site.answers(target[0])
