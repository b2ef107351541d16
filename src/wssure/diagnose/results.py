"""Show the experiments of a failure as rows of text: the change, the result, and whether it flipped."""

from wssure.evidence import Failure
from wssure.facts import ProbeBudget, ProbeResult


def format_results(failure: Failure) -> list[tuple[str, bool]]:
    """Return one row for each experiment, oldest first, with whether it flipped; none if no experiment ran."""
    results = [fact for fact in failure.facts if isinstance(fact, ProbeResult)]
    if not results:
        return []
    rows = [("as it failed", results[0].baseline, False)]
    rows += [(result.question, result.variant, result.flipped) for result in results]
    wide = max(min(len(question), 48) for question, _, _ in rows)
    lines = [(f"{'>' if flipped else ' '} {question:<{wide}}  {came}", flipped) for question, came, flipped in rows]
    legend = [("> got further than the failed connection", True)] if any(flipped for _, _, flipped in rows) else []
    return [*lines, *legend, *_cost(failure)]


def _cost(failure: Failure) -> list[tuple[str, bool]]:
    budget = failure.fact(ProbeBudget)
    if budget is None or not budget.left_out:
        return []
    return [(f"not run because the time was over ({budget.limit_s} s): {', '.join(budget.left_out)}", False)]
