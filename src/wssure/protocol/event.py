"""Events of a connection other than messages; a message is a plain `str` or `bytes`."""

from typing import final

from wssure.frozen import frozen


@frozen
class Ping:
    """A Ping was received; the Pong is already queued.

    Args:
        data: The payload, at most 125 bytes.
    """

    data: bytes


@frozen
class Pong:
    """A Pong was received.

    Args:
        data: The payload of the Ping that it answers.
    """

    data: bytes


@frozen
class Close:
    """A Close frame.

    Args:
        code: The close code; 1005 if the frame has none.
        reason: The reason, at most 123 bytes as UTF-8.
    """

    code: int
    reason: str = ""


@frozen
class CloseReceived:
    """A Close was received; ours is sent or queued.

    Args:
        code: The close code; 1005 if the frame has none.
        reason: The reason given by the peer.
    """

    code: int
    reason: str


@final
@frozen
class Fragment:
    """One frame of a fragmented message, if the caller asked for fragments.

    Args:
        data: `str` for a text message (characters are never split), else `bytes`.
        first: True on the first frame of the message.
        fin: True on the last frame of the message.
        text: True for a text message.
    """

    data: str | bytes
    first: bool
    fin: bool
    text: bool


@frozen
class Violation:
    """The peer broke a rule; the Close with the reason is queued, or delayed until `Connection.fail_held`.

    Args:
        rule: Stable short name of the rule, such as `reserved-bits`.
        section: The section of the rule, such as "RFC 6455 section 5.2".
        code: The close code to send.
        text: The value received and the value expected.
        offset: Offset of the frame's first byte in the stream after the upgrade.
    """

    rule: str
    section: str
    code: int
    text: str
    offset: int = 0
