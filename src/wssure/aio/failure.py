"""Make the exception that the caller catches: one explanation of the recorded facts, and the class that fits it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from wssure import errors
from wssure.errors import ConnectFailed, ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, ProtocolViolation
from wssure.evidence import Failure, Recorder, Stage
from wssure.facts import TimedOut
from wssure.tls.contract import EngineFailed

if TYPE_CHECKING:
    from wssure.protocol.event import Close
    from wssure.wire.http_message import Response

_CLASSES: Final[dict[Stage, tuple[type[ConnectFailed], type[ConnectFailed]]]] = {
    Stage.RESOLVE: (errors.ResolveFailed, errors.ResolveTimedOut),
    Stage.DIAL: (errors.DialFailed, errors.DialTimedOut),
    Stage.PROXY: (errors.ProxyFailed, errors.ProxyTimedOut),
    Stage.TLS: (errors.TLSFailed, errors.TLSTimedOut),
    Stage.UPGRADE: (errors.UpgradeFailed, errors.UpgradeTimedOut),
}
# RFC 6455 section 7.4.1: normal closure, going away, and no code at all.
_OK_CODES: Final = (1000, 1001, 1005)


def prepare() -> None:
    """Load the modules that connections and failures need. A server does so first: without free descriptors no module loads."""
    import wssure.tls.connection  # noqa: F401 - each TLS connection asks for it
    from wssure.diagnose import catalogue

    catalogue()


def explain(stage: Stage, recorder: Recorder, role: str = "client") -> Failure:
    """Return the failure that explains all recorded facts."""
    # Imported here because a program without failed connections needs no catalogue of causes.
    from wssure.diagnose import conclude

    return conclude(stage, recorder.facts(), tuple(recorder.attempts), role=role)


def original_number(original: BaseException | None) -> int | None:
    """Return the number of the error below: the operating system's, or the TLS library's."""
    if isinstance(original, EngineFailed):
        return original.number
    return getattr(original, "errno", None)


def _class(failure: Failure, original: BaseException | None, response: Response | None) -> type[ConnectFailed]:
    stage = failure.stage
    plain, timed = _CLASSES.get(stage, (ConnectFailed, errors.ConnectTimedOut))
    if isinstance(original, TimeoutError) or failure.fact(TimedOut) is not None:
        return timed
    if stage is Stage.DIAL and original_number(original) == errno.ECONNREFUSED:
        return errors.DialRefused
    if stage is Stage.TLS and isinstance(original, EngineFailed) and original.verification:
        return errors.CertificateFailed
    if stage is Stage.UPGRADE and response is not None and response.status != 101:
        return errors.InvalidStatus
    return plain


def connect_error(
    stage: Stage,
    recorder: Recorder,
    original: BaseException | None,
    *,
    response: Response | None = None,
) -> ConnectFailed:
    """Return the exception for a client's connection that did not come about.

    Args:
        stage: The step in which it failed; the explanation may correct it.
        recorder: Everything seen.
        original: The exception of the socket, the engine or the protocol.
        response: The response to the upgrade, or the proxy's to CONNECT; None if none came.
    """
    failure = explain(stage, recorder)
    error = _class(failure, original, response)(failure, original_number(original))
    error.phases = tuple(recorder.phases)
    if isinstance(error, (errors.InvalidStatus, errors.ProxyFailed)):
        error.response = response
    return error


def closed_error(
    recorder: Recorder,
    *,
    rcvd: Close | None,
    sent: Close | None,
    rcvd_then_sent: bool | None,
    failure: Failure | None,
    original: BaseException | None,
    violated: bool,
    role: str,
) -> ConnectionClosed:
    """Return the exception for a closed connection; its `__cause__` is the error that ended it, if there was one.

    Args:
        recorder: Everything seen.
        rcvd: The Close that came, if any.
        sent: The Close that went, if any.
        rcvd_then_sent: Which was first; None unless both are present.
        failure: The judgement made before, so that one end has one explanation; None to make it now.
        original: What broke below.
        violated: True if the peer broke the protocol.
        role: `client` or `server`.
    """
    error: ConnectionClosed
    if rcvd is not None and sent is not None and rcvd.code in _OK_CODES and sent.code in _OK_CODES:
        error = ConnectionClosedOK()
    else:
        failure = failure or explain(Stage.OPEN, recorder, role)
        error = ConnectionClosedError(failure)
        error.__cause__ = ProtocolViolation(failure) if violated else original
    error.rcvd, error.sent, error.rcvd_then_sent = rcvd, sent, rcvd_then_sent
    return error
