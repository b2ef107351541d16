"""Experiments with a proxy: the server without it, and protocols other than HTTP to the proxy itself."""

import time
from collections.abc import Iterator
from typing import Final

from wssure.aio.resolve import resolve
from wssure.evidence import Recorder, Stage
from wssure.facts import NotTlsSeen
from wssure.tools.probe.attempt import Request, Route, ask_upgrade, offer_hello, shake_hands
from wssure.tools.probe.outcome import Outcome, Progress
from wssure.tools.probe.plain import speaks_tls
from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed

# Verification errors caused by a proxy that inspects TLS connections.
_INSPECTED: Final = frozenset(
    {"proxy.intercepts-tls", "cert.untrusted-root", "cert.self-signed", "cert.no-trust-store", "cert.chain-incomplete"}
)
_REFUSED: Final = frozenset(
    {
        "proxy.forbidden",
        "proxy.bad-gateway",
        "proxy.timeout",
        "proxy.eof",
        "proxy.not-http",
        "proxy.unexpected-status",
        "unknown.proxy",
    }
)
_NO_HTTP: Final = frozenset({"proxy.eof", "proxy.not-http", "proxy.timeout", "unknown.proxy"})
# RFC 1928 section 3: version 5, one method, no authentication.
_SOCKS5_GREETING: Final = b"\x05\x01\x00"


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with the proxy; none without a proxy."""
    if probed.target.proxy is None:
        return
    decides = "proxy.intercepts-tls" if probed.evidence.flags else None
    yield Experiment(
        "route.direct",
        "without the proxy",
        _INSPECTED | _REFUSED | UNEXPLAINED,
        decides,
        lambda limit_s: _directly(probed, limit_s),
        controllable=not probed.target.proxy_wants_user,
    )
    if probed.failure.stage is not Stage.PROXY:
        return
    proxy = Route(probed.address)
    yield Experiment(
        "proxy.tls",
        "with TLS to the proxy itself",
        _NO_HTTP,
        "proxy.not-http",
        lambda limit_s: speaks_tls(probed, proxy, limit_s),
    )
    yield Experiment(
        "proxy.socks", "in SOCKS instead of HTTP", _NO_HTTP, "proxy.not-http", lambda limit_s: _socks(proxy, limit_s)
    )


async def _directly(probed: Probed, limit_s: float) -> Outcome:
    endpoint = probed.target.endpoint
    try:
        addresses = await resolve(endpoint.address, endpoint.address_port, Recorder(time.perf_counter_ns))
    except OSError:
        return Outcome(Progress.NOTHING, "its name cannot be resolved here", connections=0)
    route = Route(addresses[0])
    if probed.secure:
        return (await shake_hands(route, probed.tls(), limit_s)).outcome
    request = Request(endpoint.host_header, endpoint.path, probed.target.origin)
    return (await ask_upgrade(route, None, request, limit_s)).outcome


async def _socks(proxy: Route, limit_s: float) -> Outcome:
    result = await offer_hello(proxy, [_SOCKS5_GREETING], limit_s)
    first = result.fact(NotTlsSeen)
    # RFC 1928 section 3: the server answers with its version and the method it chose.
    speaks = first is not None and first.hex.startswith("05")
    description = "a SOCKS 5 answer" if speaks else result.outcome.answer
    return Outcome(Progress.ANSWERED if speaks else Progress.NOTHING, description, result.outcome.silent)
