"""Parse code with `#if` inside an expression, a list or a function header, which no C grammar accepts.

The lines of such a directive and its `#else` branch are replaced by blanks, so that one consistent reading remains and
offsets do not change. The text of the first branch is recorded with its condition.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.grammar import broken_bytes, parse
from wssure.tools.lint.syntax import Node

_DIRECTIVE: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b((?:\\\r?\n|[^\n])*)")
_VISIBLE: Final = re.compile(rb"[^\r\n]")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]+?|\S")


@frozen
class Loose:
    """A range of text that applies only under a condition.

    Args:
        start: Byte offset.
        end: Byte offset after it.
        condition: Its tokens.
    """

    start: int
    end: int
    condition: str


@dataclass(slots=True)
class _Group:
    """The spans of the directive lines from one `#if` to its `#endif`."""

    condition: str
    lines: list[tuple[int, int]]


def parse_repaired(data: bytes, path: str) -> tuple[Node, list[Loose]]:
    """Parse code; return the root of the best tree, and the ranges with conditions that the tree no longer has.

    Args:
        data: The text.
        path: Its name.
    """
    root = parse(data, path)
    if not root.has_error or b"#" not in data:
        return root, []
    breaks = [(node.start_byte, node.end_byte) for node in _errors(root)]
    groups = [group for group in _groups(data) if _touches(group, breaks)]
    if not groups:
        return root, []
    text, loose = _blank(data, groups)
    repaired = parse(text, path)
    if broken_bytes(repaired) < broken_bytes(root):
        return repaired, loose
    return root, []


def _errors(root: Node) -> Iterator[Node]:
    todo = [root]
    while todo:
        node = todo.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            todo.extend(node.children)


def _groups(data: bytes) -> list[_Group]:
    complete: list[_Group] = []
    stack: list[_Group] = []
    for match in _DIRECTIVE.finditer(data):
        word = match.group(1)
        if word.startswith(b"if"):
            words = " ".join(_TOKEN.findall(match.group(2).decode("utf-8", "replace")))
            stack.append(_Group("! " + words if word == b"ifndef" else words, [match.span()]))
        elif stack:
            stack[-1].lines.append(match.span())
            if word == b"endif":
                complete.append(stack.pop())
    return complete


def _touches(group: _Group, breaks: Iterable[tuple[int, int]]) -> bool:
    """Return True if a syntax error begins or ends within the group; one that spans the group has another origin."""
    start, end = group.lines[0][0], group.lines[-1][1]
    return any(start <= left <= end or start <= right <= end for left, right in breaks)


def _blank(data: bytes, groups: Iterable[_Group]) -> tuple[bytes, list[Loose]]:
    text = bytearray(data)
    loose: list[Loose] = []
    for group in groups:
        first, second = group.lines[0], group.lines[1]
        loose.append(Loose(first[1], second[0], group.condition))
        for start, end in (first, (second[0], group.lines[-1][1])):
            text[start:end] = _VISIBLE.sub(b" ", bytes(text[start:end]))
    return bytes(text), loose
