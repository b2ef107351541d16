"""What a function does to the structs that matter, in order: the values the tracer writes and the rules read."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

__all__ = ["CLIENT", "CONTEXT", "Event", "Frame", "Function", "Guard", "Trace", "implied", "is_shared"]

# The two structs that are followed, by what they are for.
CLIENT: Final = "lws_client_connect_info"
CONTEXT: Final = "lws_context_creation_info"
_SPARE_SPACE: Final = re.compile(r"(?<=[\[(!~.]) |(?<=->) | (?=[\[\](),;.]|->)")


@dataclass(frozen=True, slots=True)
class Guard:
    """One condition under which a statement runs.

    Args:
        condition: Its tokens, however the code was laid out.
        branch: `then`, `else`, `loop`, or `case ...`.
    """

    condition: str
    branch: str

    @property
    def opposite(self) -> Guard | None:
        """The guard of the other branch; None where there is more than one other."""
        if self.branch == "then":
            return Guard(self.condition, "else")
        return Guard(self.condition, "then") if self.branch == "else" else None

    @property
    def shown(self) -> str:
        """The condition as a person would say it."""
        words = _SPARE_SPACE.sub("", self.condition)
        words = words if len(words) <= 60 else words[:57] + "..."
        if self.branch == "else":
            return f"not ({words})"
        return f"{words} is {self.branch.removeprefix('case ')}" if self.branch.startswith("case") else words


Guards = tuple[Guard, ...]


def implied(guards: Guards, by: Guards) -> bool:
    """Return whether a statement under `guards` surely runs wherever one under `by` does."""
    return set(guards) <= set(by)


@dataclass(slots=True)
class Function:
    """One function of the file.

    Args:
        name: Its plain name.
        node: Its definition; for the file scope the whole tree.
        body: What is walked.
        parameters: Name, type text and shape of each.
    """

    name: str
    node: Node
    body: Node
    parameters: list[tuple[str, str, set[str]]]


@dataclass(slots=True)
class Frame:
    """One call of a function: which place each local name means.

    Args:
        number: Unique in the file; part of the names of its places.
        function: What was called.
        names: The place of each local name and parameter.
        returns: The returned expressions with their guards.
        depth: How many calls lie between it and the traced function.
    """

    number: int
    function: Function
    names: dict[str, str] = field(default_factory=dict)
    returns: list[tuple[Node, Guards]] = field(default_factory=list)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to a place.

    Args:
        kind: `assign`, `declare` (garbage inside), `zero`, `copy` (from the place in `other`), `escape` (somebody we cannot
            see may write it), `connect` and `create` (handed to libwebsockets).
        place: What it happens to.
        order: Position in the trace.
        node: Where it stands.
        guards: The conditions it stands under.
        frame: Whose names its expressions use.
        op: `=`, `|=` and the like, for `assign`.
        value: The expression assigned; None where it cannot be known.
        format: True where `value` is a printf format with holes.
        other: The place copied from.
    """

    kind: str
    place: str
    order: int
    node: Node
    guards: Guards
    frame: Frame
    op: str = "="
    value: Node | None = None
    format: bool = False
    other: str = ""

    @property
    def settles(self) -> bool:
        """True where what stood there before no longer matters."""
        return self.kind in ("zero", "copy", "declare") or (self.kind == "assign" and self.op == "=")


def is_shared(place: str) -> bool:
    """Return whether more than one function may mean this place: a global, or a member of a struct seen through a pointer."""
    return place.lstrip("*").startswith(("::", "~"))


class Trace:
    """Everything one function does, calls within the file included, in the order it is written.

    Attributes:
        events: In order.
        functions: Names of the functions that were followed.
        calls: The frame of each followed call, by call node and calling frame.
        points: What each pointer was last seen to point to.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.functions: set[str] = set()
        self.calls: dict[tuple[int, int], Frame] = {}
        self.points: dict[str, str] = {}
        self._by_place: dict[str, list[Event]] = defaultdict(list)

    def add(self, event: Event) -> None:
        """Append an event."""
        self.events.append(event)
        self._by_place[event.place].append(event)

    def before(self, place: str, order: int) -> Iterator[Event]:
        """Yield what happens to a place, or to the struct it lies in, before a position, latest first."""
        whole = place
        found = list(self._by_place.get(place, ()))
        while "." in whole:
            whole = whole.rsplit(".", 1)[0]
            found += [event for event in self._by_place.get(whole, ()) if event.kind != "assign" or event.value is None]
        found.sort(key=lambda event: event.order, reverse=True)
        return (event for event in found if event.order < order)

    def places(self) -> set[str]:
        """Return every place something happens to."""
        return set(self._by_place)
