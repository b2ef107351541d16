"""Format findings as a SARIF 2.1.0 log, for code scanning services and editors."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from wssure.tools.lint.finding import Confidence, Finding, Severity
from wssure.tools.lint.rule import Rule, page_of
from wssure.tools.lint.rules import RULES
from wssure.tools.lint.source import Source

# Source: OASIS SARIF 2.1.0, section 3.13 (sarifLog).
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS: Final = {Confidence.CERTAIN: 100.0, Confidence.LIKELY: 60.0, Confidence.POSSIBLE: 30.0}


def sarif_log(findings: Sequence[Finding], sources: dict[str, Source], version: str) -> dict[str, Any]:
    """Make the SARIF log object.

    Args:
        findings: The findings in order.
        sources: The texts of the files by path, for the regions of fixes.
        version: The version of wssure.
    """
    index = {rule.id: position for position, rule in enumerate(RULES)}
    driver = {
        "name": "wssure",
        "semanticVersion": version,
        "informationUri": "https://pypi.org/project/wssure/",
        "rules": [_rule(rule) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule], sources.get(finding.file)) for finding in findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    page = page_of(rule.id, rule.page)
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in re.split("[.-]", rule.id.removeprefix("lws."))),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": " ".join(page.sections["Why is this bad"].split())},
        "help": {"text": page.text()},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, int]:
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _result(finding: Finding, index: int, source: Source | None) -> dict[str, Any]:
    artifact = {"uri": _uri(finding.file)}
    words = " ".join(finding.source_line.split())
    mark = hashlib.sha256(f"{finding.rule}\n{words}".encode()).hexdigest()[:32]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.confidence],
        "message": {"text": f"{finding.summary}. Fix: {finding.fix}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": _region(finding.line, finding.column, finding.line, finding.end_column),
                }
            }
        ],
        "partialFingerprints": {"wssureLine/v1": mark},
        "properties": {"confidence": finding.confidence.value},
    }
    if finding.edit is not None and source is not None:
        result["fixes"] = [_fix(finding, artifact, source)]
    return result


def _fix(finding: Finding, artifact: dict[str, str], source: Source) -> dict[str, Any]:
    if finding.edit is None:
        raise AssertionError("only findings with an edit get here")
    region = _region(*source.position(finding.edit.start), *source.position(finding.edit.end))
    replacement = {"deletedRegion": region, "insertedContent": {"text": finding.edit.text}}
    return {
        "description": {"text": finding.fix},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
    }
