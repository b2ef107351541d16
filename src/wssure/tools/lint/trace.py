"""The trace of a function: its effects on the two structs, in order, recorded by the tracer and read by rules."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.syntax import Node

# The two structs that are tracked, by purpose.
CLIENT: Final = "lws_client_connect_info"
CONTEXT: Final = "lws_context_creation_info"
_SPARE_SPACE: Final = re.compile(r"(?<=[\[(!~.]) |(?<=->) | (?=[\[\](),;.]|->)")


@frozen
class Guard:
    """One condition under which a statement runs.

    Args:
        condition: The tokens of the condition, independent of layout.
        branch: `then`, `else`, `loop`, or `case ...`.
    """

    condition: str
    branch: str

    @property
    def opposite(self) -> Guard | None:
        """The guard of the other branch; None if there is more than one."""
        if self.branch == "then":
            return Guard(self.condition, "else")
        return Guard(self.condition, "then") if self.branch == "else" else None

    @property
    def words(self) -> str:
        """The condition in words, for messages."""
        words = _SPARE_SPACE.sub("", self.condition).removeprefix("defined ")
        words = words if len(words) <= 60 else words[:57] + "..."
        if self.branch == "else":
            return f"not ({words})"
        return f"{words} is {self.branch.removeprefix('case ')}" if self.branch.startswith("case") else words


Guards = tuple[Guard, ...]


def implies(guards: Guards, by: Guards) -> bool:
    """Return True if a statement under `guards` always runs when one under `by` runs."""
    return set(guards) <= set(by)


@dataclass(slots=True)
class Function:
    """One function of the file.

    Args:
        name: The unqualified name.
        node: The definition; for the file scope, the whole tree.
        body: The node to walk.
        parameters: Name, type text and shape of each.
    """

    name: str
    node: Node
    body: Node
    parameters: list[tuple[str, str, set[str]]]


@dataclass(slots=True)
class Frame:
    """One call of a function, with the lvalue of each local name.

    Args:
        number: A number that is unique in the file and part of the names of its lvalues.
        function: The called function.
        names: The lvalue of each local name and parameter.
        returns: The returned expressions with their guards.
        depth: Number of calls between it and the traced function.
    """

    number: int
    function: Function
    names: dict[str, str] = field(default_factory=dict)
    returns: list[tuple[Node, Guards]] = field(default_factory=list)
    depth: int = 0


@frozen
class Event:
    """One effect on a place (an lvalue: a variable, or a field of a struct).

    Args:
        kind: `assign`, `declare` (garbage inside), `zero`, `copy` (from the lvalue in `other`), `escape` (code outside
            this file may write it), `connect` and `create` (passed to libwebsockets).
        lvalue: The name of the lvalue.
        order: Position in the trace.
        node: The node of the statement.
        guards: The conditions of the statement.
        frame: The frame of the local names in its expressions.
        op: `=`, `|=` and the like, for `assign`.
        value: The assigned expression; None if it is unknown.
        format: True where `value` is a printf format with holes.
        other: The lvalue that was copied.
    """

    kind: str
    lvalue: str
    order: int
    node: Node
    guards: Guards
    frame: Frame
    op: str = "="
    value: Node | None = None
    format: bool = False
    other: str = ""

    @property
    def is_definite(self) -> bool:
        """True if the event overwrites the earlier value completely."""
        return self.kind in ("zero", "copy", "declare") or (self.kind == "assign" and self.op == "=")


def is_shared(lvalue: str) -> bool:
    """Return True if several functions may use this lvalue: a global, or a struct member behind a pointer."""
    return lvalue.lstrip("*").startswith(("::", "~"))


class Trace:
    """All effects of one function, with its calls within the file, in source order.

    Attributes:
        events: The events in order.
        functions: Names of the functions that were traced.
        calls: The frame of each traced call, by call node and calling frame.
        points: The last known target of each pointer.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.functions: set[str] = set()
        self.calls: dict[tuple[int, int], Frame] = {}
        self.points: dict[str, str] = {}
        self._by_lvalue: dict[str, list[Event]] = defaultdict(list)

    def add(self, event: Event) -> None:
        """Append an event."""
        self.events.append(event)
        self._by_lvalue[event.lvalue].append(event)

    def before(self, lvalue: str, order: int) -> Iterator[Event]:
        """Yield the events of an lvalue, or of the struct that contains it, before a position, latest first."""
        whole = lvalue
        events = list(self._by_lvalue.get(lvalue, ()))
        while "." in whole:
            whole = whole.rsplit(".", 1)[0]
            events += [
                event for event in self._by_lvalue.get(whole, ()) if event.kind != "assign" or event.value is None
            ]
        events.sort(key=lambda event: event.order, reverse=True)
        return (event for event in events if event.order < order)

    def lvalues(self) -> set[str]:
        """Return all lvalues with events."""
        return set(self._by_lvalue)
