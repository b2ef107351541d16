"""Hold the observations and the explanation of one connection, as frozen values.

Nothing here knows TLS, sockets or text for a terminal. A `Recorder` collects raw observations cheaply while a connection
is made; only a failure turns them into the values of `wssure.facts`, which `wssure.diagnose` turns into one `Failure`.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from wssure.facts import Fact
from wssure.fixes import SENTENCES, Fix, Reader, format_fixes
from wssure.frozen import frozen
from wssure.text import printable

__all__ = ["Alternative", "Attempt", "Confidence", "Fact", "Failure", "Fault", "Note", "Phase", "Recorder", "Stage"]

P = ParamSpec("P")
F = TypeVar("F", bound=Fact)

SCHEMA: Final = 1


class Stage(enum.StrEnum):
    """The step of a connection in which something failed, in the order they happen."""

    USAGE = "usage"
    RESOLVE = "resolve"
    DIAL = "dial"
    PROXY = "proxy"
    TLS = "tls"
    UPGRADE = "upgrade"
    OPEN = "open"
    CLOSE = "close"


class Fault(enum.StrEnum):
    """The side that can fix the fault: the caller's arguments, the peer, the path between, a bug here, or not known."""

    CALLER = "caller"
    PEER = "peer"
    PATH = "path"
    BUG = "bug"
    UNKNOWN = "unknown"


class Confidence(enum.StrEnum):
    """How sure an explanation is. `certain` is used only if the evidence leaves no other cause."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@frozen
class Phase:
    """One timed step of a connection, as drawn in the waterfall.

    Args:
        name: `resolve`, `dial`, `proxy`, `tls` or `upgrade`.
        address: The address it concerned, as `ip:port`; None for a phase without one (resolve).
        start_ms: Milliseconds after the attempt began.
        ms: How long it took.
        ok: False if the phase failed or was abandoned.
    """

    name: str
    address: str | None
    start_ms: float
    ms: float
    ok: bool

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        return {"name": self.name, "address": self.address, "start_ms": self.start_ms, "ms": self.ms, "ok": self.ok}


@frozen
class Attempt:
    """One address that was tried.

    Args:
        address: `ip:port`, or a socket path.
        ok: True if the TCP connection was established.
        error: The operating system's own words; None if the connection was established.
        errno: The operating system's number; None if there is none.
        start_ms: Milliseconds after the attempt began.
        ms: How long it took.
    """

    address: str
    ok: bool
    error: str | None = None
    errno: int | None = None
    start_ms: float = 0.0
    ms: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        return {
            "address": self.address,
            "ok": self.ok,
            "error": self.error,
            "errno": self.errno,
            "start_ms": self.start_ms,
            "ms": self.ms,
        }


@frozen
class Alternative:
    """Another cause that the same evidence allows.

    Args:
        cause: Its stable id.
        confidence: How well the evidence fits it.
        why: The observation that keeps it in the list.
        probe: The experiment that would decide; None if none is known.
        fixes: The steps to take if it is this one; none for the cause's own standing fix.
    """

    cause: str
    confidence: Confidence
    why: str
    probe: str | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def fix(self) -> str | None:
        """The fix in Python's terms; None if there is none."""
        return format_fixes(self.fixes) or None

    def to_json(self, reader: Reader = Reader.PYTHON) -> dict[str, Any]:
        """Return the object of the JSON interface, its `fix` in a reader's terms."""
        return {
            "cause": self.cause,
            "confidence": self.confidence.value,
            "why": self.why,
            "probe": self.probe,
            "fix": format_fixes(self.fixes, reader) or None,
            "fixes": [fix.to_json() for fix in self.fixes],
        }


