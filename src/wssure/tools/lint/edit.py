"""Make the smallest text replacements for automatic fixes."""

import re
from collections.abc import Sequence
from typing import Final

from wssure.tools.lint.finding import Edit
from wssure.tools.lint.source import Source

_SPACE: Final = rb"(?:\s|\\\r?\n)*"
_OR_BEFORE: Final = re.compile(_SPACE + rb"\|" + _SPACE + rb"\Z")
_OR_AFTER: Final = re.compile(_SPACE + rb"\|(?!\|)" + _SPACE)


def without_flag(source: Source, start: int, end: int) -> Edit | None:
    """Make an edit that removes one flag from `A | B | C`; None if the flag is not part of such an expression."""
    if not source.editable:
        return None
    before = _OR_BEFORE.search(source.data, max(0, start - 400), start)
    if (
        before is not None
        and before.end() == start
        and source.data[before.start() - 1 : before.start()] not in (b"|", b"")
    ):
        return Edit(before.start(), end, "")
    after = _OR_AFTER.match(source.data, end)
    if after is not None:
        return Edit(start, after.end(), "")
    return None


def replace_text(source: Source, start: int, end: int, text: str) -> Edit | None:
    """Make an edit that replaces a range; None if the file cannot be edited or the range is outside it."""
    return Edit(start, end, text) if source.editable and 0 <= start <= end else None


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Apply edits to a text; of two that overlap, only the first."""
    done: list[bytes] = []
    position = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            continue
        done += [data[position : edit.start], edit.text.encode()]
        position = edit.end
    return b"".join([*done, data[position:]])
