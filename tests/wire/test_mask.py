"""Masking is XOR with the key repeated, in both forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interpreted import BOTH


@BOTH
@given(data=st.binary(max_size=300), key=st.binary(min_size=4, max_size=4))
def test_octet_i_is_xored_with_octet_i_modulo_4_of_the_key(form, data, key):
    expected = bytes(octet ^ key[i % 4] for i, octet in enumerate(data))
    assert form.mask.apply_mask(data, key) == expected
    assert form.mask.apply_mask(memoryview(bytearray(data)), key) == expected


@BOTH
@given(data=st.binary(max_size=300), key=st.binary(min_size=4, max_size=4))
def test_masking_twice_changes_nothing(form, data, key):
    assert form.mask.apply_mask(form.mask.apply_mask(data, key), key) == data


@BOTH
def test_the_example_of_rfc_6455_section_5_7_holds(form):
    assert form.mask.apply_mask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d")) == b"Hello"


@BOTH
def test_a_view_of_other_items_or_with_gaps_is_read_as_its_bytes(form):
    wide = memoryview(b"abcdefgh").cast("H")
    assert form.mask.apply_mask(wide, b"\0\0\0\0") == b"abcdefgh"
    assert form.mask.apply_mask(memoryview(b"abcdef")[::2], b"\0\0\0\0") == b"ace"


@BOTH
@pytest.mark.parametrize("key", [b"", b"123", b"12345"])
def test_a_key_of_another_length_is_refused(form, key):
    with pytest.raises(ValueError, match="expected 4"):
        form.mask.apply_mask(b"x", key)
