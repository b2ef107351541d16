"""Output formats of findings: text, JSON lines, SARIF, and GitHub annotations."""

from wssure.tools.lint.report.github import github_lines
from wssure.tools.lint.report.jsonl import json_lines
from wssure.tools.lint.report.sarif import sarif_log
from wssure.tools.lint.report.text import text_lines

__all__ = ["github_lines", "json_lines", "sarif_log", "text_lines"]