@frozen
class Failure:
    """One explained failure. It is an attribute of an ordinary exception, never itself one.

    Args:
        stage: The step that failed.
        cause: Stable id such as `tls.sni-missing`; `unknown.STAGE` if the evidence names none.
        fault: The side that can fix it.
        summary: One line, lower case, no final stop.
        fixes: The steps to take, the first one first.
        facts: Everything that was seen, oldest first.
        attempts: One per address tried.
        confidence: How sure the cause is.
        transient: Whether trying again later, unchanged, can succeed. Retry is decided by this field only.
        alternatives: Other causes the evidence allows, best first.
    """

    stage: Stage
    cause: str
    fault: Fault
    summary: str
    fixes: tuple[Fix, ...]
    facts: tuple[Fact, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    confidence: Confidence = Confidence.CERTAIN
    transient: bool = False
    alternatives: tuple[Alternative, ...] = field(default=())

    @property
    def fix(self) -> str:
        """The fix in Python's terms, in the imperative; one or more lines."""
        return format_fixes(self.fixes)

    def fact(self, kind: type[F]) -> F | None:
        """Return the last fact of a kind, such as `wssure.facts.AlertSeen`; None if there is none."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, kind)), None)

    def to_json(self, reader: Reader = Reader.PYTHON) -> dict[str, Any]:
        """Return the object of the JSON interface (without `schema`, which the outermost object carries).

        Args:
            reader: The kind of reader; decides the terms of its `fix`.
        """
        return {
            "stage": self.stage.value,
            "cause": self.cause,
            "fault": self.fault.value,
            "confidence": self.confidence.value,
            "transient": self.transient,
            "summary": self.summary,
            "fix": format_fixes(self.fixes, reader),
            "fixes": [fix.to_json() for fix in self.fixes],
            "facts": [fact.to_json() for fact in self.facts],
            "alternatives": [alternative.to_json(reader) for alternative in self.alternatives],
            "attempts": [attempt.to_json() for attempt in self.attempts],
        }


class Note(Protocol):
    """A function that takes observations, such as `Recorder.note`."""

    def __call__(self, make: Callable[P, Fact | Iterable[Fact]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Take one observation: `make(*args, **kwargs)` is called only if facts are asked for."""


class Recorder:
    """Collects observations: one tuple for each event, made into facts when they are asked for.

    Args:
        clock_ns: A monotonic clock in nanoseconds, handed in because this layer reads none.
        mask: Removes secrets from a fact when facts are asked for; None changes nothing.
    """

    __slots__ = ("_clock_ns", "_events", "_mask", "attempts", "origin_ns", "phases")

    def __init__(self, clock_ns: Callable[[], int], mask: Callable[[Fact], Fact] | None = None) -> None:
        self._clock_ns = clock_ns
        self._mask = mask
        self.origin_ns = clock_ns()
        self._events: list[tuple[Callable[..., Fact | Iterable[Fact]], tuple[Any, ...], dict[str, Any], int]] = []
        self.phases: list[Phase] = []
        self.attempts: list[Attempt] = []

    def note(self, make: Callable[P, Fact | Iterable[Fact]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Record one observation.

        Args:
            make: The class of the fact, or a function that returns facts; it is called when facts are asked for.
            args: Its arguments. They must not change afterwards.
            kwargs: The same, by name.
        """
        self._events.append((make, args, kwargs, self._clock_ns()))

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the recorder was made."""
        return (self._clock_ns() - self.origin_ns) / 1e6

    def facts(self, extra: Iterable[Fact] = ()) -> tuple[Fact, ...]:
        """Return everything recorded as facts, oldest first, followed by `extra`."""
        facts = []
        for make, args, kwargs, t_ns in self._events:
            made = make(*args, **kwargs)
            t_ms = round((t_ns - self.origin_ns) / 1e6, 3)
            facts += [fact.at(t_ms) for fact in ((made,) if isinstance(made, Fact) else made)]
        facts.extend(extra)
        return tuple(facts if self._mask is None else map(self._mask, facts))

    def saw(self, kind: type[F]) -> tuple[F, ...]:
        """Return the facts of one kind, oldest first."""
        return tuple(fact for fact in self.facts() if isinstance(fact, kind))


def failure_from_json(data: Mapping[str, Any]) -> Failure:
    """Return the `Failure` that `Failure.to_json` wrote, by this version or another.

    Raises:
        KeyError: A field is missing.
        ValueError: A field's value is not one of its kind.
    """
    return Failure(
        stage=Stage(data["stage"]),
        cause=data["cause"],
        fault=Fault(data["fault"]),
        summary=data["summary"],
        fixes=_fixes_from(data),
        facts=tuple(map(Fact.from_json, data["facts"])),
        attempts=tuple(Attempt(**attempt) for attempt in data["attempts"]),
        confidence=Confidence(data["confidence"]),
        transient=data["transient"],
        alternatives=tuple(
            Alternative(
                item["cause"], Confidence(item["confidence"]), item["why"], item.get("probe"), _fixes_from(item)
            )
            for item in data["alternatives"]
        ),
    )


def _fixes_from(data: Mapping[str, Any]) -> tuple[Fix, ...]:
    """Return the fixes; as the text in which they were written if another version has them in a form unknown here."""
    fixes = data.get("fixes")
    if fixes is None or not all(item["id"] in SENTENCES or "text" in item["values"] for item in fixes):
        lines = (data.get("fix") or "").splitlines()
        return tuple(Fix("other", (("text", printable(line, len(line))),)) for line in lines)
    return tuple(Fix(item["id"], tuple(item["values"].items())) for item in fixes)
