"""What a rule reports: a finding with its place, how sure it is, and the edit that mends it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any, Final

from wssure.evidence import Confidence

__all__ = ["Confidence", "Edit", "Finding", "Severity"]

SCHEMA: Final = 1


class Severity(enum.StrEnum):
    """How bad it is: it fails or is insecure, it may be, or it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return ("error", "warning", "info").index(self.value)


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement that mends a finding without changing anything else.

    Args:
        start: Byte offset in the file's UTF-8 text.
        end: Byte offset behind the last byte that goes; equal to `start` for an insertion.
        text: What stands there instead.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place.

    Args:
        rule: The rule's stable id, such as `lws.skip-hostname-check`.
        severity: How bad it is.
        confidence: How sure the rule is that it applies here.
        file: The path as it was given or found.
        line: From 1.
        column: From 1, in characters.
        end_column: Column behind the last character, on the same line.
        summary: One sentence, lower case, without a final stop.
        fix: What to do, in the imperative.
        source_line: The line itself, for the caret and the baseline.
        edit: The change that mends it; None where no change is safe without knowing more.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    file: str
    line: int
    column: int
    end_column: int
    summary: str
    fix: str
    source_line: str = ""
    edit: Edit | None = None

    @property
    def order(self) -> tuple[str, int, int, str]:
        """The place, for sorting."""
        return (self.file, self.line, self.column, self.rule)

    def moved(self, file: str) -> Finding:
        """Return the same finding under another path."""
        return replace(self, file=file)

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface, one per line."""
        return {
            "schema": SCHEMA,
            "rule": self.rule,
            "severity": self.severity.value,
            "confidence": self.confidence.value,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "summary": self.summary,
            "fix": self.fix,
        }
