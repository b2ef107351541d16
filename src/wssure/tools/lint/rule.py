"""The type of a rule, and the view of one file that its check receives."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wssure.diagnose.page import Page
from wssure.frozen import frozen
from wssure.tools.lint.finding import Confidence, Edit, Finding, Severity
from wssure.tools.lint.model import Info, infos
from wssure.tools.lint.syntax import callee, one
from wssure.tools.lint.trace import CLIENT, CONTEXT

if TYPE_CHECKING:
    from tree_sitter import Node

    from wssure.tools.lint.build import BuildFacts, ConfigLine
    from wssure.tools.lint.target import Target
    from wssure.tools.lint.unit import Unit

__all__ = ["SECTIONS", "Code", "Rule", "at_line", "calls_below", "page_of"]

SECTIONS: Final = ("What it does", "Why is this bad", "Example", "Use instead", "References")


@frozen
class Rule:
    """One lint rule.

    Args:
        id: Stable id: `lws.` and the name of the mistake.
        severity: The highest severity of its findings.
        page: The docstring of the rule's file.
        check: A function that yields the findings in one file.
    """

    id: str
    severity: Severity
    page: str
    check: Callable[[Code], Iterator[Finding]]


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
        found: dict[int, Node] = {}
        for match in re.finditer(rb"\b" + word.encode() + rb"\b", self.unit.source.data):
            node = self.unit.root.descendant_for_byte_range(*match.span())
            while node is not None and not _holds(node, node_type, field, match.start()):
                node = node.parent
            if node is not None:
                found[node.start_byte] = node
        return list(found.values())

    def calls(self, *names: str) -> list[Node]:
        """Return the calls of these functions in the file."""
        found = [call for name in names for call in self.around(name, "call_expression", "function")]
        return [call for call in found if callee(call) in names]

    def cases(self, *names: str) -> list[Node]:
        """Return the `case` statements of these constants."""
        return [case for name in names for case in self.around(name, "case_statement", "value")]

    def mentions(self, word: bytes) -> bool:
        """Return True if the text of the file contains a word."""
        return word in self.unit.source.data

    def finding(
        self,
        rule: str,
        severity: Severity,
        confidence: Confidence,
        span: tuple[int, int],
        summary: str,
        fix: str,
        edit: Edit | None = None,
    ) -> Finding:
        """Make a finding for a byte range of this file."""
        source = self.unit.source
        line, column = source.place(span[0])
        end_line, end_column = source.place(span[1])
        source_line = source.line(line)
        if end_line != line:
            end_column = len(source_line) + 1
        return Finding(
            rule,
            severity,
            confidence,
            source.path,
            line,
            column,
            max(end_column, column + 1),
            summary,
            fix,
            source_line,
            edit,
        )


def _holds(node: Node, node_type: str, field: str, offset: int) -> bool:
    part = one(node, field) if node.type == node_type else None
    return part is not None and part.start_byte <= offset < part.end_byte


def calls_below(root: Node) -> Iterator[Node]:
    """Yield every call in a tree, including calls in the arguments of other calls."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.type == "call_expression":
            yield node
        todo.extend(reversed(node.named_children))


def at_line(line: ConfigLine, rule: str, severity: Severity, confidence: Confidence, summary: str, fix: str) -> Finding:
    """Make a finding for a line of a configuration file."""
    row, column = line.source.place(line.start)
    end_column = line.source.place(line.end)[1]
    return Finding(
        rule, severity, confidence, line.source.path, row, column, end_column, summary, fix, line.source.line(row)
    )
