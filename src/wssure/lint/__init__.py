"""Mistakes in how C and C++ code sets up a libwebsockets client, found without compiling it.

`lint_paths` and `lint_text` need the extra `wssure[lint]` (tree-sitter); `page` and `RULES` do not.
"""

from __future__ import annotations

from wssure.diagnose.page import Page
from wssure.lint.engine import Report, lint_paths, lint_text
from wssure.lint.finding import Edit, Finding, Severity
from wssure.lint.grammar import GrammarMissing
from wssure.lint.rule import page_of
from wssure.lint.rules import RULES
from wssure.lint.target import Target

__all__ = [
    "RULES",
    "Edit",
    "Finding",
    "GrammarMissing",
    "Page",
    "Report",
    "Severity",
    "Target",
    "lint_paths",
    "lint_text",
    "page",
]


def page(rule_id: str) -> Page:
    """Return a rule's page.

    Args:
        rule_id: Such as `lws.skip-hostname-check`.

    Raises:
        KeyError: There is no such rule.
    """
    for rule in RULES:
        if rule.id == rule_id:
            return page_of(rule.id, rule.page)
    raise KeyError(rule_id)
