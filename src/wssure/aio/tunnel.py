"""Whether to go through an HTTP proxy, and through which one."""

import ipaddress
import os
import sys

from wssure.endpoint import Endpoint
from wssure.errors import usage_error
from wssure.name import host_and_port, is_ip
from wssure.proxy import Proxy, socks_in_environment


def choose_proxy(endpoint: Endpoint, proxy: str | bool | None) -> Proxy | None:
    """Return the proxy to go through; None to go directly.

    Args:
        endpoint: The target.
        proxy: The argument `proxy=`: a URL, True for the proxy of the environment, None for none.

    Raises:
        UsageError: It is, or the environment has, no URL of an HTTP proxy.
    """
    if proxy is None:
        return None
    if proxy is True:
        return _from_environment(endpoint)
    if proxy is False:
        raise usage_error("proxy", "proxy got False, expected a URL, True or None", "write $no_proxy to go directly")
    return Proxy.parse(proxy)


def _from_environment(endpoint: Endpoint) -> Proxy | None:
    """Return the proxy that the environment sets for an address, read at each call as other programs read it."""
    # Most machines have no such variable: the module that reads them costs more to load than all of wssure.
    if sys.platform == "linux" and not any(name[-6:].lower() == "_proxy" for name in os.environ):
        return None
    from urllib.request import getproxies

    proxies = getproxies()
    # The order of `websockets`, and then `all`: SOCKS first; a proxy for https opens tunnels, one for http may know only requests.
    schemes = ("wss", "socks", "https", "all") if endpoint.secure else ("ws", "socks", "https", "http", "all")
    scheme = next((scheme for scheme in schemes if proxies.get(scheme)), None)
    address = endpoint.address.removesuffix(".")
    if scheme is None or _is_here(address):
        return None
    # NO_PROXY may name either: the server as users know it, or the address to dial.
    if any(_bypasses_proxy(name, endpoint.address_port) for name in dict.fromkeys((address, str(endpoint.host)))):
        return None
    url, name = proxies[scheme], _variable(f"{scheme}_proxy", proxies[scheme])
    if scheme == "socks":
        raise socks_in_environment(name)
    return Proxy.parse(url, origin=name)


def _variable(name: str, value: str) -> str:
    """Return the environment variable that a proxy was read from, as it is spelled there."""
    spelled = (key for key, content in os.environ.items() if key.lower() == name and content == value)
    return next(spelled, name)


def _is_here(address: str) -> bool:
    """Tell whether an address is this very machine, which no proxy can reach for us."""
    bare = address.partition("%")[0]
    return ipaddress.ip_address(bare).is_loopback if is_ip(bare) else address == "localhost"


def _bypasses_proxy(host: str, port: int) -> bool:
    """Tell whether NO_PROXY names a host, or the network of an address such as 10.0.0.0/8."""
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(host_and_port(host, port)):
        return True
    # `proxy_bypass` reads names only.
    bare = host.partition("%")[0]
    return is_ip(bare) and any(_contains(network, bare) for network in getproxies().get("no", "").split(","))


def _contains(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network.strip(), strict=False)
    except ValueError:
        return False  # a name
