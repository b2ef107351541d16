"""Read suppression comments: `wssure: ignore[lws.x] reason`."""

import re
from collections.abc import Iterable
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.finding import Finding
from wssure.tools.lint.source import Source

_COMMENT: Final = re.compile(rb"(?://|/\*|\*|#)[ \t]*wssure:[ \t]*ignore\[([^\]\n]*)\]([^\n]*)")


@frozen
class Suppression:
    """One suppression comment.

    Args:
        rules: The ids in the brackets.
        reason: The text after the brackets; empty if there is none.
        line: Line number, from 1.
        start: Byte offset of the start of the comment.
        end: Byte offset after the closing bracket.
    """

    rules: tuple[str, ...]
    reason: str
    line: int
    start: int
    end: int


def suppressions(source: Source) -> list[Suppression]:
    """Return the suppression comments of a file."""
    comments: list[Suppression] = []
    for match in _COMMENT.finditer(source.data):
        rules = tuple(rule.strip() for rule in match.group(1).decode("utf-8", "replace").split(",") if rule.strip())
        reason = match.group(2).decode("utf-8", "replace").strip().removesuffix("*/").strip(" -:\t")
        row, _ = source.position(match.start())
        comments.append(Suppression(rules, reason, row, match.start(), match.end(1) + 1))
    return comments


def without_suppressed(findings: Iterable[Finding], comments: Iterable[Suppression]) -> list[Finding]:
    """Return the findings that no comment suppresses, on their line or the line above."""
    silenced = {
        (rule, line) for comment in comments for rule in comment.rules for line in (comment.line, comment.line + 1)
    }
    return [finding for finding in findings if (finding.rule, finding.line) not in silenced]
