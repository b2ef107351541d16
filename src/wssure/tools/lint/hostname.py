"""Check texts that libwebsockets uses as a host name."""

import ipaddress
import re
from typing import Final

from wssure.tools.lint.value import HOLE

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PORT: Final = re.compile(rf":(\d+|{HOLE})\Z")


def port_of(name: str) -> str | None:
    """Return the port after a name or an IPv4 address, as text; None without a port."""
    match = _PORT.search(name)
    if match is None or (":" in name[: match.start()] and not name.startswith("[")):
        return None
    return match.group(1)


def is_ip(name: str) -> bool:
    """Return True if a name is an IP literal, with or without brackets."""
    try:
        ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Return True if a name certainly refers to this machine."""
    bare = name.removesuffix(port_suffix(name))
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    return is_ip(bare) and ipaddress.ip_address(bare.strip("[]").partition("%")[0]).is_loopback


def port_suffix(name: str) -> str:
    """Return the `:port` at the end of a name, or an empty text."""
    port = port_of(name)
    return "" if port is None else ":" + port


def fault_of(name: str) -> str | None:
    """Describe the part of a text that is not allowed in a host name; None if it may be one, with or without a port."""
    scheme = _SCHEME.match(name)
    if scheme:
        return f'the scheme "{scheme.group(1)}://"'
    if "/" in name:
        return "a path"
    if "@" in name:
        return "user info"
    if any(letter.isspace() for letter in name):
        return "white space"
    if any(ord(letter) > 127 and letter != HOLE for letter in name):
        return "characters outside ASCII"
    if "?" in name or "#" in name:
        return "a query"
    if name.endswith(".") and len(name) > 1:
        return "a trailing dot"
    return None


def host_in(name: str) -> str | None:
    """Return the host of a URL-like text; None if it is not completely known."""
    rest = _SCHEME.sub("", name, count=1).strip()
    rest = re.split(r"[/?#]", rest, maxsplit=1)[0].rsplit("@", 1)[-1].rstrip(".")
    rest = rest.removesuffix(port_suffix(rest))
    if not rest or HOLE in rest or not rest.isascii() or any(letter.isspace() for letter in rest):
        return None
    return rest
