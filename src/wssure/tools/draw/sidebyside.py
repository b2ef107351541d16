"""Compare two ClientHellos side by side: differences are marked and shown with bytes, equal parts in one line.

Values that are new in each connection (random, session id, keys, tickets, GREASE numbers) are ignored.
"""

import re
import textwrap
from collections.abc import Sequence
from typing import Final

from wssure.frozen import frozen
from wssure.tools.draw.helloview import cipher_texts, extension_text, label
from wssure.wire.hello import ClientHello, Extension
from wssure.wire.iana import extension_name, is_grease, version_name

_ABSENT: Final = "absent"
# Extensions with random or padded contents: they differ only if one side lacks them.
_DRAWN: Final = frozenset({21, 35, 41, 44, 65037})
# Lists with possible GREASE numbers, and the key share with its random keys: their text is compared.
_LISTS: Final = frozenset({10, 13, 43, 51})
_GREASE = re.compile(r"GREASE \(0x[0-9A-F]{4}\)")
_MOST_NAMES: Final = 6
_MARK: Final = "1;33"
_DIM: Final = "2"
_LABEL: Final = 28


@frozen
class Row:
    """One line of the comparison.

    Args:
        name: The compared field.
        left: The value in the first hello.
        right: The value in the second hello.
        differs: True if the values differ.
        number: The number of the extension; None for a field.
        left_bytes: The extension's bytes in the first hello, as hex; None if it is absent or a field.
        right_bytes: The same of the second.
    """

    name: str
    left: str
    right: str
    differs: bool
    number: int | None = None
    left_bytes: str | None = None
    right_bytes: str | None = None


def compare(left: ClientHello, right: ClientHello) -> list[Row]:
    """Return the rows of a comparison: fields first, then all extensions of both hellos, in order."""
    rows = [
        _row("legacy_version", version_name(left.legacy_version), version_name(right.legacy_version)),
        _row("session_id", f"{len(left.session_id)} bytes", f"{len(right.session_id)} bytes"),
        _ciphers(left, right),
        _row("compression", left.compression_methods.hex(" "), right.compression_methods.hex(" ")),
    ]
    ours, theirs = _by_key(left), _by_key(right)
    if left.server_name is None and right.server_name is None:
        rows.append(_row("server_name", _ABSENT, _ABSENT))  # the absence of a server name is always shown
    keys = _merge(list(ours), list(theirs))
    rows += [_extension_row(left, right, key, ours.get(key), theirs.get(key)) for key in keys]
    shared = [key for key in ours if key in theirs]
    if shared != [key for key in theirs if key in ours]:
        first, second = (", ".join(label(key[0]) for key in side) for side in (ours, theirs))
        rows.append(Row("order of extensions", first, second, True))
    return rows


def _row(name: str, left: str, right: str) -> Row:
    return Row(name, left, right, left != right)


def _ciphers(left: ClientHello, right: ClientHello) -> Row:
    """Compare the cipher suites; if they differ, name only those of one side."""
    ours, theirs = ([name for name in cipher_texts(hello) if "GREASE" not in name] for hello in (left, right))
    if ours == theirs:
        return Row("cipher suites", f"{len(ours)} offered", f"{len(theirs)} offered, the same", False)
    if set(ours) == set(theirs):
        return Row("cipher suites", f"{len(ours)} offered", f"{len(theirs)} offered, the same in another order", True)
    return Row("cipher suites", _alone(ours, theirs), _alone(theirs, ours), True)


def _alone(mine: list[str], other: list[str]) -> str:
    alone = [name for name in mine if name not in other]
    shown = ", ".join(alone[:_MOST_NAMES]) + (f" and {len(alone) - _MOST_NAMES} more" if alone[_MOST_NAMES:] else "")
    return f"{len(mine)} offered, " + (f"only here: {shown}" if alone else "none only here")


_Key = tuple[int, int]


def _by_key(hello: ClientHello) -> dict[_Key, Extension]:
    """Key each extension by its number and its repetition; all GREASE numbers are one."""
    by_key: dict[_Key, Extension] = {}
    for item in hello.extensions:
        number = 0x0A0A if is_grease(item.id) else item.id
        count = sum(1 for key in by_key if key[0] == number)
        by_key[number, count] = item
    return by_key


