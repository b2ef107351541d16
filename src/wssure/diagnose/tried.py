"""The experiments of a failure as rows of text: what was changed, what came, and which of them flipped."""

from __future__ import annotations

from collections.abc import Mapping

from wssure.diagnose.view import text_of
from wssure.evidence import Failure

__all__ = ["tried"]


def tried(failure: Failure) -> list[tuple[str, bool]]:
    """Return one row for each experiment, oldest first, with whether it flipped; none where no experiment ran."""
    values = [fact.value for fact in failure.facts if fact.kind == "probe.result" and isinstance(fact.value, Mapping)]
    if not values:
        return []
    rows = [("as it failed", text_of(values[0].get("baseline")), False)]
    rows += [
        (text_of(one.get("question"), 300), text_of(one.get("variant"), 200), bool(one.get("flipped")))
        for one in values
    ]
    wide = max(min(len(question), 48) for question, _, _ in rows)
    lines = [(f"{'>' if flipped else ' '} {question:<{wide}}  {came}", flipped) for question, came, flipped in rows]
    legend = [("> got further than what failed", True)] if any(flipped for _, _, flipped in rows) else []
    return [*lines, *legend, *_cost(failure)]


def _cost(failure: Failure) -> list[tuple[str, bool]]:
    budget = failure.fact("probe.budget")
    if not isinstance(budget, Mapping) or not budget.get("left_out"):
        return []
    left = ", ".join(text_of(one) for one in budget["left_out"])
    return [(f"left out for want of time ({text_of(budget.get('limit_s'))} s): {left}", False)]
