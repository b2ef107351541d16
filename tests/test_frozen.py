"""`frozen` makes what `dataclass(frozen=True, slots=True)` makes, in every respect that a caller can see."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import KW_ONLY, FrozenInstanceError, field
from typing import Any

import pytest

from wssure.evidence import Phase
from wssure.frozen import frozen

Make = Callable[[type], type]
MAKERS: list[Make] = [frozen, dataclasses.dataclass(frozen=True, slots=True)]


def point(make: Make) -> type:
    class Point:
        """Fields of each form."""

        x: int
        tags: list[str] = field(default_factory=list, compare=False)
        secret: str = field(default="s", repr=False)
        _: KW_ONLY
        far: bool = False
        length: int = field(default=0, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "length", self.x * 2)

        def double(self) -> int:
            return 2 * self.x

    Point.__qualname__ = "Point"
    return make(Point)


def empty(make: Make) -> type:
    class Empty:
        """No fields."""

    Empty.__qualname__ = "Empty"
    return make(Empty)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (TypeError, FrozenInstanceError) as error:
        return type(error), str(error)


CALLS: dict[str, Callable[[type], Any]] = {
    "repr": lambda made: repr(made(1, ["a"], "hidden", far=True)),
    "equal": lambda made: (made(1) == made(1), made(1) == made(2), made(1, ["a"]) == made(1, ["b"]), made(1) == 1),
    "hash": lambda made: (hash(made(1, ["a"])) == hash(made(1, ["b"])), len({made(1), made(1), made(2)})),
    "replace": lambda made: repr(dataclasses.replace(made(1, far=True), x=5)),
    "asdict": lambda made: dataclasses.asdict(made(3, ["a"])),
    "match": lambda made: made.__match_args__,
    "slots": lambda made: (sorted(made.__slots__), hasattr(made(1), "__dict__")),
    "method": lambda made: made(4).double(),
    "post-init": lambda made: made(4).length,
    "factory": lambda made: made(1).tags is made(1).tags,
    "doc": lambda made: (made.__doc__, made.__name__),
    "copy": lambda made: repr((copy.copy(made(1, ["a"])), copy.deepcopy(made(2, ["b"])))),
    "set": lambda made: setattr(made(1), "x", 2),
    "delete": lambda made: delattr(made(1), "x"),
    "one too few": lambda made: made(),
    "one too many": lambda made: made(1, [], "", True),
    "unknown": lambda made: made(1, z=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_frozen_class_does_as_a_dataclass(name):
    ours, theirs = (outcome(lambda make=make: CALLS[name](point(make))) for make in MAKERS)
    if name.startswith("one too"):  # the words name the class, which differs
        ours, theirs = ours[0], theirs[0]
    assert ours == theirs


def test_a_class_without_fields_is_equal_to_itself():
    ours, theirs = (empty(make) for make in MAKERS)
    assert repr(ours()) == repr(theirs())
    assert (ours() == ours(), hash(ours()) == hash(ours())) == (True, True)


def test_what_is_no_field_cannot_be_set_either():
    with pytest.raises(FrozenInstanceError):
        point(frozen)(1).y = 2


def test_what_a_class_says_of_itself_is_kept():
    @frozen
    class Own:
        """With methods of its own."""

        x: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert (repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == ("own", True, 7)


def test_a_value_pickles():
    phase = Phase("tls", "192.0.2.1", 1.0, 2.0, True)
    assert pickle.loads(pickle.dumps(phase)) == phase
