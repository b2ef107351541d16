"""The type of a rule, and the view of one file that its check receives."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from wssure.diagnose.page import Page, docstring
from wssure.frozen import frozen
from wssure.tools.lint.build import BuildFacts, ConfigLine
from wssure.tools.lint.finding import Confidence, Edit, Finding, Severity
from wssure.tools.lint.model import Info, infos
from wssure.tools.lint.source import Source
from wssure.tools.lint.syntax import Node, callee, field_child, text
from wssure.tools.lint.target import Target
from wssure.tools.lint.trace import CLIENT, CONTEXT
from wssure.tools.lint.unit import Unit

__all__ = [
    "CERTAIN",
    "LIKELY",
    "SECTIONS",
    "Code",
    "Edit",
    "Hit",
    "Hits",
    "Rule",
    "Severity",
    "calls_below",
    "page_of",
    "rule",
]

CERTAIN: Final = Confidence.CERTAIN
LIKELY: Final = Confidence.LIKELY
SECTIONS: Final = ("What it does", "Why is this bad", "Example", "Use instead", "References")


@frozen
class Hit:
    """The statement of a rule about one place.

    Args:
        span: Byte offsets of begin and end in the file of the code, or a line of a configuration file.
        summary: One sentence, lower case, without a final stop.
        fix: The action to take, in the imperative.
        confidence: The confidence that the rule applies here.
        edit: The change that fixes it; None if no change is known to be safe.
        severity: The severity of this mistake; None for the rule's own.
    """

    span: tuple[int, int] | ConfigLine
    summary: str
    fix: str
    confidence: Confidence = CERTAIN
    edit: Edit | None = None
    severity: Severity | None = None


Hits = Iterator[Hit]


@frozen
class Rule:
    """One lint rule.

    Args:
        id: Stable id: the stack, such as `lws`, a dot, and the name of the mistake.
        severity: The highest severity of its findings.
        page: The docstring of the rule's file.
        check: A function that yields the mistakes in one file.
    """

    id: str
    severity: Severity
    page: str
    check: Callable[[Code], Hits]

    @property
    def stack(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    def findings(self, code: Code) -> Iterator[Finding]:
        """Yield the findings in one file, and in the build files beside it."""
        for hit in self.check(code):
            yield self._finding(hit, code.unit.source)

    def _finding(self, hit: Hit, source: Source) -> Finding:
        start, end = hit.span if isinstance(hit.span, tuple) else (hit.span.start, hit.span.end)
        source = source if isinstance(hit.span, tuple) else hit.span.source
        line, column = source.position(start)
        end_line, end_column = source.position(end)
        shown = source.line(line)
        end_column = max(end_column if end_line == line else len(shown) + 1, column + 1)
        severity = hit.severity or self.severity
        position = (source.path, line, column, end_column)
        return Finding(self.id, severity, hit.confidence, *position, hit.summary, hit.fix, shown, hit.edit)


def rule(rule_id: str, severity: Severity) -> Callable[[Callable[[Code], Hits]], Rule]:
    """Make a rule of the decorated function `check`. Its page is the docstring of the module."""
    return lambda check: Rule(rule_id, severity, docstring(sys.modules[check.__module__]), check)


def page_of(rule_id: str, docstring: str) -> Page:
    """Parse the docstring of a rule into a page."""
    lines = inspect.cleandoc(docstring).splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines[1:]:
        if line.endswith(":") and line[:-1] in SECTIONS:
            current = sections.setdefault(line[:-1], [])
        else:
            current.append(line)
    texts = {name: inspect.cleandoc("\n".join(["", *body])).strip("\n") for name, body in sections.items()}
    return Page(id=rule_id, title=lines[0], sections=texts)


class Code:
    """One file of client code, as input of a rule.

    Args:
        unit: The parsed file.
        target: The build of the code.
        build: The facts from build files beside the code.
    """

    def __init__(self, unit: Unit, target: Target, build: BuildFacts) -> None:
        self.unit = unit
        self.target = target
        self.build = build

    @cached_property
    def _infos(self) -> list[Info]:
        return infos(self.unit)

    @property
    def clients(self) -> list[Info]:
        """The connect-info structs in the file."""
        return [info for info in self._infos if info.kind == CLIENT]

    @property
    def contexts(self) -> list[Info]:
        """The context-creation structs in the file."""
        return [info for info in self._infos if info.kind == CONTEXT]

    def around(self, word: str, node_type: str, field: str) -> list[Node]:
        """Return the nodes of a type with a word in one of their fields, by a text search instead of a tree walk.

        Args:
            word: A whole identifier.
            node_type: A tree-sitter type such as `call_expression`.
            field: A field such as `function`.
        """
        by_start: dict[int, Node] = {}
        for match in re.finditer(rb"\b" + word.encode() + rb"\b", self.unit.source.data):
            node = self.unit.root.descendant_for_byte_range(*match.span())
            while node is not None and not _holds(node, node_type, field, match.start()):
                node = node.parent
            if node is not None:
                by_start[node.start_byte] = node
        return list(by_start.values())

    def with_data(self, data: bytes) -> Code:
        """Return the same file with another text, as it is after an edit."""
        source = Source(self.unit.source.path, data)
        return Code(Unit(source, self.target, self.unit.outside), self.target, self.build)

    def calls(self, *names: str) -> list[Node]:
        """Return the calls of these functions in the file."""
        candidates = [call for name in names for call in self.around(name, "call_expression", "function")]
        return [call for call in candidates if callee(call) in names]

    def settings(self, name: str) -> Iterator[tuple[Node, Node]]:
        """Yield each assignment to a member with `=` or `|=`, or initializer of it, with the value.

        Args:
            name: The name of the member.
        """
        for node in self.around(name, "assignment_expression", "left"):
            left, value = field_child(node, "left"), field_child(node, "right")
            member = field_child(left, "field") if left is not None else None
            sets = any(child.type in ("=", "|=") for child in node.children)
            if sets and member is not None and value is not None and text(member) == name:
                yield node, value
        for node in self.around(name, "initializer_pair", "designator"):
            value = field_child(node, "value")
            if value is not None:
                yield node, value

    def options_around(self, node: Node) -> Iterator[tuple[str, ConfigLine]]:
        """Yield the options of `sdkconfig` in the `#if` conditions around a node."""
        for name in dict.fromkeys(self.unit.options_around(node)):
            if name in self.build.options:
                yield name, self.build.options[name]

    def cases(self, *names: str) -> list[Node]:
        """Return the `case` statements of these constants."""
        return [case for name in names for case in self.around(name, "case_statement", "value")]

    def mentions(self, word: bytes) -> bool:
        """Return True if the text of the file contains a word."""
        return word in self.unit.source.data


def _holds(node: Node, node_type: str, field: str, offset: int) -> bool:
    # A nested designator, `.a.b = 1`, is one field with two children.
    parts = node.children_by_field_name(field) if node.type == node_type else ()
    return any(part.start_byte <= offset < part.end_byte for part in parts)


def calls_below(root: Node) -> Iterator[Node]:
    """Yield every call in a tree, including calls in the arguments of other calls."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.type == "call_expression":
            yield node
        todo.extend(reversed(node.named_children))
