"""Format findings like a compiler: position, source line, caret and fix."""

from collections.abc import Iterable, Iterator
from typing import Final

from wssure.text import printable
from wssure.tools.lint.finding import Confidence, Finding, Severity

_COLORS: Final = {Severity.ERROR: "31", Severity.WARNING: "35", Severity.INFO: "36"}
_WIDEST: Final = 160


def text_lines(findings: Iterable[Finding], *, color: bool = False) -> Iterator[str]:
    """Yield the lines of the text output.

    Args:
        findings: The findings in order.
        color: True to use colour escape sequences.
    """
    for finding in findings:
        word = finding.severity.value
        if color:
            word = f"\x1b[1;{_COLORS[finding.severity]}m{word}\x1b[0m"
        sure = "" if finding.confidence is Confidence.CERTAIN else f" ({finding.confidence.value})"
        file = printable(finding.file)
        yield f"{file}:{finding.line}:{finding.column}: {word}: {printable(finding.summary, 2000)} [{finding.rule}]{sure}"
        yield from _caret(finding, color)
        yield f"      fix: {printable(finding.fix, 2000)}"


def _caret(finding: Finding, color: bool) -> Iterator[str]:
    # A tab in the code stays a tab in the caret line, so that both have the same width.
    line = finding.source_line.replace("\t", "    ")
    before = finding.source_line[: finding.column - 1].replace("\t", "    ")
    marked = finding.source_line[finding.column - 1 : finding.end_column - 1].replace("\t", "    ")
    if len(line) > _WIDEST or not line.isprintable():
        return
    caret = "^" + "~" * (len(marked) - 1)
    if color:
        caret = f"\x1b[32m{caret}\x1b[0m"
    yield f"{finding.line:5} | {line}"
    yield f"      | {' ' * len(before)}{caret}"
