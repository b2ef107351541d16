"""A suppression comment without a reason, or for a rule that does not exist.

What it does:
    Looks at each `wssure: ignore[...]` comment. It needs the ids of existing rules in its brackets and a reason behind them.
    It holds for its own line and the one below.

Why is this bad:
    In a year nobody knows whether the finding was wrong, accepted, or in the way; and a misspelt id hides nothing.

Example:
    i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED;  /* wssure: ignore[lws.allow-selfsigned] */

Use instead:
    i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED;  /* wssure: ignore[lws.allow-selfsigned] factory test rig, no network */

References:
    * docs/from-libwebsockets.md
"""

from __future__ import annotations

from collections.abc import Iterator

from wssure.lint.finding import Confidence, Finding, Severity
from wssure.lint.rule import Code
from wssure.lint.suppress import suppressions

ID = "lws.suppression"
SEVERITY = Severity.WARNING


def check(code: Code) -> Iterator[Finding]:
    """Yield one finding for each comment that does not explain itself."""
    from wssure.lint.rules import ids  # the list holds this rule too

    known = ids()
    for entry in suppressions(code.unit.source):
        unknown = [rule for rule in entry.rules if rule not in known]
        span = (entry.start, entry.end)
        if unknown or not entry.rules:
            named = ", ".join(unknown) or "nothing"
            yield code.finding(
                ID,
                SEVERITY,
                Confidence.CERTAIN,
                span,
                f"this comment names {named}, which is no rule",
                "write the id of the rule",
            )
        elif not entry.reason:
            yield code.finding(
                ID,
                SEVERITY,
                Confidence.CERTAIN,
                span,
                "this comment gives no reason",
                "write why the finding does not matter here",
            )
