"""Decides whether a regular expression can take more than linear time, from its parse tree.

The parse tree becomes an automaton with one state for each place that takes a character (Glushkov). Backtracking costs more
than linear time exactly if one text can be read along many paths: if a text that leads state p back to itself also leads from
p to another state q and from q back to itself, the number of paths grows with the length ("infinite ambiguity", Weber and
Seidl 1991). A pattern that is searched for begins with a state that takes any character: the place at which the search begins.
If two paths lead from p back to p, the number of paths doubles with each round.

Bounded repetitions count as constants. Look-around and anchors count as passable, which can only give false alarms.
"""

from __future__ import annotations

import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["superlinear"]

# Characters that stand for all: ASCII, Latin-1, and one each of the further categories that patterns name.
ALPHABET = [chr(number) for number in (*range(256), 0x17F, 0x200B, 0x202E, 0x212A, 0x3042, 0xFEFF)]
ZERO_WIDTH = {codes.AT, codes.ASSERT, codes.ASSERT_NOT}
START = 0


@dataclass
class Part:
    """The places at which a part of the pattern begins and ends, and whether it takes the empty text."""

    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    # The places after which the whole pattern has matched, whatever follows.
    sure: list[int] = field(default_factory=list)
    nullable: bool = True


class Automaton:
    """The states of one pattern: `takes` says which characters lead into a state, `edges` how often a state leads to another."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        tree = parser.parse(pattern, flags)
        self.flags = tree.state.flags
        self.text = isinstance(pattern, str)
        self.takes: list[frozenset[str]] = [frozenset(ALPHABET)]
        self.atoms: list[frozenset[int]] = [frozenset()]
        self.edges: Counter[tuple[int, int]] = Counter()
        self._inside: tuple[int, ...] = ()
        self._regions = 0
        self.whole = self._sequence(tree)
        begins = (
            {codes.AT_BEGINNING_STRING}
            if self.flags & re.MULTILINE
            else {codes.AT_BEGINNING_STRING, codes.AT_BEGINNING}
        )
        self.anchored = len(tree) > 0 and tree[0][0] is codes.AT and tree[0][1] in begins

    def _state(self, node: Any) -> Part:
        self.takes.append(frozenset(_characters(node, self.flags, bytes_pattern=not self.text)))
        self.atoms.append(frozenset(self._inside))
        state = len(self.takes) - 1
        return Part([state], [state], [state], False)

    def _link(self, before: Iterable[int], after: Iterable[int]) -> None:
        after = list(after)
        for one in before:
            for other in after:
                self.edges[one, other] += 1

    def _sequence(self, nodes: Iterable[Any]) -> Part:
        whole = Part()
        for node in nodes:
            part = self._node(*node)
            self._link(whole.last, part.first)
            if whole.nullable:
                whole.first += part.first
            fails = node[0] in ZERO_WIDTH
            whole.sure = part.sure + (whole.sure if part.nullable and not fails else [])
            whole.last = part.last + (whole.last if part.nullable else [])
            whole.nullable = whole.nullable and part.nullable
        return whole

    def _node(self, code: Any, value: Any) -> Part:
        if code in ZERO_WIDTH:
            return Part()
        if code is codes.SUBPATTERN:
            return self._sequence(value[3])
        if code is codes.BRANCH:
            parts = [self._sequence(branch) for branch in value[1]]
            return Part(
                [state for part in parts for state in part.first],
                [state for part in parts for state in part.last],
                [state for part in parts for state in part.sure],
                any(part.nullable for part in parts),
            )
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeat(*value)
        if code is codes.POSSESSIVE_REPEAT:
            return self._atomic([(codes.MAX_REPEAT, value)])
        if code is codes.ATOMIC_GROUP:
            return self._atomic(value)
        if code is codes.GROUPREF:
            return self._state((codes.ANY, None))
        return self._state((code, value))

    def _atomic(self, nodes: Iterable[Any]) -> Part:
        self._regions += 1
        outside, self._inside = self._inside, (*self._inside, self._regions)
        part = self._sequence(nodes)
        self._inside = outside
        return part

    def _repeat(self, least: int, most: Any, body: Any) -> Part:
        if most is not codes.MAXREPEAT:
            # Two copies show what follows what; how many there are is a constant.
            once = self._sequence([*body, *body] if most > 1 else body)
            once.nullable = once.nullable or least == 0
            if least <= 1 < most:
                again = self._sequence(body)
                once = Part(
                    once.first + again.first,
                    once.last + again.last,
                    once.sure + again.sure,
                    once.nullable or again.nullable,
                )
            return once
        head = self._sequence([*body] * min(least - 1, 2)) if least > 1 else Part()
        part = self._sequence(body)
        self._link(part.last, part.first)
        self._link(head.last, part.first)
        return Part(
            head.first or part.first,
            part.last,
            part.sure,
            part.nullable or least == 0,
        )


def _characters(node: Any, flags: int, *, bytes_pattern: bool) -> Iterable[str]:
    """Return the characters that one place takes, as `re` itself says."""
    tree_flags = flags & (re.IGNORECASE | re.DOTALL | re.ASCII)
    for character in ALPHABET:
        if bytes_pattern and ord(character) > 255:
            continue
        if _takes(node, character, tree_flags, bytes_pattern):
            yield character


def _takes(node: Any, character: str, flags: int, bytes_pattern: bool) -> bool:
    code, value = node
    if code is codes.ANY:
        return bool(flags & re.DOTALL) or character != "\n"
    variants = {character}
    if flags & re.IGNORECASE:
        variants |= {character.lower(), character.upper()}
    if code is codes.NOT_LITERAL:
        return all(ord(one) != value for one in variants if len(one) == 1)
    if code is codes.LITERAL:
        return any(len(one) == 1 and ord(one) == value for one in variants)
    assert code is codes.IN, code
    negated = bool(value) and value[0][0] is codes.NEGATE
    found = any(_item(item, one, flags, bytes_pattern) for item in value for one in variants if len(one) == 1)
    return found is not negated


def _item(item: Any, character: str, flags: int, bytes_pattern: bool) -> bool:
    code, value = item
    if code is codes.NEGATE:
        return False
    if code is codes.LITERAL:
        return ord(character) == value
    if code is codes.RANGE:
        return value[0] <= ord(character) <= value[1]
    assert code is codes.CATEGORY, code
    name = str(value)
    letter = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[name.rpartition("_")[2]]
    only = re.ASCII if bytes_pattern or flags & re.ASCII else 0
    return bool(re.match(letter, character, only)) is not ("NOT" in name)


def superlinear(pattern: str | bytes, flags: int = 0, *, search: bool, whole: bool = False) -> str | None:
    """Say why a pattern can take more than linear time, or return None where it cannot.

    Args:
        pattern: Its source.
        flags: As given to `re.compile`.
        search: True where it is looked for anywhere in a text, False where it must match at one place.
        whole: True for `fullmatch`: the text may go on where the pattern ends, and then it fails.
    """
    automaton = Automaton(pattern, flags)
    edges = defaultdict(list)
    for (one, other), count in automaton.edges.items():
        edges[one].append(other)
        if count > 1 and _reaches(automaton, other, one):
            return f"{_shown(automaton, one)} is repeated inside a repetition of itself"
    if search and not automaton.anchored:
        edges[START] = [START, *automaton.whole.first]
    loops = {state for state in range(len(automaton.takes)) if state in _after(edges, [state])}
    sure = set() if whole else set(automaton.whole.sure)
    for one in loops:
        if one != START and _doubles(automaton, edges, one):
            return f"two ways lead from {_shown(automaton, one)} back to it"
        for other in loops - {one} - sure:
            if automaton.atoms[one] - automaton.atoms[other]:
                continue  # an atomic group is left for good
            if _ambiguous(automaton, edges, one, other):
                return f"{_shown(automaton, one)} and {_shown(automaton, other)} take the same text"
    return None


def _shown(automaton: Automaton, state: int) -> str:
    if state == START:
        return "the place where the search begins"
    taken = "".join(sorted(automaton.takes[state]))
    return f"place {state} ({taken[:12]!r})"


def _after(edges: dict[int, list[int]], states: Iterable[int]) -> set[int]:
    """Return what can be reached by at least one edge."""
    found: set[int] = set()
    waiting = list(states)
    while waiting:
        for state in edges[waiting.pop()]:
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found


def _reaches(automaton: Automaton, one: int, other: int) -> bool:
    edges = defaultdict(list)
    for start, end in automaton.edges:
        edges[start].append(end)
    return one == other or other in _after(edges, [one])


def _ambiguous(automaton: Automaton, edges: dict[int, list[int]], one: int, other: int) -> bool:
    """Tell whether a text leads from one to one, from one to other, and from other to other."""
    takes = automaton.takes
    home, away = _round(edges, one), _round(edges, other)
    seen = {(one, one, other)}
    waiting = [(one, one, other)]
    while waiting:
        first, middle, third = waiting.pop()
        for a in edges[first]:
            if a not in home:
                continue
            for c in edges[third]:
                both = takes[a] & takes[c] if c in away else None
                if not both:
                    continue
                for b in edges[middle]:
                    found = (a, b, c)
                    if found in seen or not both & takes[b]:
                        continue
                    if found == (one, other, other):
                        return True
                    seen.add(found)
                    waiting.append(found)
    return False


def _round(edges: dict[int, list[int]], state: int) -> set[int]:
    """Return the states on the ways from a state back to it."""
    return {one for one in _after(edges, [state]) if state in _after(edges, [one])} | {state}


def _doubles(automaton: Automaton, edges: dict[int, list[int]], state: int) -> bool:
    """Tell whether a text leads from a state back to it along two ways."""
    takes = automaton.takes
    home = _round(edges, state)
    seen = {(state, state)}
    waiting = [(state, state)]
    apart: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    while waiting:
        pair = waiting.pop()
        for a in edges[pair[0]]:
            for b in edges[pair[1]]:
                if a in home and b in home and takes[a] & takes[b]:
                    apart[a, b].add(pair)
                    if (a, b) not in seen:
                        seen.add((a, b))
                        waiting.append((a, b))
    back = {(state, state)}
    waiting = [(state, state)]
    while waiting:
        for pair in apart[waiting.pop()]:
            if pair not in back:
                back.add(pair)
                waiting.append(pair)
    return any(a != b for a, b in back & seen)
