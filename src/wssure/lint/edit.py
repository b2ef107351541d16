"""The safe changes: what a fix-it replaces, made so small that nothing else changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wssure.lint.finding import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wssure.lint.source import Source

__all__ = ["applied", "replaced", "without_flag"]

_SPACE: Final = rb"(?:\s|\\\r?\n)*"
_OR_BEFORE: Final = re.compile(_SPACE + rb"\|" + _SPACE + rb"\Z")
_OR_AFTER: Final = re.compile(_SPACE + rb"\|(?!\|)" + _SPACE)


def without_flag(source: Source, start: int, end: int) -> Edit | None:
    """Return the edit that takes one flag out of `A | B | C`; None where it does not stand in such a row."""
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


def replaced(source: Source, start: int, end: int, text: str) -> Edit | None:
    """Return the edit that puts a text in place of a range; None where the file cannot be edited or the range is elsewhere."""
    return Edit(start, end, text) if source.editable and 0 <= start <= end else None


def applied(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a text with edits made, the first of each overlapping pair winning."""
    done: list[bytes] = []
    position = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            continue
        done += [data[position : edit.start], edit.text.encode()]
        position = edit.end
    return b"".join([*done, data[position:]])
