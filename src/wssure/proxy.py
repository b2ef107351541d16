"""An HTTP proxy: its address and credentials. It opens a tunnel to the address that would be dialled without it.

A proxy replaces dialling and nothing else: server name, Host header and certificate check are still the endpoint's.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from wssure.endpoint import split_authority
from wssure.errors import UsageError, usage_error
from wssure.facts import ProxyUsed
from wssure.frozen import frozen
from wssure.name import host_and_port, mask_secrets, normalise_address
from wssure.text import printable

_DEFAULT_PORT: Final = 80
# RFC 3986 section 3.1.
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_OTHERS: Final = {
    "https": "an HTTP proxy that wants TLS to itself",
    "socks": "a SOCKS proxy",
    "socks4": "a SOCKS proxy",
    "socks4a": "a SOCKS proxy",
    "socks5": "a SOCKS proxy",
    "socks5h": "a SOCKS proxy",
}


@frozen
class Proxy:
    """One HTTP proxy.

    Use `Proxy.parse` to make one; it checks the parts.

    Args:
        host: Name or IP address to dial.
        port: TCP port to dial.
        userinfo: `(user, password)` for the proxy, never in a message or a fact. None for a proxy without
            authentication.
        origin: The origin of the URL: `proxy=`, or the name of an environment variable.
    """

    host: str
    port: int
    userinfo: tuple[str, str] | None = field(default=None, repr=False)
    origin: str = "proxy="

    @classmethod
    def parse(cls, url: str, *, origin: str = "proxy=") -> Proxy:
        """Parse the URL of a proxy.

        Args:
            url: `http://[user:password@]host[:port]`, also without the scheme; the default port is 80.
            origin: The origin of the URL.

        Raises:
            UsageError: The text is not the URL of an HTTP proxy; user and password are not in the message.
        """
        if not isinstance(url, str):
            raise _error(origin, f"got {type(url).__name__}, expected a URL", "http://HOST:PORT")
        shown = f'"{mask_secrets(url)}"'
        if any(not character.isprintable() or character.isspace() for character in url):
            raise _error(origin, f"got white space or a control character in {shown}", "http://HOST:PORT")
        scheme, mark, rest = url.partition("://")
        if not mark or not _SCHEME.match(scheme):
            scheme, rest = "http", url
        netloc, _, path = rest.partition("/")
        if scheme.lower() != "http":
            what = _OTHERS.get(scheme.lower())
            why = f"which is {what}; only HTTP proxies are spoken" if what else "expected http"
            raise _error(origin, f'got the scheme "{printable(scheme, 40)}", {why}', "http://HOST:PORT")
        if path or "?" in netloc or "#" in netloc or "\\" in netloc:
            raise _error(origin, f"got more than host and port in {shown}", "http://HOST:PORT")
        field_name = "proxy" if origin == "proxy=" else f"the environment variable {origin}"
        try:
            host, port, userinfo = split_authority(netloc, shown, field_name)
            return cls(normalise_address(host, field_name), port or _DEFAULT_PORT, userinfo, origin)
        except UsageError as error:
            wrong = error.failure
        raise usage_error("proxy", wrong.summary, wrong.fix)

    @property
    def authority(self) -> str:
        """Host and port as one text, an IPv6 address in brackets."""
        return host_and_port(self.host, self.port)

    def fact(self) -> ProxyUsed:
        """Return the fact about this proxy, without user name and password."""
        user = self.userinfo is not None
        return ProxyUsed(self.host, self.port, self.origin, user)


def _error(origin: str, what: str, instead: str) -> UsageError:
    if origin == "proxy=":
        return usage_error("proxy", f"proxy {what}", f'write $proxy="{instead}", or $no_proxy to go directly')
    fix = f"set {origin} to {instead} or unset it, or pass $no_proxy to go directly"
    return usage_error("proxy", f"the environment variable {origin} {what}", fix)


def socks_in_environment(origin: str) -> UsageError:
    """Make the error for a SOCKS proxy in the environment. A direct connection would bypass that proxy.

    Args:
        origin: The variable, such as `socks_proxy`. Its value is not quoted: it may hold a password.
    """
    return usage_error(
        "proxy",
        f"the environment variable {origin} names a SOCKS proxy; only HTTP proxies are spoken",
        f"unset {origin}, name an HTTP proxy in wss_proxy or ws_proxy, which come first (http://HOST:PORT), or pass "
        "$no_proxy to go directly",
    )
