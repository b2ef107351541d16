"""The exceptions users catch. Each is an ordinary exception that carries a `Failure` as `.failure`.

They are also the standard library's exceptions for the same event (OSError for TCP, ssl.SSLError for TLS, TimeoutError
for time), so that code written for other clients keeps working.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any, ClassVar

from wssure.evidence import Confidence, Failure, Fault, Phase, Stage
from wssure.facts import Fact

__all__ = [
    "CertificateFailed",
    "ConnectFailed",
    "ConnectTimedOut",
    "ConnectionClosed",
    "ConnectionClosedError",
    "ConnectionClosedOK",
    "DialFailed",
    "DialRefused",
    "DialTimedOut",
    "InvalidHandshake",
    "InvalidStatus",
    "InvalidURI",
    "ProtocolViolation",
    "ProxyFailed",
    "ProxyTimedOut",
    "ResolveFailed",
    "ResolveTimedOut",
    "TLSFailed",
    "TLSTimedOut",
    "UpgradeFailed",
    "UpgradeTimedOut",
    "UsageError",
    "WssError",
    "usage_error",
]


def _rebuild(cls: type[WssError], failure: Failure | None, number: int | None) -> WssError:
    """Make an exception again for pickle and copy."""
    return cls(failure, number)


class WssError(Exception):
    """The base of every error this package raises.

    `str()` is one line: the cause id and the summary. The fix and the command that says more are notes (PEP 678), so a
    traceback shows them on lines of their own.

    Args:
        failure: What happened and why; None only where nothing failed (`ConnectionClosedOK`).
        number: The operating system's error number, where there is one.
    """

    failure: Failure | None

    def __init__(self, failure: Failure | None = None, number: int | None = None) -> None:
        text = f"{failure.cause}: {failure.summary}" if failure is not None else "closed normally"
        if isinstance(self, OSError):
            # OSError keeps errno and strerror only in its two-argument form.
            super().__init__(number, text)
        else:
            super().__init__(text)
        self.failure = failure
        self._text = text
        if failure is not None:
            for line in failure.fix.splitlines():
                self.add_note(f"  fix   {line}")
            self.add_note(f"  more  wssure explain {failure.cause}")

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.failure, getattr(self, "errno", None)), self.__dict__.copy()


class UsageError(WssError, ValueError):
    """The caller's mistake, found before any I/O."""


InvalidURI = UsageError


def usage_error(
    field: str, summary: str, fix: str, *, cause: str | None = None, facts: tuple[Fact, ...] = ()
) -> UsageError:
    """Return the UsageError of one wrong argument.

    Args:
        field: The argument's name; the cause becomes `usage.FIELD`.
        summary: What was got and what was expected, one line.
        fix: What to write instead.
        cause: Another cause id, such as `dns.url-as-name`.
        facts: What was seen, without secrets.
    """
    return UsageError(
        Failure(
            stage=Stage.USAGE,
            cause=cause or f"usage.{field}",
            fault=Fault.CALLER,
            summary=summary,
            fix=fix,
            facts=facts,
            confidence=Confidence.CERTAIN,
        )
    )


class ConnectFailed(WssError, OSError):
    """No WebSocket connection came about. Subclasses say in which stage.

    Attributes:
        phases: The timed steps up to the failure, for a waterfall.
        target: What `wssure.diagnose` needs to repeat the connection, without secrets; None where it cannot be repeated
            (a socket that was handed in, a Unix socket).
    """

    stage: ClassVar[Stage | None] = None
    phases: tuple[Phase, ...] = ()
    target: Any = None


class ConnectTimedOut(ConnectFailed, TimeoutError):
    """`open_timeout` or a phase's own limit ran out; `.failure` names the phase."""


class ResolveFailed(ConnectFailed, socket.gaierror):
    """The name could not be resolved."""

    stage = Stage.RESOLVE


class ResolveTimedOut(ResolveFailed, ConnectTimedOut):
    """The resolver did not answer in time."""


class DialFailed(ConnectFailed):
    """No TCP connection to any address."""

    stage = Stage.DIAL


class DialRefused(DialFailed, ConnectionRefusedError):
    """Every address refused the TCP connection."""


class DialTimedOut(DialFailed, ConnectTimedOut):
    """No address answered in time."""


class ProxyFailed(ConnectFailed):
    """The proxy did not open a tunnel.

    Attributes:
        response: The `wssure.wire.http.Response` of the proxy, its body cut at 64 KiB; None if none came.
    """

    stage = Stage.PROXY
    response: Any = None


class ProxyTimedOut(ProxyFailed, ConnectTimedOut):
    """The proxy did not answer in time."""


class TLSFailed(ConnectFailed, ssl.SSLError):
    """The TLS handshake failed, or the peer refused it afterwards."""

    stage = Stage.TLS


class TLSTimedOut(TLSFailed, ConnectTimedOut):
    """The TLS handshake did not finish in time."""


class CertificateFailed(TLSFailed, ssl.SSLCertVerificationError):
    """The peer's certificate was refused by our verification."""


class UpgradeFailed(ConnectFailed):
    """TLS stood (or was not wanted), but the peer did not switch to WebSocket."""

    stage = Stage.UPGRADE


InvalidHandshake = UpgradeFailed


class UpgradeTimedOut(UpgradeFailed, ConnectTimedOut):
    """The upgrade was not answered in time."""


class InvalidStatus(UpgradeFailed):
    """The peer answered the upgrade with another status than 101.

    Attributes:
        response: The `wssure.wire.http.Response`, its body cut at 64 KiB.
    """

    response: Any = None


class ConnectionClosed(WssError):
    """The WebSocket connection is closed.

    Attributes:
        rcvd: The Close the peer sent, with `.code` and `.reason`; None if none came.
        sent: The Close we sent; None if none went.
        rcvd_then_sent: True where the peer closed first, False where we did; None unless both are present.
    """

    rcvd: Any = None
    sent: Any = None
    rcvd_then_sent: bool | None = None

    @property
    def code(self) -> int:
        """The close code: the peer's, else 1006 (abnormal closure, RFC 6455 section 7.1.5)."""
        return self.rcvd.code if self.rcvd is not None else 1006

    @property
    def reason(self) -> str:
        """The peer's close reason, else an empty string."""
        return self.rcvd.reason if self.rcvd is not None else ""


class ConnectionClosedOK(ConnectionClosed):
    """Closed with 1000 or 1001 (or no code) in both directions."""


class ConnectionClosedError(ConnectionClosed):
    """Closed with another code, or without a Close."""


class ProtocolViolation(WssError):
    """The peer broke an RFC. The section and the byte offset are facts of `.failure`."""
