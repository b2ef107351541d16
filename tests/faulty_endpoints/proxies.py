"""Endpoints behind an HTTP proxy: proxies that refuse, proxies that are none, and one that looks into what passes.

Each listens as the proxy and as the server on one port, so that the way without the proxy can be tried as well.
"""

from __future__ import annotations

import trustme
from tests.faulty_endpoints.before_tls import SOON
from tests.faulty_endpoints.endpoint import Endpoint, Material, Start, clear
from tests.faulty_endpoints.software import squid
from tests.peers import scripts
from tests.peers.listener import Talk, listening, reset, wait_for_end
from tests.peers.proxy import after_tunnel, by_first_bytes, socks5
from tests.peers.scripts import answers, over_tls, read_request, status, upgrades

BASIC = 'Proxy-Authenticate: Basic realm="office"'


def proxy(asked: Talk) -> Start:
    """Return how to start a proxy that talks so to a CONNECT, on the port of a good server."""
    return lambda material: listening(by_first_bytes(asked, over_tls(material.context(), upgrades())))


def resets(connection) -> None:
    read_request(connection)
    reset(connection)


def refuses_without_end(connection) -> None:
    """Announce no length, and leave the connection open."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\nno")
    wait_for_end(connection)


def inspecting(material: Material):
    """Open each tunnel, and at its end show a certificate of a CA that nobody here knows."""
    own = material.context(material.issued(ca=trustme.CA(organization_name="Example Office Inspection")))
    return listening(by_first_bytes(after_tunnel(over_tls(own, upgrades())), over_tls(material.context(), upgrades())))


def dropping(material: Material):
    """Open each tunnel, and close it at the ClientHello."""
    asked = after_tunnel(scripts.closes_after_hello)
    return listening(by_first_bytes(asked, over_tls(material.context(), upgrades())))


def working(material: Material):
    return listening(after_tunnel(over_tls(material.context(), upgrades())))


def behind(name: str, cause: str, start: Start, **more) -> Endpoint:
    return Endpoint(name, cause, start, proxied=True, **more)


ENDPOINTS = (
    behind("proxy-works", "", working),
    behind("proxy-wants-a-user", "proxy.auth", proxy(status(407, "Proxy Authentication Required", BASIC))),
    behind("proxy-forbids", "proxy.forbidden", proxy(status(403, "Forbidden"))),
    behind("proxy-allows-no-connect", "proxy.forbidden", proxy(status(405, "Method Not Allowed"))),
    behind("proxy-without-a-way", "proxy.bad-gateway", proxy(status(502, "Bad Gateway"))),
    behind("proxy-overloaded", "proxy.bad-gateway", proxy(status(503, "Service Unavailable"))),
    behind("proxy-waits-in-vain", "proxy.bad-gateway", proxy(status(504, "Gateway Timeout"))),
    behind("proxy-squid-dns", "proxy.bad-gateway", proxy(status(500, "Internal Server Error", "X-Squid-Error: ERR_DNS_FAIL 0"))),
    behind("proxy-closes", "proxy.eof", clear(scripts.ends_after_request)),
    behind("proxy-resets", "proxy.eof", clear(resets)),
    behind("proxy-silent", "proxy.timeout", clear(wait_for_end), flags=SOON),
    behind("proxy-is-ssh", "proxy.not-http", proxy(answers(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))),
    behind("proxy-wants-tls", "proxy.not-http", proxy(answers(bytes((21, 3, 1, 0, 2, 2, 80))))),
    behind("proxy-is-socks", "proxy.not-http", clear(socks5), needs_experiment=True),
    behind("proxy-is-a-web-server", "proxy.unexpected-status", proxy(status(400, "Bad Request", "Server: nginx"))),
    behind("proxy-is-a-login-page", "proxy.unexpected-status", proxy(status(302, "Found", "Location: http://login.example.net/"))),
    behind("proxy-refuses-without-end", "proxy.forbidden", proxy(refuses_without_end)),
    behind("proxy-inspects", "proxy.intercepts-tls", inspecting, needs_experiment=True),
    behind("proxy-drops-the-hello", "tls.eof-in-handshake", dropping),
)  # fmt: skip

SOFTWARE = (
    behind("squid-forbids-the-port", "proxy.forbidden", squid("http_access deny CONNECT !open"), program="squid"),
    behind("squid-wants-a-user", "proxy.auth", squid("acl known proxy_auth REQUIRED", "http_access deny !known"), program="squid"),
    behind("squid-finds-nobody", "proxy.bad-gateway", squid(), flags=("--address-port", "1"), program="squid"),
)  # fmt: skip
