"""Experiments with the server name: none, an unused one, and known names of the server."""

import asyncio
import socket
from collections.abc import Iterator
from functools import partial
from typing import Final

from wssure.aio.resolve import in_thread
from wssure.errors import UsageError
from wssure.name import DnsName, NoSNI, ServerName, normalise_host
from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed

# RFC 6761 section 6.4: names under .invalid are guaranteed to be unused.
NOBODY: Final = DnsName("wssure-experiment.invalid")
_LOOKUP_S: Final = 0.3
_MOST_NAMES: Final = 2
_SEPARATES: Final = UNEXPLAINED | {
    "cert.hostname",
    "tls.sni-missing",
    "tls.sni-unknown",
    "tls.sni-filtered",
    "tls.no-common-params",
}


async def known_names(probed: Probed) -> tuple[DnsName, ...]:
    """Return possible DNS names of the server: those in its certificate, else the name of its address."""
    if not probed.secure or not probed.evidence.lacks_sni:
        return ()
    candidates = [_dns_name(name) for name in probed.evidence.presented]
    if not candidates and probed.route.proxy is None:
        candidates = [_dns_name(await _name_of_address(probed))]
    return tuple(dict.fromkeys(name for name in candidates if name is not None))[:_MOST_NAMES]


async def _name_of_address(probed: Probed) -> str:
    _, sockaddr = probed.address
    try:
        async with asyncio.timeout(_LOOKUP_S):
            name, _ = await in_thread(partial(socket.getnameinfo, sockaddr, socket.NI_NAMEREQD))
    except (OSError, TimeoutError):
        return ""
    return str(name)


def _dns_name(text: str) -> DnsName | None:
    # A wildcard matches any label; www is the most common one.
    try:
        name = normalise_host("www." + text[2:] if text.startswith("*.") else text)
    except UsageError:
        return None
    return name if isinstance(name, DnsName) else None


def experiments(probed: Probed, names: tuple[DnsName, ...]) -> Iterator[Experiment]:
    """Yield the experiments with the name.

    Args:
        probed: The failure.
        names: The names from `known_names`.
    """
    if not probed.secure:
        return
    if probed.evidence.lacks_sni:
        for name in names if probed.evidence.name_mismatch else ():
            # The name that is sent and the name that is verified are changed one at a time.
            question = f"without a server name, verified for {name}"
            yield _name_experiment(probed, "name.checked", question, NoSNI("an experiment", name), "cert.hostname")
        for name in names:
            yield _name_experiment(probed, "sni.name", f"with the server name {name}", name, "tls.sni-missing")
        if probed.unanswered:
            yield _name_experiment(probed, "sni.other", "with an unused server name", NOBODY, "tls.sni-missing")
        return
    if not probed.unanswered:
        return
    host = probed.target.endpoint.server_name
    yield _name_experiment(probed, "sni.none", "without a server name", NoSNI("an experiment", host), "tls.sni-unknown")
    # Devices on the path reset or drop by name; an alert comes from the server, and usually also a regular end.
    own_answer = probed.evidence.refusals or probed.baseline.answer == "closed"
    decides = "tls.sni-unknown" if own_answer else "tls.sni-filtered"
    yield _name_experiment(probed, "sni.other", "with an unused server name", NOBODY, decides)


def _name_experiment(probed: Probed, name: str, question: str, server_name: ServerName, decides: str) -> Experiment:
    return probed.handshake(name, question, _SEPARATES, decides, server_name=server_name)
