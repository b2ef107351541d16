"""Find the places that turn an option of a struct on, with the condition and the sdkconfig that decide it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wssure.frozen import frozen
from wssure.tools.lint.rule import Code
from wssure.tools.lint.syntax import Node


@frozen
class Place:
    """One place that turns an option on.

    Args:
        node: The assignment, initializer or call.
        condition: The condition under which it runs; "" if it always does.
        by: The origin of a condition that holds, such as `; CONFIG_X in sdkconfig turns it on`.
    """

    node: Node
    condition: str
    by: str

    @property
    def span(self) -> tuple[int, int]:
        """The byte offsets of the place."""
        return self.node.start_byte, self.node.end_byte


def turned_on(code: Code, members: Sequence[str], calls: Sequence[str] = ()) -> Iterator[Place]:
    """Yield the places that give one of the members a value other than 0, or call one of the functions.

    Args:
        code: The file.
        members: Names of members of structs.
        calls: Names of functions.
    """
    places: list[tuple[Node, Node | None]] = [place for name in members for place in code.settings(name)]
    places += [(call, None) for call in code.calls(*calls)]
    for node, value in places:
        guards = code.unit.surrounding(node, runtime=True)
        if guards is None or (value is not None and not code.unit.constant(value)):
            continue
        by = "".join(f"; {name} in {line.source.path} turns it on" for name, line in code.options_around(node))
        words = [guard.condition if guard.branch == "then" else f"not ({guard.condition})" for guard in guards]
        yield Place(node, " and ".join(words), by)
