"""The life of a connection after its upgrade, as one table.

Theory. Each side sends at most one Close frame, and nothing but what answers the peer after it; each side ignores what
follows the peer's Close. So a connection is known by which Closes have passed:

    OPEN         none: messages go both ways
    DOOMED       none: the peer broke a rule, and the Close that says so waits until what came before is answered
    CLOSE_SENT   ours: no message goes out any more, the peer's still come in, until its Close
    CLOSED_BOTH  both: whoever's came first, the other's answers it; nothing more is read or written
    FAILED       ours, because the peer broke a rule: nothing more is read, not even its Close
    GONE         the transport is at its end

The peer's Close alone is no phase: our answer is queued in the same step (RFC 6455 section 5.5.1: "It SHOULD do so as
soon as practical"). What is not in the table is not allowed; the caller's step raises, the peer's bytes are never looked at.
The server ends TCP first (section 7.1.1), so `finished` tells it that it may, and tells the client to wait for EOF.

Source: RFC 6455 section 5.5.1, 7.1 and 7.2.
"""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["TRANSITIONS", "Phase", "Role", "State", "Step", "WrongState"]


class Role(enum.Enum):
    """Which side of the connection this is."""

    CLIENT = "client"
    SERVER = "server"


class State(enum.IntEnum):
    """What users see; the numbers are those other implementations use."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


class Phase(enum.Enum):
    """Where a connection is in its life."""

    OPEN = "open"
    DOOMED = "failing"
    CLOSE_SENT = "close sent"
    CLOSED_BOTH = "closed by both"
    FAILED = "failed"
    GONE = "gone"


class Step(enum.Enum):
    """What can happen to a connection."""

    SEND_DATA = "send data"
    SEND_CONTROL = "send a ping or pong"
    SEND_CLOSE = "send a close"
    RECEIVE_FRAME = "receive a frame"
    RECEIVE_CLOSE = "receive a close"
    VIOLATION = "fail the connection"
    HOLD = "fail the connection later"
    EOF = "receive the end"


TRANSITIONS: Final[dict[Phase, dict[Step, Phase]]] = {
    Phase.OPEN: {
        Step.SEND_DATA: Phase.OPEN,
        Step.SEND_CONTROL: Phase.OPEN,
        Step.SEND_CLOSE: Phase.CLOSE_SENT,
        Step.RECEIVE_FRAME: Phase.OPEN,
        Step.RECEIVE_CLOSE: Phase.CLOSED_BOTH,
        Step.VIOLATION: Phase.FAILED,
        Step.HOLD: Phase.DOOMED,
        Step.EOF: Phase.GONE,
    },
    Phase.DOOMED: {
        Step.SEND_DATA: Phase.DOOMED,
        Step.SEND_CONTROL: Phase.DOOMED,
        Step.VIOLATION: Phase.FAILED,
        Step.EOF: Phase.GONE,
    },
    Phase.CLOSE_SENT: {
        # Section 5.5.2: a Ping is answered "unless it already received a Close frame"; only data is forbidden now.
        Step.SEND_CONTROL: Phase.CLOSE_SENT,
        Step.RECEIVE_FRAME: Phase.CLOSE_SENT,
        Step.RECEIVE_CLOSE: Phase.CLOSED_BOTH,
        Step.VIOLATION: Phase.FAILED,
        Step.EOF: Phase.GONE,
    },
    Phase.CLOSED_BOTH: {Step.EOF: Phase.GONE},
    Phase.FAILED: {Step.EOF: Phase.GONE},
    Phase.GONE: {Step.EOF: Phase.GONE},
}

STATES: Final = {
    Phase.OPEN: State.OPEN,
    Phase.DOOMED: State.OPEN,
    Phase.CLOSE_SENT: State.CLOSING,
    Phase.CLOSED_BOTH: State.CLOSING,
    Phase.FAILED: State.CLOSING,
    Phase.GONE: State.CLOSED,
}


class WrongState(RuntimeError):
    """The step is not allowed now.

    Args:
        step: What was tried.
        phase: Where the connection is.
    """

    def __init__(self, step: Step, phase: Phase) -> None:
        super().__init__(f"cannot {step.value}: the connection is {phase.value}")
        self.step = step
        self.phase = phase
