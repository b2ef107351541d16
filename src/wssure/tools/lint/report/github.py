"""Format findings as GitHub workflow commands, shown as annotations in a pull request."""

from collections.abc import Iterable, Iterator

from wssure.tools.lint.finding import Finding, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def github_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one workflow command per finding.

    Source: GitHub Actions, "Workflow commands", setting an error message.
    """
    for finding in findings:
        location = (
            f"file={_property(finding.file)},line={finding.line},col={finding.column},endColumn={finding.end_column}"
        )
        words = f"{finding.summary}\nfix: {finding.fix}"
        yield f"::{_LEVELS[finding.severity]} {location},title={_property(finding.rule)}::{_data(words)}"
