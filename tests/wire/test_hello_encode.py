"""Hellos of our own making: what is encoded is decoded again, and a padded one has exactly its size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.hello import decode_client_hello, find_client_hello
from wssure.wire.hello_encode import PADDING, alpn_data, encode_client_hello, numbers_data, pad_hello, records

# A hello with nothing in it: TLS 1.2, no session, one suite, no compression, no extensions.
BARE = decode_client_hello(
    bytes.fromhex("0100002903030000000000000000000000000000000000000000000000000000000000000000000002")
    + b"\x00\x2f\x01\x00"
)
EXTENSION = st.tuples(st.integers(0, 0xFFFF).filter(lambda number: number != PADDING), st.binary(max_size=60))


@given(
    version=st.integers(0, 0xFFFF),
    suites=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40),
    extensions=st.lists(EXTENSION, max_size=12, unique_by=lambda one: one[0]),
)
def test_what_is_encoded_is_decoded_again(version, suites, extensions):
    message = encode_client_hello(BARE, legacy_version=version, cipher_suites=suites, extensions=extensions)
    hello = decode_client_hello(message)
    assert hello.legacy_version == version
    assert hello.cipher_suites == tuple(suites)
    assert [(one.id, one.data) for one in hello.extensions] == extensions
    assert encode_client_hello(hello) == message


@given(extensions=st.lists(EXTENSION, max_size=6, unique_by=lambda one: one[0]), size=st.integers(40, 3000))
def test_a_padded_hello_has_its_size_or_is_left_alone(extensions, size):
    message = encode_client_hello(BARE, extensions=extensions)
    result = pad_hello(message, size)
    if result == message:
        assert size < len(message) + 6
        return
    assert len(result) == size
    hello = decode_client_hello(result)
    assert [(one.id, one.data) for one in hello.extensions if one.id != PADDING] == extensions
    # RFC 7685 section 3: "MUST fill the padding extension completely with zero bytes"
    assert not any(next(one.data for one in hello.extensions if one.id == PADDING))


def test_pre_shared_key_stays_the_last_extension():
    message = pad_hello(encode_client_hello(BARE, extensions=[(0, b""), (41, b"psk")]), 500)
    assert [one.id for one in decode_client_hello(message).extensions] == [0, PADDING, 41]


def test_padding_takes_the_place_of_padding():
    once = pad_hello(encode_client_hello(BARE), 300)
    assert len(pad_hello(once, 200)) == 200


@given(cuts=st.lists(st.integers(1, 500), max_size=5, unique=True))
def test_a_hello_cut_into_records_is_the_same_hello(cuts):
    message = pad_hello(encode_client_hello(BARE), 501)
    assert find_client_hello(records(message, *sorted(cuts))).raw == message


@pytest.mark.parametrize(
    ("number", "data", "read"),
    [
        (16, alpn_data([b"h2", b"http/1.1"]), lambda hello: hello.alpn == ("h2", "http/1.1")),
        (10, numbers_data([29, 23]), lambda hello: hello.groups == (29, 23)),
        (13, numbers_data([0x0403]), lambda hello: hello.signature_algorithms == (0x0403,)),
        (43, numbers_data([0x0304, 0x0303], 1), lambda hello: hello.supported_versions == (0x0304, 0x0303)),
    ],
    ids=["alpn", "groups", "signatures", "versions"],
)
def test_the_contents_of_extensions_are_read_back(number, data, read):
    hello = decode_client_hello(encode_client_hello(BARE, extensions=[(number, data)]))
    assert read(hello)
    assert hello.flaws == ()
