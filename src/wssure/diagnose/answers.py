"""Judge the addresses of a name: those that a DNS filter puts in place of the right ones."""

import contextlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from wssure.diagnose.cause import alternative
from wssure.diagnose.view import Evidence, answers, text_of
from wssure.evidence import Alternative

# Names that have no public address: RFC 6761, RFC 8375 and the names reserved for private use (ICANN, .internal).
_PRIVATE_NAMES: Final = ("localhost", "local", "test", "internal", "home.arpa", "lan")


def addresses_of(evidence: Evidence) -> tuple[IPv4Address | IPv6Address, ...]:
    """Return the resolved addresses of the host that was dialled; empty if they are those of a proxy that was reached."""
    if evidence.proxy and not evidence.at_proxy:
        return ()
    return tuple(_readable(answers(evidence)))


def _readable(texts: Iterable[str]) -> Iterator[IPv4Address | IPv6Address]:
    """Yield the texts that are addresses; facts are data, and any other text says nothing."""
    for text in texts:
        with contextlib.suppress(ValueError):
            yield ip_address(text.partition("%")[0])


def stand_in(evidence: Evidence) -> tuple[Alternative, ...]:
    """Return the DNS filter as a rival if a public name has only addresses of this machine or of a private network."""
    name, addresses = evidence.address, addresses_of(evidence)
    private = any(f".{name}".endswith(f".{suffix}") for suffix in _PRIVATE_NAMES)
    if not addresses or private or "." not in name or any(one.is_global for one in addresses):
        return ()
    if all(one.is_loopback for one in addresses):
        what = "this machine's own address"
    elif all(one.is_link_local for one in addresses):
        what = "an address of the local link"
    elif any(one.is_private for one in addresses):
        what = "an address of a private network, which only that network or its VPN reaches"
    else:
        return ()
    shown = " and ".join(map(str, addresses[:2]))
    return (
        alternative(
            "dns.blocked", f'"{text_of(name)}" resolves to {shown}, {what}: a DNS filter or a hosts file may say so'
        ),
    )
