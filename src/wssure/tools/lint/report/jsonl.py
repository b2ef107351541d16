"""Format findings as JSON lines."""

import json
from collections.abc import Iterable, Iterator

from wssure.tools.lint.finding import Finding


def json_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one JSON object per finding, each on its own line."""
    for finding in findings:
        yield json.dumps(finding.to_json())