def _merge(left: list[_Key], right: list[_Key]) -> list[_Key]:
    """Merge both orders: the left one, with each extension of the right only after its predecessor there."""
    merged = list(left)
    for index, key in enumerate(right):
        if key not in merged:
            before = next((other for other in reversed(right[:index]) if other in merged), None)
            merged.insert(0 if before is None else merged.index(before) + 1, key)
    return merged


def _extension_row(
    left: ClientHello, right: ClientHello, key: _Key, ours: Extension | None, theirs: Extension | None
) -> Row:
    texts = [
        _ABSENT if item is None else extension_text(hello, item) for hello, item in ((left, ours), (right, theirs))
    ]
    differs = ours is None or theirs is None
    if ours is not None and theirs is not None and key[0] not in _DRAWN and not is_grease(key[0]):
        # Keys are random, but their groups are not; the text has the groups.
        plain = [_GREASE.sub("GREASE", text) for text in texts]
        differs = plain[0] != plain[1] if key[0] in _LISTS else ours.data != theirs.data
    sides = [None if item is None else _bytes(hello, item) for hello, item in ((left, ours), (right, theirs))]
    return Row(label(key[0]), texts[0], texts[1], differs, key[0], sides[0], sides[1])


def _bytes(hello: ClientHello, item: Extension) -> str:
    """Return the extension with its number and length, as hex."""
    return (item.id.to_bytes(2, "big") + len(item.data).to_bytes(2, "big") + item.data).hex(" ")


def side_by_side(
    left: ClientHello,
    right: ClientHello,
    *,
    titles: tuple[str, str] = ("A", "B"),
    color: bool = False,
    width: int = 100,
) -> str:
    """Return two hellos as text in two columns; lines that begin with `*` differ.

    Args:
        left: The first hello.
        right: The second.
        titles: The titles of the columns.
        color: Add ANSI colours.
        width: Columns to fill.
    """
    column = max((width - _LABEL - 6) // 2, 16)
    lines = _cells(" ", "", titles[0], titles[1], column)
    lines += _cells(" ", "", "-" * min(len(titles[0]), column), "-" * min(len(titles[1]), column), column)
    for row in compare(left, right):
        lines += _row_lines(row, column, color)
    return "\n".join(lines)


def _row_lines(row: Row, column: int, color: bool) -> list[str]:
    if not row.differs:
        return _paint(_cells(" ", row.name, _cut(row.left, column), _cut(row.right, column), column), _DIM, color)
    lines = _cells("*", row.name, row.left, row.right, column)
    if row.number is not None and row.number not in _DRAWN:
        lines += _cells("*", "  its bytes", _cut_bytes(row.left_bytes), _cut_bytes(row.right_bytes), column)
    return _paint(lines, _MARK, color)


def _cells(mark: str, name: str, left: str, right: str, column: int) -> list[str]:
    """Format one row; fold texts longer than their column."""
    sides = [textwrap.wrap(text, column, break_on_hyphens=False) or [""] for text in (left, right)]
    height = max(len(side) for side in sides)
    padded = [side + [""] * (height - len(side)) for side in sides]
    names = [name] + [""] * (height - 1)
    return [
        f"{mark} {cell:<{_LABEL}} {first:<{column}}  {second}".rstrip()
        for cell, first, second in zip(names, *padded, strict=True)
    ]


def _paint(lines: Sequence[str], code: str, color: bool) -> list[str]:
    return [f"\x1b[{code}m{line}\x1b[0m" for line in lines] if color else list(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _cut_bytes(text: str | None, most: int = 32) -> str:
    if text is None:
        return "-"
    return text if len(text) < most * 3 else f"{text[: most * 3 - 1]} …"


def differences_json(left: ClientHello, right: ClientHello) -> list[dict[str, object]]:
    """Return the differences, for the JSON output."""
    return [
        {
            "what": row.name if row.number is None or is_grease(row.number) else extension_name(row.number),
            "extension": row.number,
            "a": row.left,
            "b": row.right,
            "a_hex": row.left_bytes.replace(" ", "") if row.left_bytes else None,
            "b_hex": row.right_bytes.replace(" ", "") if row.right_bytes else None,
        }
        for row in compare(left, right)
        if row.differs
    ]
