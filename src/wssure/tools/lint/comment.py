"""Replace the comments of C text by blanks, so that offsets do not change; strings are left alone."""

import re
from typing import Final

_PART: Final = re.compile(
    rb'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?(?:\*/|\Z)|//(?:\\\r?\n|[^\n])*', re.DOTALL
)
_VISIBLE: Final = re.compile(rb"[^\r\n]")


def without_comments(text: bytes) -> bytes:
    """Return the text with each comment replaced by blanks; line ends are kept."""
    return _PART.sub(
        lambda match: _VISIBLE.sub(b" ", match.group()) if match.group().startswith(b"/") else match.group(), text
    )
