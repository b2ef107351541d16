"""The connection under examination: its target, its address, and the parameters that an experiment may change."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from wssure.aio.client_tls import backend_of
from wssure.aio.resolve import Address
from wssure.aio.target import Target
from wssure.diagnose.view import Evidence
from wssure.errors import UsageError
from wssure.evidence import Failure
from wssure.frozen import frozen
from wssure.name import ServerName
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import WANT, Backend, EngineFailed
from wssure.tls.settings import TLSSettings
from wssure.tools.probe.attempt import Route, Tls, shake_hands
from wssure.tools.probe.outcome import Outcome, Progress, outcome_of
from wssure.wire.hello import ClientHello

Run = Callable[[float], Awaitable[Outcome]]
"""Runs one experiment within the given seconds."""

# RFC 8446 section 4.1.2 sets no size; 1400 bytes fit into a segment with its headers.
SEGMENT_BYTES: Final = 1400
# The causes that say how a handshake ended, and not why. Most experiments separate what may stand behind them.
ENDED: Final = frozenset({"tls.eof-in-handshake", "tcp.reset-in-handshake", "tls.timeout-after-hello"})
UNEXPLAINED: Final = ENDED | {"unknown.tls", "tls.alert"}
_LEAST_S: Final = 0.5
_MOST_S: Final = 1.5


@frozen
class Experiment:
    """A failed connection repeated with one parameter changed.

    Args:
        id: Stable, `family.variant`.
        question: The question of the experiment, in a few words.
        separates: The causes that it distinguishes; it runs if one of them is a candidate.
        decides: The cause that it supports if the outcome differs; None for a control.
        run: Does it within the seconds given.
        connections: Maximum number of connections.
        controllable: False if the failure cannot be repeated exactly, because experiments send less.
    """

    id: str
    question: str
    separates: frozenset[str]
    decides: str | None
    run: Run
    connections: int = 1
    controllable: bool = True


@dataclass(frozen=True)
class Probed:
    """One failed connection.

    Args:
        failure: The failure.
        target: The target of the connection.
        address: The exact address that failed.
    """

    failure: Failure
    target: Target
    address: Address

    @classmethod
    def of(cls, failure: Failure, target: Target) -> Probed | None:
        """Make the case; None if no address was connected, because experiments then have no target."""
        connected = [attempt.address for attempt in failure.attempts if attempt.ok]
        if not connected:
            return None
        address = parse_address(connected[-1])
        return None if address is None else cls(failure, target, address)

    @cached_property
    def route(self) -> Route:
        """The route of the failed connection."""
        endpoint = self.target.endpoint
        return Route(self.address, self.target.proxy, (endpoint.address, endpoint.address_port))

    @cached_property
    def evidence(self) -> Evidence:
        """The indexed facts of the failure."""
        return Evidence(self.failure.stage, self.failure.facts, self.failure.attempts)

    @cached_property
    def baseline(self) -> Outcome:
        """The outcome of the failed connection."""
        return outcome_of(self.failure.facts, self.failure.attempts)

    @property
    def secure(self) -> bool:
        """True for wss."""
        return self.target.settings is not None

    @property
    def unanswered(self) -> bool:
        """True if the peer did not answer TLS or refused the ClientHello, so that only the first flight matters."""
        return self.secure and self.baseline.progress <= Progress.CONNECTED

    @cached_property
    def candidates(self) -> frozenset[str]:
        """The candidate causes."""
        return frozenset((self.failure.cause, *(alternative.cause for alternative in self.failure.alternatives)))

    @cached_property
    def backend(self) -> Backend:
        """The TLS library of the failure, or the default one if that library is not available."""
        try:
            return backend_of(self.target.backend)
        except UsageError:
            return backend_of(None)

    @property
    def settings(self) -> TLSSettings:
        """The TLS settings of the failure, without secrets."""
        if self.target.settings is None:
            raise AssertionError("ws has no TLS settings")
        return self.target.settings

    def tls(self, server_name: ServerName | None = None, **changes: object) -> Tls:
        """Return the TLS parameters of the failed connection, with changes.

        Args:
            server_name: A different name; None for the endpoint's.
            changes: Fields of `TLSSettings`.
        """
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        return Tls(self.backend, settings, server_name or self.target.endpoint.server_name)

    def handshake(
        self,
        name: str,
        question: str,
        separates: frozenset[str],
        decides: str | None,
        *,
        route: Route | None = None,
        server_name: ServerName | None = None,
        **changes: object,
    ) -> Experiment:
        """Return the experiment that repeats the handshake with one change.

        Args:
            name: The id of the experiment.
            question: The question of the experiment.
            separates: The causes that it distinguishes.
            decides: The cause that it supports.
            route: A different route; None for that of the failed connection.
            server_name: A different name; None for the endpoint's.
            changes: Fields of `TLSSettings`.
        """

        async def run(limit_s: float) -> Outcome:
            return (await shake_hands(route or self.route, self.tls(server_name, **changes), limit_s)).outcome

        return Experiment(name, question, separates, decides, run)

    @property
    def may_ask(self) -> bool:
        """True if an upgrade request can be repeated: the peer can be verified, and without a client certificate."""
        if self.target.settings is None:
            return True
        tls = self.verified_tls()
        return tls is not None and tls.verifies and not self.evidence.client_cert

    def verified_tls(self) -> Tls | None:
        """Return TLS parameters with verification; None for ws. A pin replaces a user's own context."""
        if self.target.settings is None:
            return None
        sha256 = self.evidence.leaf.sha256
        if self.target.own_context and self.settings.verify == "full" and sha256 is not None:
            # The user's context believed this certificate, and the context itself is not kept.
            return self.tls(pins=(f"sha256:{sha256}",))
        return self.tls()

    @cached_property
    def hello(self) -> ClientHello | None:
        """The ClientHello that the engine makes for this endpoint; None if it makes none."""
        tls = self.tls()
        try:
            tls_connection = ClientTlsConnection(tls.backend, tls.settings, tls.server_name)
            return tls_connection.client_hello if tls_connection.handshake() == WANT else None
        except (EngineFailed, UsageError):
            return None

    @property
    def hello_is_large(self) -> bool:
        """Whether the hello that failed needs more than one segment."""
        return (self.evidence.hello.bytes or 0) > SEGMENT_BYTES

    @cached_property
    def limit_s(self) -> float:
        """The time limit of one experiment: several round trips of this path, and twice the time of this server's answer."""
        connected = [attempt for attempt in self.failure.attempts if attempt.ok][-1]
        times = [fact.t_ms for fact in self.failure.facts if fact.t_ms is not None]
        answer_ms = max(times, default=0.0) - connected.start_ms - connected.ms
        waited_s = 0.0 if self.baseline.silent else 2 * max(answer_ms, 0.0) / 1000
        return min(_LEAST_S + 4 * connected.ms / 1000 + waited_s, _MOST_S)


def parse_address(text: str) -> Address | None:
    """Return the address of an attempt's text, `ip:port` or `[ip]:port`; None for any other form."""
    host, _, port = text.rpartition(":")
    try:
        answers = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        )
    except OSError:
        return None
    family, _, _, _, sockaddr = answers[0]
    return int(family), tuple(sockaddr)
