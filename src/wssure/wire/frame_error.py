"""The error for a frame that breaks a rule, with the name of the rule and the close code to send."""

from __future__ import annotations

from typing import Any, Final

from wssure.wire.decode import DecodeError

SECTION: Final = "RFC 6455 section 5.2"


class FrameError(DecodeError):
    """A frame breaks a rule for single frames.

    Args:
        rule: Stable short name of the rule, such as `reserved-bits`.
        what: The value received and the value expected.
        offset: Offset of the frame's first byte in the stream.
        section: The RFC's section.
        code: The close code to send.
    """

    def __init__(self, rule: str, what: str, offset: int, section: str = SECTION, code: int = 1002) -> None:
        super().__init__(what, offset, section)
        self.rule = rule
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rule, self.what, self.offset, self.section, self.code), self.__dict__.copy()
