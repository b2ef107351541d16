"""The public exceptions. Each is an ordinary exception with a `Failure` as `.failure`.

They also derive from the standard library's exception for the same event (OSError for TCP, ssl.SSLError for TLS,
TimeoutError for time limits), so that code for other clients keeps working.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, ClassVar

from wssure.evidence import Confidence, Failure, Fault, Phase, Stage
from wssure.facts import Fact
from wssure.fixes import Fix
from wssure.text import printable

if TYPE_CHECKING:
    from wssure.aio.target import Target
    from wssure.protocol.event import Close
    from wssure.wire.http_message import Response


def _rebuild(cls: type[WssError], failure: Failure | None, number: int | None) -> WssError:
    """Rebuild an exception for pickle and copy."""
    return cls(failure, number)


class WssError(Exception):
    """The base class of all errors of this package.

    `str()` is one line: the cause id and the summary. The fix and the command for more information are notes (PEP 678),
    so a traceback shows them on separate lines.

    Args:
        failure: The explanation of the failure; None only if nothing failed (`ConnectionClosedOK`).
        number: The error number of the operating system, if there is one.
    """

    failure: Failure | None

    def __init__(self, failure: Failure | None = None, number: int | None = None) -> None:
        text = f"{failure.cause}: {failure.summary}" if failure is not None else "closed normally"
        if isinstance(self, OSError):
            # OSError sets errno and strerror only with two arguments.
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

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.failure, getattr(self, "errno", None)), self.__dict__.copy()


class _Explained(WssError):
    """An error that always has a `Failure`.

    Args:
        failure: The explanation of the error.
        number: The operating system's error number; None if there is none.
    """

    failure: Failure

    def __init__(self, failure: Failure, number: int | None = None) -> None:
        super().__init__(failure, number)


class UsageError(_Explained, ValueError):
    """A mistake in the arguments, found before any I/O."""


InvalidURI = UsageError


def usage_error(
    field: str, summary: str, fix: str, *, cause: str | None = None, facts: tuple[Fact, ...] = ()
) -> UsageError:
    """Make the UsageError for one wrong argument.

    Args:
        field: The name of the argument; the cause becomes `usage.FIELD`.
        summary: The value received and the value expected, in one line.
        fix: The text to write instead; `$NAME=` and `$NAME` name a setting of `wssure.fixes`, so that the command line can say its flag.
        cause: A different cause id, such as `dns.url-as-name`.
        facts: The observations, without secrets.
    """
    return UsageError(_usage(cause or f"usage.{field}", field, summary, fix, facts))


def wrong_value(field: str, value: object, expected: str, fix: str, *, name: str = "") -> UsageError:
    """Make the UsageError for a wrong value; `name` is the argument's if it differs from `field`."""
    return usage_error(field, f"{name or field} got {printable(repr(value))}, expected {expected}", fix)


def wrong_type(field: str, value: object, expected: str, fix: str) -> UsageError:
    """Make the UsageError for a value of a wrong type, which is not shown."""
    return usage_error(field, f"{field} got {type(value).__name__}, expected {expected}", fix)


def _usage(cause: str, field: str, summary: str, fix: str, facts: tuple[Fact, ...]) -> Failure:
    """Return the failure of a caller's mistake."""
    return Failure(
        stage=Stage.USAGE,
        cause=cause,
        fault=Fault.CALLER,
        summary=summary,
        fixes=(Fix(f"usage.{field}", (("text", fix),)),),
        facts=facts,
        confidence=Confidence.CERTAIN,
    )


def listen_failed(listener: str, error: OSError, fix: str) -> ListenFailed:
    """Return the ListenFailed of one place.

    Args:
        listener: The address and port, or the path.
        error: What the system said.
        fix: The replacement to write.
    """
    summary = f"{listener} cannot be listened on: {error.strerror or error}"
    return ListenFailed(_usage("usage.listen", "listen", summary, fix, ()), error.errno)


class ConcurrencyError(_Explained, RuntimeError):
    """Two calls of one connection that exclude each other, or a call from a thread that does not run its event loop."""


