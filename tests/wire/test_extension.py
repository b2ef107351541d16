"""The grammar of Sec-WebSocket-Extensions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.decode import DecodeError
from wssure.wire.extension import ExtensionEntry, format_extensions, parse_extensions

GOOD = {
    "foo": [("foo", ())],
    "foo, bar; baz=2": [("foo", ()), ("bar", (("baz", "2"),))],
    'foo; a="b c"'.replace(" c", ""): [("foo", (("a", "b"),))],
    r'foo; a="\b"': [("foo", (("a", "b"),))],
    " foo ;a ; b=1 ,, bar ": [("foo", (("a", None), ("b", "1"))), ("bar", ())],
    "x; a; a": [("x", (("a", None), ("a", None)))],
}
BAD = [
    "",
    " ",
    ",",
    "foo bar",
    "foo;",
    "foo; =1",
    "foo; a=",
    'foo; a="b c"',
    'foo; a="b',
    'foo; a=""',
    "foo/",
    "foo; a b",
    ";",
    "f\x00",
]
token = st.text("abcXYZ019-_.!#", min_size=1, max_size=6)
entry = st.builds(ExtensionEntry, token, st.lists(st.tuples(token, st.none() | token), max_size=3).map(tuple))


@pytest.mark.parametrize(("text", "expected"), GOOD.items())
def test_good_values_are_read(text, expected):
    assert [(entry.name, entry.parameters) for entry in parse_extensions(text)] == expected


@pytest.mark.parametrize("text", BAD)
def test_bad_values_are_refused_with_their_place(text):
    with pytest.raises(DecodeError) as caught:
        parse_extensions(text)
    assert caught.value.section == "RFC 6455 section 9.1"
    assert 0 <= caught.value.offset <= len(text)


@given(st.lists(entry, min_size=1, max_size=4).map(tuple))
def test_what_is_formatted_is_read_again(entries):
    assert parse_extensions(format_extensions(entries)) == entries
