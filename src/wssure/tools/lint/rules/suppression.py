"""A suppression comment has no reason, or names a rule that does not exist.

What it does:
    Checks each `wssure: ignore[...]` comment. It needs the ids of existing rules in its brackets and a reason after
    them. It applies to its own line and the next line.

Why is this bad:
    Without a reason, later readers cannot tell a false finding from an accepted risk. A comment with a misspelt id
    suppresses nothing.

Example:
    i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED;  /* wssure: ignore[lws.allow-selfsigned] */

Use instead:
    i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED;  /* wssure: ignore[lws.allow-selfsigned] factory test rig, no network */

References:
    * docs/from-libwebsockets.md
"""

from wssure.tools.lint.rule import Code, Hit, Hits, Severity, rule
from wssure.tools.lint.suppress import suppressions


@rule("lws.suppression", Severity.WARNING)
def check(code: Code) -> Hits:
    """Yield one finding for each comment without a reason or with an unknown rule."""
    from wssure.tools.lint.rules import ids  # the list contains this rule too

    rule_ids = ids()
    for entry in suppressions(code.unit.source):
        unknown = [rule for rule in entry.rules if rule not in rule_ids]
        span = (entry.start, entry.end)
        if unknown or not entry.rules:
            named = ", ".join(unknown) or "nothing"
            yield Hit(span, f"this comment names {named}, which is no rule", "write the id of the rule")
        elif not entry.reason:
            yield Hit(span, "this comment gives no reason", "write why the finding does not matter here")
