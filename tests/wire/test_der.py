"""DER values: inside their bounds, or a decode error that says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.decode import Cursor, DecodeError
from wssure.wire.der import INTEGER, MAX_CHILDREN, OID, SEQUENCE, read_element


def test_long_and_short_lengths_read_the_same():
    for header in (b"\x30\x03", b"\x30\x81\x03", b"\x30\x82\x00\x03", b"\x30\x84\x00\x00\x00\x03"):
        element = read_element(header + b"\x02\x01\x05")
        assert element.contents == b"\x02\x01\x05"
        assert element.raw == header + b"\x02\x01\x05"
        assert element.inner().integer("x") == 5
        assert [child.tag for child in element.children()] == [INTEGER]


@given(st.integers(-(2**200), 2**200))
def test_an_integer_of_any_size_reads_back(number):
    body = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
    assert read_element(bytes((INTEGER, len(body))) + body).integer("x") == number


@pytest.mark.parametrize(
    ("body", "dotted"),
    [
        ("550403", "2.5.4.3"),
        ("2a864886f70d010101", "1.2.840.113549.1.1.1"),
        ("00", "0.0"),
        ("27", "0.39"),
        ("883703", "2.999.3"),
    ],
)
def test_an_identifier_reads_in_dotted_form(body, dotted):
    data = bytes.fromhex(body)
    assert read_element(bytes((OID, len(data))) + data).oid("x") == dotted


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("integer", b"\x02\x00"),
        ("integer", b"\x03\x01\x00"),
        ("oid", b"\x06\x00"),
        ("oid", b"\x06\x01\x80"),
        ("oid", b"\x06\x81\x81" + bytes(129)),
        ("bits", b"\x03\x00"),
        ("bits", b"\x02\x01\x00"),
    ],
)
def test_an_empty_or_other_value_is_a_decode_error(method, data):
    with pytest.raises(DecodeError):
        getattr(read_element(data), method)("x")


@pytest.mark.parametrize("data", [b"\x30\x03\x02\x01", b"\x30\x02\x02\x01", b"\x30\x04\x02\x00\x02\x00", b"\x30\x00"])
def test_a_value_must_fill_its_wrapper_exactly(data):
    with pytest.raises(DecodeError):
        read_element(data).inner()


def test_a_value_with_too_many_children_is_refused():
    body = b"\x05\x00" * (MAX_CHILDREN + 1)
    with pytest.raises(DecodeError, match="more than"):
        read_element(bytes((SEQUENCE, 0x82)) + len(body).to_bytes(2, "big") + body).children()


def test_a_cursor_says_what_was_missing_and_where():
    cursor = Cursor(b"\x00\x03abc\x05", 10, "RFC 0 section 0")
    assert cursor.vector(2, "name") == b"abc"
    with pytest.raises(DecodeError, match="name needs 5 bytes, got 0 at byte 16"):
        cursor.vector(1, "name")
    with pytest.raises(DecodeError, match="odd length"):
        Cursor(b"\x03abc").numbers(1, "list")
    with pytest.raises(DecodeError, match="followed by 1 bytes, expected none"):
        Cursor(b"a").finish("name")
