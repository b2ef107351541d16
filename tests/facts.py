"""Facts of every kind, as hypothesis draws them from the declared types."""

from __future__ import annotations

from hypothesis import strategies as st

from wssure.facts import KINDS, Fact

texts = st.text(max_size=12) | st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl")), max_size=400)
_TYPES = {
    "Any": st.none(),
    "None": st.none(),
    "PeerHeaders": st.dictionaries(texts, texts, max_size=3),
    "PeerText": texts,
    "PeerTexts": st.lists(texts, max_size=3).map(tuple),
    "bool": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "int": st.integers(-300, 700),
    "str": st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=12),
    "tuple[str, ...]": st.lists(st.text("abc.", max_size=5), max_size=3).map(tuple),
    "Direction": st.sampled_from(["sent", "received"]),
    "Level": st.sampled_from(["warning", "fatal"]),
}


def _values(annotation: str) -> st.SearchStrategy[object]:
    return st.one_of([_TYPES[name] for name in annotation.split(" | ")])


def of_kind(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    """Return a strategy for facts of one kind."""
    fields = {name: _values(annotation) for name, annotation in kind._annotations.items()}
    return st.builds(lambda t_ms, **values: kind(**values).at(t_ms), st.none() | st.floats(0, 1e6), **fields)


def facts() -> st.SearchStrategy[Fact]:
    """Return a strategy for facts of every kind."""
    return st.sampled_from(list(KINDS.values())).flatmap(of_kind)
