"""Endpoints whose fault is in the name service or in the routes to what it says. They live in a network namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.faulty_endpoints.before_tls import nowhere
from tests.faulty_endpoints.endpoint import HERE, Endpoint, Material, Start
from tests.peers import scripts
from tests.peers.listener import listening
from tests.peers.resolver import NXDOMAIN, SERVFAIL, SILENT, Addresses, Reply

OPEN = scripts.upgrades()


@contextlib.contextmanager
def half_broken(material: Material) -> Iterator[int]:
    """Serve well on IPv4, and accept and fall silent on IPv6, on the same port."""
    good = scripts.over_tls(material.context(material.issued("ipv6-falls-silent.example.net")), OPEN)
    with listening(good) as port, listening(scripts.stays_silent, "::1", port):
        yield port


def named(name: str, cause: str, reply: Reply, start: Start = nowhere, **more) -> Endpoint:
    host = f"{name}.example.net"
    return Endpoint(name, cause, start, host=host, address=None, names={host: reply}, **more)


def serving(name: str) -> Start:
    return lambda material: listening(scripts.over_tls(material.context(material.issued(f"{name}.example.net")), OPEN))


ENDPOINTS = (
    named("unknown-name", "dns.nxdomain", NXDOMAIN),
    named("failing-resolver", "dns.timeout", SERVFAIL),
    named("silent-resolver", "dns.timeout", SILENT, flags=("--timeout", "0.4")),
    named("given-up-by-the-system", "dns.timeout", SILENT),
    named("only-mail", "dns.no-aaaa-or-a", Addresses()),
    named("only-ipv6-here-ipv4", "dns.no-aaaa-or-a", Addresses("2001:db8::7")),
    named("both-unreachable", "tcp.unreachable", Addresses("2001:db8::7", "192.0.2.7")),
    named("filtered-ipv4", "dns.blocked", Addresses("0.0.0.0")),
    named("filtered-ipv6", "dns.blocked", Addresses("::")),
    named("ipv6-falls-silent", "tcp.v6-broken", Addresses("::1", HERE), half_broken, flags=("--timeout", "0.4"), needs_experiment=True),
    named("only-ipv4-works", "", Addresses(HERE), serving("only-ipv4-works")),
    named("ipv6-refused-ipv4-works", "", Addresses("::1", HERE), serving("ipv6-refused-ipv4-works")),
)  # fmt: skip
