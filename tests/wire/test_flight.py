"""The plaintext messages of a TLS 1.2 server: certificates, and whose certificates it asks for."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.certificates import make, name_of
from tests.wire.test_hello import message

from wssure.wire.decode import DecodeError
from wssure.wire.flight import decode_certificate_message, decode_certificate_request
from wssure.wire.x509 import decode_certificate


def vector(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size, "big") + data


NAMES = [name_of(("O", "board"), ("CN", "ca one")), name_of(("CN", "ca two"))]
DERS = [make(name).public_bytes(serialization.Encoding.DER) for name in NAMES]
TLS12 = message(11, vector(3, b"".join(vector(3, der) for der in DERS)))
TLS13 = message(11, vector(1, b"") + vector(3, b"".join(vector(3, der) + vector(2, b"ext") for der in DERS)))
REQUEST = message(
    13,
    vector(1, b"\x01\x40")
    + vector(2, b"\x04\x03\x08\x04")
    + vector(2, b"".join(vector(2, name.public_bytes()) for name in NAMES)),
)


@pytest.mark.parametrize(("data", "tls13"), [(TLS12, False), (TLS13, True)], ids=["tls12", "tls13"])
def test_certificates_come_out_in_order(data, tls13):
    found = decode_certificate_message(data, tls13=tls13)
    assert list(found) == DERS
    assert [decode_certificate(der).subject for der in found] == ["CN=ca one,O=board", "CN=ca two"]


def test_no_certificate_is_an_empty_list():
    assert decode_certificate_message(message(11, vector(3, b""))) == ()


def test_a_request_names_its_authorities():
    found = decode_certificate_request(REQUEST)
    assert found.types == (1, 64)
    assert found.signature_algorithms == (0x0403, 0x0804)
    assert found.ca_names == ("CN=ca one,O=board", "CN=ca two")


@pytest.mark.parametrize(
    "data", [b"", b"\x0b", TLS12[:-1], TLS12 + b"x", message(11, b"\x00\x00\x09abc"), REQUEST, TLS13]
)
def test_what_is_no_certificate_message_is_a_decode_error(data):
    with pytest.raises(DecodeError):
        decode_certificate_message(data)


@given(
    st.sampled_from([TLS12, TLS13, REQUEST]), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4)
)
def test_mutated_messages_raise_only_decode_errors(data, changes):
    mutated = bytearray(data)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    for decode in (
        decode_certificate_message,
        lambda raw: decode_certificate_message(raw, tls13=True),
        decode_certificate_request,
    ):
        try:
            decode(bytes(mutated))
        except DecodeError as error:
            assert error.section  # noqa: PT017
