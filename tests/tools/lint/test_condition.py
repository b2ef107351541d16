"""Conditions are folded as a compiler does: what is known disappears, and what remains has the same meaning."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.tools.lint.condition import fold, number

KNOWN = {"ON": 1, "OFF": 0, "TWO": 2}


def value(name: str, defined: bool) -> int | None:
    return int(name in KNOWN) if defined and name != "x" else KNOWN.get(name)


CASES = [
    ("ON", "ON", 1),
    ("x", "x", None),
    ("x && ON", "x", None),
    ("ON && x", "x", None),
    ("x && OFF", "0", 0),
    ("x || ON", "1", 1),
    ("x || OFF", "x", None),
    ("! OFF", "1", 1),
    ("! x", "! x", None),
    ("! ( x && ON )", "! x", None),
    ("( ( x ) && ( ON ) )", "x", None),
    ("x && ON && y", "x && y", None),
    ("( x || y ) && ON && z", "( x || y ) && z", None),
    ("TWO == 2", "TWO == 2", 1),
    ("x && TWO > 2", "0", 0),
    ("defined ( ON ) && x", "x", None),
    ("defined NONE", "defined NONE", 0),
    ("f ( ON ) && ON", "f ( ON )", None),
    ("x = ON", "x = ON", None),
    ("x ? ON : OFF", "x ? ON : OFF", None),
    ("TRUE && x", "x", None),
    ("", "", None),
    ("! ", "!", None),
    ("( x", "( x", None),
]


@pytest.mark.parametrize(("condition", "left", "known"), CASES, ids=[case[0] for case in CASES])
def test_known_parts_disappear(condition: str, left: str, known: int | None) -> None:
    words, folded = fold(condition.split(), value)
    assert folded == known
    if known is None:
        assert " ".join(words) == left


TERMS = st.recursive(
    st.sampled_from(["ON", "OFF", "x", "y"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda it: f"( {it[0]} {it[1]} {it[2]} )"),
        inner.map(lambda it: f"! {it}"),
    ),
    max_leaves=12,
)


def _python(condition: str, names: dict[str, int]) -> bool:
    text = condition.replace("&&", "and").replace("||", "or").replace("!", "not ")
    return bool(eval(text, {}, names))


@given(TERMS, st.booleans(), st.booleans())
def test_folding_keeps_the_meaning(condition: str, x: bool, y: bool) -> None:
    names = {**KNOWN, "x": int(x), "y": int(y)}
    words, known = fold(condition.split(), value)
    if known is not None:
        assert bool(known) == _python(condition, names)
    else:
        assert _python(" ".join(words), names) == _python(condition, names)


def test_deep_brackets_stay_as_they_are() -> None:
    depth = 2 * sys.getrecursionlimit()
    condition = "(" * depth + "x" + ")" * depth
    assert fold(list(condition), value)[1] is None
    assert fold(["!"] * depth + ["x"], value)[1] is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [("1", 1), ("0x10", 16), ("010", 8), ("1UL", 1), ("true", 1), ("FALSE", 0), ("x", None), ("", None), ("09", None)],
)
def test_integer_constants_are_read(word: str, expected: int | None) -> None:
    assert number(word) == expected
