"""What a connection tells besides messages; a message itself is a plain `str` or `bytes`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Close", "CloseReceived", "Fragment", "Ping", "Pong", "Violation"]


@dataclass(frozen=True, slots=True)
class Ping:
    """A Ping came; the Pong is queued already.

    Args:
        data: At most 125 bytes.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """A Pong came.

    Args:
        data: What the Ping it answers carried.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """A Close frame.

    Args:
        code: 1005 where the frame had none.
        reason: At most 123 bytes as UTF-8.
    """

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CloseReceived:
    """The peer's Close came; ours is sent or queued.

    Args:
        code: 1005 where the frame had none.
        reason: What the peer says.
    """

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """One frame of a message that came in several, where fragments are asked for.

    Args:
        data: `str` of a text message (characters are never cut in two), else `bytes`.
        first: True on the message's first frame.
        fin: True on its last.
        text: True for a text message.
    """

    data: str | bytes
    first: bool
    fin: bool
    text: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """The peer broke a rule; the Close that says so is queued, or waits for `Connection.fail_held`.

    Args:
        rule: Stable short name, such as `reserved-bits`.
        section: The rule's place, such as "RFC 6455 section 5.2".
        code: The close code that answers it.
        text: What was got and what was expected.
        offset: The first byte of the frame in the stream after the upgrade.
    """

    rule: str
    section: str
    code: int
    text: str
    offset: int = 0
