"""The life of a connection after its upgrade, as one table.

Theory. Each side sends at most one Close frame, and after it nothing but answers to the peer; each side ignores all
frames after the peer's Close. So the Closes that have passed define the state of a connection:

    OPEN         none: messages go both ways
    DOOMED       none: the peer broke a rule, and the Close that reports it waits until earlier messages are answered
    CLOSE_SENT   ours: no message goes out any more, the peer's still come in, until its Close
    CLOSED_BOTH  both: one side began, the other answered; nothing more is read or written
    FAILED       ours, because the peer broke a rule: nothing more is read, not even its Close
    GONE         the transport is at its end

The peer's Close alone is no phase: our answer is queued in the same step (RFC 6455 section 5.5.1: "It SHOULD do so as
soon as practical"). A step that is not in the table is not allowed: the caller's raises, the peer's bytes are ignored.
The server ends TCP first (section 7.1.1), so `finished` tells it that it may, and tells the client to wait for EOF.

How the transport ends is the second table, ENDINGS: an event of the transport or of the protocol, and the action of the socket's
driver. Closing a socket with unread bytes sends a reset, which destroys the bytes that the peer has not read; so every end but an
abort delivers the queued bytes, shuts down our half and discards further input, for a bounded time.

    LIVE         bytes go both ways
    LISTENING    a write failed: nothing can be sent any more, but the peer's Close or alert may still arrive
    WAITING      both Closes have passed, and the server is to end TCP first
    FLUSHING     queued bytes are delivered, and input is discarded; the peer's end changes nothing, it may still read
    DISCARDING   our half is shut down, and input is discarded until the peer's end
    GONE         the socket is closed

Source: RFC 6455 section 5.5.1, 7.1 and 7.2.
"""

import enum
from typing import Final


class _Name(enum.Enum):
    """Give the keys of the tables a fast hash: the hash of `enum.Enum` is a function in Python."""

    __hash__ = object.__hash__


class Role(_Name):
    """Which side of the connection this is."""

    CLIENT = "client"
    SERVER = "server"


class State(enum.IntEnum):
    """The state that users see, with the numbers of other implementations."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


class Phase(_Name):
    """The phases of a connection."""

    OPEN = "open"
    DOOMED = "failing"
    CLOSE_SENT = "close sent"
    CLOSED_BOTH = "closed by both"
    FAILED = "failed"
    GONE = "gone"


class Step(_Name):
    """The events of a connection."""

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


class Ending(_Name):
    """The phases of the end of a transport."""

    LIVE = "live"
    LISTENING = "listening"
    WAITING = "waiting"
    FLUSHING = "flushing"
    DISCARDING = "discarding"
    GONE = "gone"


class End(_Name):
    """Name the events that end a transport. EOF stands for a close_notify and a read error as well."""

    CLOSED = "both Closes have passed"
    FAILED = "this side fails the connection"
    EOF = "nothing more can be read"
    WRITE_FAILED = "writing failed"
    DELIVERED = "everything queued was delivered"
    TIME_OVER = "the limit of this step is reached"
    ABORT = "the application cuts the connection"


class Action(enum.Enum):
    """Name the actions of the socket's driver. Each but NOTHING and CLOSE has a time limit; TIME_OVER is its end."""

    NOTHING = "nothing"
    READ_ON = "read on"
    WAIT = "wait for the peer's end"
    FLUSH = "deliver the queued bytes, then report DELIVERED"
    HALF_CLOSE = "shut down our half, discard input"
    CLOSE = "close the socket"


_Row = dict[End, tuple[Ending, Action]]
_FLUSH: Final = (Ending.FLUSHING, Action.FLUSH)
_CLOSE: Final = (Ending.GONE, Action.CLOSE)
_ENDED: Final[_Row] = {End.FAILED: _FLUSH, End.EOF: _FLUSH, End.ABORT: _CLOSE}
_LISTEN: Final = (Ending.LISTENING, Action.READ_ON)


def _endings(closed: tuple[Ending, Action], closed_late: tuple[Ending, Action]) -> dict[Ending, _Row]:
    return {
        Ending.LIVE: {End.CLOSED: closed, End.WRITE_FAILED: _LISTEN, **_ENDED},
        Ending.LISTENING: {End.CLOSED: closed_late, End.TIME_OVER: _FLUSH, **_ENDED},
        Ending.WAITING: {End.TIME_OVER: _FLUSH, **_ENDED},
        Ending.FLUSHING: {
            End.DELIVERED: (Ending.DISCARDING, Action.HALF_CLOSE),
            **dict.fromkeys((End.WRITE_FAILED, End.TIME_OVER, End.ABORT), _CLOSE),
        },
        Ending.DISCARDING: dict.fromkeys((End.EOF, End.TIME_OVER, End.ABORT), _CLOSE),
        Ending.GONE: {},
    }


# An event that is not in a row changes nothing. RFC 6455 section 7.1.1: the TCP connection "SHOULD be closed first by the server",
# and "a client SHOULD wait for the server".
ENDINGS: Final = {
    Role.SERVER: _endings(_FLUSH, _FLUSH),
    Role.CLIENT: _endings((Ending.WAITING, Action.WAIT), (Ending.LISTENING, Action.NOTHING)),
}


class WrongState(RuntimeError):
    """The step is not allowed now.

    Args:
        step: The step that was tried.
        phase: The phase of the connection.
    """

    def __init__(self, step: Step, phase: Phase) -> None:
        super().__init__(f"cannot {step.value}: the connection is {phase.value}")
        self.step = step
        self.phase = phase
