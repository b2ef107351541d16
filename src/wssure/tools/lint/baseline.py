"""Write and apply a baseline: the known findings of a project, so that only new ones are reported."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from wssure.tools.lint.finding import SCHEMA, Finding

_KIND: Final = "wssure lint baseline"


class BaselineError(ValueError):
    """The file is not a baseline; the message describes its contents."""


def _key(finding: Finding, root: Path) -> str:
    """Return the key of a finding: rule, file and the text of the line. New lines above do not change it."""
    path = Path(finding.file)
    try:
        shown = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        shown = path.as_posix()
    words = " ".join(finding.source_line.split())
    return hashlib.sha256(f"{finding.rule}\n{shown}\n{words}".encode()).hexdigest()[:32]


def written_baseline(findings: Sequence[Finding], root: Path) -> str:
    """Format a baseline file.

    Args:
        findings: The findings to accept.
        root: The directory of the baseline file; its paths are relative to it.
    """
    counts = Counter(_key(finding, root) for finding in findings)
    return json.dumps({"schema": SCHEMA, "kind": _KIND, "findings": dict(sorted(counts.items()))}, indent=1) + "\n"


def new_findings(findings: Sequence[Finding], text: str, root: Path) -> list[Finding]:
    """Return the findings that are not in a baseline. Of equal findings, only those above its count are new.

    Args:
        findings: The present findings.
        text: The contents of the baseline file.
        root: The directory of the baseline file.

    Raises:
        BaselineError: The text is not a baseline.
    """
    left = Counter(_counts(text))
    new: list[Finding] = []
    for finding in findings:
        key = _key(finding, root)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(finding)
    return new


def _counts(text: str) -> dict[str, int]:
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise BaselineError(f"the baseline is no JSON: {error}") from error
    counts = data.get("findings") if isinstance(data, dict) and data.get("kind") == _KIND else None
    if not isinstance(counts, dict) or not all(isinstance(count, int) for count in counts.values()):
        raise BaselineError(f"got another JSON file, expected one written by --write-baseline (kind {_KIND!r})")
    return counts
