"""One JSON object per finding and line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from wssure.lint.finding import Finding

__all__ = ["json_lines"]


def json_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one line per finding."""
    for finding in findings:
        yield json.dumps(finding.to_json())
