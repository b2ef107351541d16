"""The result of a rule: a finding with position, confidence and an edit that fixes it."""

import enum
from typing import Any, Final

from wssure.evidence import Confidence
from wssure.frozen import frozen

__all__ = ["Confidence", "Edit", "Finding", "Severity"]

SCHEMA: Final = 1


class Severity(enum.StrEnum):
    """The severity: the code fails or is insecure, it may do so, or the finding is for information."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return ("error", "warning", "info").index(self.value)


@frozen
class Edit:
    """One text replacement that fixes a finding and changes nothing else.

    Args:
        start: Byte offset in the file's UTF-8 text.
        end: Byte offset after the last removed byte; equal to `start` for an insertion.
        text: The new text.
    """

    start: int
    end: int
    text: str


@frozen
class Finding:
    """One mistake at one position.

    Args:
        rule: The stable id of the rule, such as `lws.skip-hostname-check`.
        severity: The severity of the mistake.
        confidence: The confidence that the rule applies here.
        file: The path as given or found.
        line: Line number, from 1.
        column: Column in characters, from 1.
        end_column: Column after the last character, on the same line.
        summary: One sentence, lower case, without a final stop.
        fix: The action to take, in the imperative.
        source_line: The text of the line, for the caret and the baseline.
        edit: The change that fixes it; None if no change is known to be safe.
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
        """The sort key: file, line, column and rule."""
        return (self.file, self.line, self.column, self.rule)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the finding."""
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
