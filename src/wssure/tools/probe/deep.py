"""Test a working endpoint for defects that affect other clients: no name, other versions, large hellos, other addresses."""

import datetime
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from wssure.aio.resolve import Address, resolve
from wssure.aio.target import Target
from wssure.diagnose.view import text_of
from wssure.evidence import Confidence, Failure, Fault, Recorder, Stage
from wssure.frozen import frozen
from wssure.name import DnsName, NoSNI, is_ip
from wssure.text import printable
from wssure.tls.trust import load_anchors
from wssure.tools.probe.attempt import AttemptResult, Route, offer_hello, shake_hands
from wssure.tools.probe.finding import Finding
from wssure.tools.probe.hellos import in_segments, small_hello
from wssure.tools.probe.inspect import inspect_chain, inspect_clock
from wssure.tools.probe.names import NOBODY
from wssure.tools.probe.outcome import Progress
from wssure.tools.probe.probed import Probed, parse_address
from wssure.wire.decode import DecodeError
from wssure.wire.hello_encode import pad_hello
from wssure.wire.x509 import Certificate, decode_certificate

BUDGET_S: Final = 8.0
LIMIT_S: Final = 2.0
# The approximate size of a ClientHello with an X25519MLKEM768 share (draft-ietf-tls-ecdhe-mlkem).
_POST_QUANTUM_BYTES: Final = 1760
_FIRST_SEGMENT: Final = 1200
_MOST_ADDRESSES: Final = 4


@frozen
class Healthy:
    """An endpoint with a successful connection.

    Args:
        target: The target of the connection.
        address: The address, as `ip:port`.
        chain: DER of the server's certificates, its own first; empty for ws.
        date: The Date header of the answer; None without one.
    """

    target: Target
    address: str
    chain: tuple[bytes, ...]
    date: str | None


async def look_deeper(healthy: Healthy, *, budget_s: float) -> tuple[list[Finding], bool]:
    """Return the defects in order of discovery, and True if all tests were made; one connection at a time.

    Args:
        healthy: The working endpoint.
        budget_s: Seconds for all connections together.
    """
    now = datetime.datetime.now(datetime.UTC)
    chain = _decode(healthy.chain)
    findings = list(inspect_chain(chain, _anchors(healthy.target), healthy.target.endpoint.server_name, now))
    findings += inspect_clock(healthy.date, now)
    address = parse_address(healthy.address)
    if address is None:
        return findings, False
    look = _Look(Probed(_no_failure(), healthy.target, address), chain, time.monotonic() + budget_s)
    steps: tuple[Callable[[], AsyncIterator[Finding]], ...] = (look.families,)
    if healthy.target.settings is not None:
        steps = (look.nameless, look.unknown_name, look.versions, look.large_hello, look.families)
    for step in steps:
        findings += [finding async for finding in step()]
    return findings, not look.unresolved and look.limit_s > 0


def _decode(chain: tuple[bytes, ...]) -> tuple[Certificate, ...]:
    try:
        return tuple(decode_certificate(der) for der in chain)
    except DecodeError:
        return ()


def _anchors(target: Target) -> tuple[Certificate, ...]:
    """Return the anchors that the user gave; the system's store is not read for this."""
    if target.settings is None or target.settings.ca is None or target.own_context:
        return ()
    return _decode(load_anchors(target.settings.ca).certificates)


def _no_failure() -> Failure:
    return Failure(Stage.TLS, "unknown.tls", Fault.UNKNOWN, "nothing failed", ())