def concurrency_error(field: str, summary: str, fix: str) -> ConcurrencyError:
    """Return the ConcurrencyError of one call.

    Args:
        field: The call's name; the cause becomes `usage.FIELD`.
        summary: The reason, one line.
        fix: The replacement to write.
    """
    return ConcurrencyError(_usage(f"usage.{field}", field, summary, fix, ()))


class ConnectFailed(_Explained, OSError):
    """The WebSocket connection was not established. There is a subclass for each stage.

    Attributes:
        phases: The timed steps up to the failure, for a waterfall.
        target: The input of `wssure.diagnose` to repeat the connection, without secrets; None if it cannot be repeated
            (a socket of the caller, a Unix socket).
    """

    stage: ClassVar[Stage | None] = None
    phases: tuple[Phase, ...] = ()
    target: Target | None = None


class ConnectTimedOut(ConnectFailed, TimeoutError):
    """`open_timeout` or the time limit of a phase expired; `.failure` names the phase."""


class ResolveFailed(ConnectFailed, socket.gaierror):
    """The name could not be resolved."""

    stage = Stage.RESOLVE


class ResolveTimedOut(ResolveFailed, ConnectTimedOut):
    """The resolver did not answer in time."""


class DialFailed(ConnectFailed):
    """No address accepted a TCP connection."""

    stage = Stage.DIAL


class DialRefused(DialFailed, ConnectionRefusedError):
    """Every address refused the TCP connection."""


class DialTimedOut(DialFailed, ConnectTimedOut):
    """No address answered in time."""


class ListenFailed(_Explained, OSError):
    """A server cannot listen where it was told to: `errno` is the operating system's, `.failure` says the place and the fix."""


class ProxyFailed(ConnectFailed):
    """The proxy did not open a tunnel.

    Attributes:
        response: The `wssure.wire.http_message.Response` of the proxy, with the body truncated at 64 KiB; None if none was
            received.
    """

    stage = Stage.PROXY
    response: Response | None = None


class ProxyTimedOut(ProxyFailed, ConnectTimedOut):
    """The proxy did not answer in time."""


class TLSFailed(ConnectFailed, ssl.SSLError):
    """The TLS handshake failed, or the peer refused the connection right after it."""

    stage = Stage.TLS


class TLSTimedOut(TLSFailed, ConnectTimedOut):
    """The TLS handshake was not completed in time."""


class CertificateFailed(TLSFailed, ssl.SSLCertVerificationError):
    """Verification rejected the peer's certificate."""


class UpgradeFailed(ConnectFailed):
    """The transport was established, but the peer did not switch to WebSocket."""

    stage = Stage.UPGRADE


InvalidHandshake = UpgradeFailed


class UpgradeTimedOut(UpgradeFailed, ConnectTimedOut):
    """The upgrade was not answered in time."""


class InvalidStatus(UpgradeFailed):
    """The peer answered the upgrade with a status other than 101.

    Attributes:
        response: The `wssure.wire.http_message.Response`, with the body truncated at 64 KiB.
    """

    response: Response


class ConnectionClosed(WssError):
    """The WebSocket connection is closed.

    Attributes:
        rcvd: The Close frame of the peer, with `.code` and `.reason`; None if none was received.
        sent: Our own Close frame; None if none was sent.
        rcvd_then_sent: True if the peer closed first, False if this side did; None unless both are present.
    """

    rcvd: Close | None = None
    sent: Close | None = None
    rcvd_then_sent: bool | None = None

    @property
    def code(self) -> int:
        """The close code of the peer, else 1006 (abnormal closure, RFC 6455 section 7.1.5)."""
        return self.rcvd.code if self.rcvd is not None else 1006

    @property
    def reason(self) -> str:
        """The peer's close reason, else an empty string."""
        return self.rcvd.reason if self.rcvd is not None else ""


class ConnectionClosedOK(ConnectionClosed):
    """Closed with 1000 or 1001 (or no code) in both directions."""


class ConnectionClosedError(_Explained, ConnectionClosed):
    """Closed with any other code, or without a Close frame."""


class ProtocolViolation(_Explained):
    """The peer broke an RFC. The section and the byte offset are facts of `.failure`."""
