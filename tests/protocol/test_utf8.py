"""UTF-8 is refused where Python's decoder refuses it, at the first octet that cannot go on."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interpreted import BOTH

# Text, and how many of its octets pass.
BROKEN = {
    "continuation first": (b"a\x80", 1),
    "overlong slash": (b"\xc0\xaf", 0),
    "overlong c1": (b"\xc1\xbf", 0),
    "overlong three": (b"\xe0\x9f\xbf", 1),
    "surrogate": (b"\xed\xa0\x80", 1),
    "overlong four": (b"\xf0\x8f\xbf\xbf", 1),
    "beyond U+10FFFF": (b"\xce\xba\xf4\x90\x80\x80", 3),
    "f5": (b"ab\xf5", 2),
    "ff": (b"\xff", 0),
    "cut short": (b"\xe2\x82a", 2),
    "five octets": (b"\xf8\x88\x80\x80\x80", 0),
}


def check(form, pieces):
    body, utf8 = form.builder.ByteBuilder(), form.utf8.Utf8Check()
    for piece in pieces:
        body.append_bytes(piece)
        if utf8.advance(body) is False:
            return None
    return utf8.at_boundary()


@BOTH
@pytest.mark.parametrize(("text", "good"), BROKEN.values(), ids=BROKEN)
def test_broken_text_is_refused_at_the_octet_that_breaks_it(form, text, good):
    for prefix in (b"", b"x" * 7, b"x" * 8, "\u20ac".encode() * 9):
        assert check(form, [prefix, text[:good]]) is not None
        assert check(form, [prefix, text[: good + 1]]) is None
        assert check(form, [bytes([octet]) for octet in prefix + text]) is None


@BOTH
@given(st.text(max_size=80), st.lists(st.integers(0, 200)))
def test_text_passes_however_it_is_cut(form, text, cuts):
    raw = text.encode()
    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    assert check(form, [raw[a:b] for a, b in itertools.pairwise(edges)]) is True


@BOTH
@given(st.binary(max_size=12))
def test_it_agrees_with_pythons_decoder(form, raw):
    try:
        raw.decode()
        expected = True
    except UnicodeDecodeError:
        expected = False
    assert (check(form, [raw]) is True) is expected
    assert (check(form, [bytes([octet]) for octet in raw]) is True) is expected


@BOTH
def test_every_character_passes(form):
    text = "".join(map(chr, [*range(0x3000), *range(0xD000, 0xD800), *range(0xE000, 0x10FFFF, 97), 0x10FFFF]))
    assert check(form, [text.encode()]) is True


@BOTH
def test_restart_forgets_and_rewind_goes_on(form):
    body, utf8 = form.builder.ByteBuilder(), form.utf8.Utf8Check()
    body.append_bytes(b"\xe2\x82")
    assert utf8.advance(body)
    assert not utf8.at_boundary()
    body.clear()
    utf8.rewind()
    body.append_bytes(b"\xac")
    assert utf8.advance(body)
    assert utf8.at_boundary()
    assert body.take() == b"\xac"
    body.append_bytes(b"\xe2")
    utf8.restart()
    assert utf8.advance(body)
    utf8.restart()
    assert utf8.at_boundary()
