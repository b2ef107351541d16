"""How findings are shown: for people, for programs, for code scanning, for a pull request."""

from wssure.lint.report.github import github_lines
from wssure.lint.report.jsonl import json_lines
from wssure.lint.report.sarif import sarif_log
from wssure.lint.report.text import text_lines

__all__ = ["github_lines", "json_lines", "sarif_log", "text_lines"]
