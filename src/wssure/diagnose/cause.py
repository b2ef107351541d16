"""Define a cause: an id, a page, and a function that matches it against the evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from wssure.diagnose.view import Evidence
from wssure.evidence import Alternative, Confidence, Fault, Stage
from wssure.fixes import Fix
from wssure.frozen import frozen

__all__ = [
    "CERTAIN",
    "LIKELY",
    "POSSIBLE",
    "Cause",
    "Evidence",
    "Fault",
    "Match",
    "Matcher",
    "cause",
    "never",
    "probe",
    "alternative",
]

CERTAIN: Final = Confidence.CERTAIN
LIKELY: Final = Confidence.LIKELY
POSSIBLE: Final = Confidence.POSSIBLE


@frozen
class Match:
    """The statement of a cause about the evidence of one failure.

    Args:
        summary: One line, lower case, no final stop; names the received and the expected value.
        fix: The fix for this failure; None for the cause's standing fix.
        confidence: How sure; `certain` only if the evidence leaves no other cause.
        others: Other causes the same evidence allows, best first; a missing probe or fix is filled in from theirs.
        fault: The side that can fix it; None for the cause's own.
        stage: The step that failed; None for the cause's own.
        transient: Whether trying again unchanged can help; None for the cause's own.
    """

    summary: str
    fix: Fix | None = None
    confidence: Confidence = CERTAIN
    others: tuple[Alternative, ...] = ()
    fault: Fault | None = None
    stage: Stage | None = None
    transient: bool | None = None


Matcher = Callable[[Evidence], Match | None]


@frozen
class Cause:
    """One cause of failure: one file, one page.

    Args:
        id: Stable, `category.defect`; states the defect, never the fix.
        stage: The step in which it shows.
        fault: The side that can usually fix it.
        match: Returns the statement if the evidence fits, else None.
        page: The module's docstring: title, *What happened, Why, Fix, References*; None with `python -OO`.
        probe: The experiment that decides whether it is this cause; None if none is known.
        shows: Kinds of the facts to print with it, in order.
        transient: Whether trying again unchanged can help.
    """

    id: str
    stage: Stage
    fault: Fault
    match: Matcher
    page: str | None
    probe: str | None = None
    shows: tuple[str, ...] = ()
    transient: bool = False

    @property
    def fix(self) -> Fix:
        """The standing fix, which has the cause's id: used if nothing more special is known."""
        return Fix(self.id)


_STAGES: Final = {
    "dns": Stage.RESOLVE,
    "tcp": Stage.DIAL,
    "unix": Stage.DIAL,
    "proxy": Stage.PROXY,
    "stack": Stage.TLS,
    "tls": Stage.TLS,
    "cert": Stage.TLS,
    "http": Stage.UPGRADE,
    "ws": Stage.OPEN,
}


def cause(
    cause_id: str, fault: Fault, *, shows: tuple[str, ...] = (), stage: Stage | None = None, transient: bool = False
) -> Callable[[Matcher], Cause]:
    """Make a cause of the decorated function `match`. Its page is the docstring of the module.

    Args:
        cause_id: The id, as in `Cause`.
        fault: The side that can usually fix it.
        shows: Kinds of the facts to print with it, in order.
        stage: The step in which it shows; None for the usual one of its category.
        transient: Whether trying again unchanged can help.
    """
    usual = _STAGES[cause_id.partition(".")[0]]
    return lambda match: Cause(
        cause_id, stage or usual, fault, match, match.__globals__["__doc__"], shows=shows, transient=transient
    )


def probe(experiment: str) -> Callable[[Cause], Cause]:
    """Give the decorated cause the experiment that decides whether it is this cause."""
    return lambda cause: replace(cause, probe=experiment)


def alternative(cause: str, why: str, confidence: Confidence = POSSIBLE, probe: str | None = None) -> Alternative:
    """Return another cause that the same evidence allows.

    Args:
        cause: Its id.
        why: The observation that keeps it in the list.
        confidence: How well the evidence fits it.
        probe: The experiment that would decide; None for the cause's own.
    """
    return Alternative(cause, confidence, why, probe)


def never(evidence: Evidence) -> Match | None:
    """Match nothing: for a cause that only a pasted text or an experiment can show, never the facts of one connection."""
    return None
