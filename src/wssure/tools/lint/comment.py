"""Replace the comments of C text by blanks, so that offsets do not change; strings are left alone."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(
    rb'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?(?:\*/|\Z)|//(?:\\\r?\n|[^\n])*', re.DOTALL
)
_VISIBLE: Final = re.compile(rb"[^\r\n]")


def without_comments(text: bytes) -> bytes:
    """Return the text with each comment replaced by blanks; line ends are kept."""
    return _PART.sub(
        lambda found: _VISIBLE.sub(b" ", found.group()) if found.group().startswith(b"/") else found.group(), text
    )
