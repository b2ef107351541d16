"""Find mistakes in the setup of libwebsockets, ESP-IDF and other TLS clients in C and C++ code, without compiling it.

`lint_paths` and `lint_text` need the extra `lint` (tree-sitter); `page` and `RULES` do not.
"""

from wssure.diagnose.page import Page
from wssure.tools.lint.engine import Report, lint_paths, lint_text
from wssure.tools.lint.finding import Edit, Finding, Severity
from wssure.tools.lint.grammar import GrammarMissing
from wssure.tools.lint.rule import page_of
from wssure.tools.lint.rules import RULES
from wssure.tools.lint.target import Target

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
    """Return the page of a rule.

    Args:
        rule_id: The id of the rule, such as `lws.skip-hostname-check`.

    Raises:
        KeyError: No rule has this id.
    """
    for rule in RULES:
        if rule.id == rule_id:
            return page_of(rule.id, rule.page)
    raise KeyError(rule_id)