class _Look:
    """The test connections to one healthy endpoint."""

    def __init__(self, probed: Probed, chain: tuple[Certificate, ...], end: float) -> None:
        self.probed = probed
        self.chain = chain
        self.end = end
        self.unresolved = False

    @property
    def limit_s(self) -> float:
        """The time limit of the next connection."""
        return max(min(LIMIT_S, self.end - time.monotonic()), 0.0)

    async def nameless(self) -> AsyncIterator[Finding]:
        """Connect without a server name."""
        host = self.probed.target.endpoint.server_name
        if not isinstance(host, DnsName):
            return
        result = await self._handshake(NoSNI("a look for others", host))
        if result is None or result.outcome.progress is Progress.SECURED:
            return
        yield Finding(
            "tls.sni-missing",
            f"clients that send no server name fail here: {text_of(result.outcome.answer, 160)}",
            f"give the server a default site that shows the certificate of {host}, if such clients are to be served "
            "(libwebsockets on Mbed TLS sends none with LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK)",
            Confidence.CERTAIN,
        )

    async def unknown_name(self) -> AsyncIterator[Finding]:
        """Connect with an unused server name."""
        result = await self._handshake(NOBODY)
        if result is None or result.outcome.progress > Progress.CONNECTED or result.outcome.silent:
            return
        yield Finding(
            "tls.sni-unknown",
            f"a server name that is not served is refused: {text_of(result.outcome.answer, 160)}; clients that build the name "
            "wrongly (their own host name, an alias) fail",
            "keep it, if that is wanted; else add the aliases to the server's names",
            Confidence.POSSIBLE,
        )

    async def versions(self) -> AsyncIterator[Finding]:
        """Connect with each TLS version alone."""
        for version, who in (
            ("TLSv1.2", "clients that stop there, such as libwebsockets 4.3.3 on Mbed TLS 2.28, fail"),
            ("TLSv1.3", "clients that demand it fail"),
        ):
            if version == "TLSv1.3" and not self.probed.backend.capabilities.tls13:
                continue
            result = await self._handshake(None, min_version=version, max_version=version)
            if result is not None and result.outcome.progress <= Progress.CONNECTED:
                yield Finding(
                    "tls.version",
                    f"{version} alone is not accepted ({text_of(result.outcome.answer, 120)}): {who}",
                    f"enable {version} on the server",
                )

    async def large_hello(self) -> AsyncIterator[Finding]:
        """Send a hello of post-quantum size, in two segments, and a small one for comparison."""
        hello = self.probed.hello
        if hello is None or self.limit_s <= 0:
            return
        small = small_hello(hello)
        large = in_segments(pad_hello(small, _POST_QUANTUM_BYTES), _FIRST_SEGMENT)
        result = await offer_hello(self.probed.route, large, self.limit_s)
        if result.outcome.progress > Progress.CONNECTED or self.limit_s <= 0:
            return
        control = await offer_hello(self.probed.route, in_segments(small), self.limit_s)
        if control.outcome.progress > Progress.CONNECTED:
            yield Finding(
                "tls.large-hello-dropped",
                f"a ClientHello of {_POST_QUANTUM_BYTES} bytes in two segments is not answered "
                f"({text_of(result.outcome.answer, 120)}), one of {len(small)} bytes is: browsers and OpenSSL 3.5 send such "
                "hellos by default",
                "update or reconfigure the server, or the device before it, to read hellos of more than one segment",
            )

    async def families(self) -> AsyncIterator[Finding]:
        """Connect to the other addresses of the name."""
        endpoint = self.probed.target.endpoint
        if is_ip(endpoint.address.partition("%")[0]) or self.probed.route.proxy is not None:
            return  # one address, or selected by the proxy
        try:
            answers = await resolve(endpoint.address, endpoint.address_port, Recorder(time.perf_counter_ns))
        except OSError:
            self.unresolved = True
            return
        if len({family for family, _ in answers}) == 1:
            missing = "AAAA" if ":" not in str(answers[0][1][0]) else "A"
            only = "IPv6" if missing == "AAAA" else "IPv4"
            yield Finding(
                "dns.no-aaaa-or-a",
                f"{printable(endpoint.address)} has no {missing} record: clients on {only}-only networks need a translator",
                f"add an {missing} record, if the server is reachable by {only}",
                Confidence.POSSIBLE,
            )
        others = [address for address in answers if address[1][0] != self.probed.address[1][0]]
        for address in others[:_MOST_ADDRESSES]:
            finding = await self._at(address)
            if finding is not None:
                yield finding

    async def _at(self, address: Address) -> Finding | None:
        if self.limit_s <= 0 or self.probed.target.settings is None:
            return None
        result = await shake_hands(Route(address), self.probed.tls(), self.limit_s)
        if result.outcome.progress is Progress.SECURED:
            return None
        return Finding(
            "tcp.v6-broken" if ":" in str(address[1][0]) else "tcp.unreachable",
            f"the name's address {address[1][0]} does not work: {text_of(result.outcome.answer, 160)}",
            "fix the server at that address, or remove the record",
        )

    async def _handshake(self, server_name: object, **changes: object) -> AttemptResult | None:
        """Make one handshake; None if no time is left."""
        if self.limit_s <= 0:
            return None
        tls = self.probed.tls(server_name, **changes)  # type: ignore[arg-type]
        return await shake_hands(self.probed.route, tls, self.limit_s)
