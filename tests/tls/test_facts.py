"""What cannot be decoded still becomes a fact, with the reason in its place, and text of a peer is safe to print."""

from __future__ import annotations

import hashlib

import pytest
from tests.tls.certificates import der_of, issue
from tests.tls.test_guard import hello, message, number

from wssure.facts import NameCheck, NotTlsSeen
from wssure.name import DnsName
from wssure.tls import facts
from wssure.wire.facts import client_hello
from wssure.wire.hello import decode_client_hello

BROKEN_DER = b"0\x03\x02\x01\x01"


def test_a_certificate_that_cannot_be_decoded_keeps_its_hash_and_the_reason() -> None:
    fact = facts.certificate(BROKEN_DER, 1)
    assert (fact.depth, fact.subject, fact.has_san, fact.dns_names) == (1, None, None, ())
    assert fact.sha256 == hashlib.sha256(BROKEN_DER).hexdigest()
    assert fact.error
    assert facts.name_check(DnsName("a.example.net"), BROKEN_DER) == NameCheck("a.example.net", ())


def test_a_certificate_with_hundreds_of_names_is_cut(ca) -> None:
    der = der_of(issue(ca, *(f"n{index}.example.net" for index in range(150))))
    assert len(facts.certificate(der, 0).dns_names) == 100
    assert len(facts.name_check(DnsName("a.example.net"), der).presented) == 100


def test_a_server_hello_that_cannot_be_read_has_the_reason() -> None:
    fact = facts.server_hello(message(2, b"\3\3"))
    assert fact.version is None
    assert fact.error


def test_text_of_the_peer_is_escaped() -> None:
    fact = client_hello(decode_client_hello(hello("a\x1b[31m.example")), "received")
    assert fact.server_name == r"a\x1b[31m.example"
    assert fact.server_name_hex == b"a\x1b[31m.example".hex()
    assert "\x1b" not in NotTlsSeen.of(b"\x1b[2J" + bytes(100)).text
    assert len(NotTlsSeen.of(bytes(100)).hex) == 128
    assert facts.format_name(None) is None
    assert facts.format_name("x" * 300) == "x" * 253 + "…"


# RFC 5246 section 7.4.4: certificate types, signature algorithms, names; each a vector.
NAME = bytes.fromhex("300c310a300806035504030c0158")
REQUESTS = [
    ("one", b"\1\1" + b"\0\2\4\1" + number(len(NAME) + 2, 2) + number(len(NAME), 2) + NAME, ["CN=X"]),
    ("none", b"\1\1" + b"\0\2\4\1" + b"\0\0", []),
    ("broken-name", b"\1\1" + b"\0\2\4\1" + b"\0\4\0\x02\x30\x05", []),
    ("cut-off", b"\1", []),
]


@pytest.mark.parametrize(("body", "names"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_a_certificate_request_shows_the_names_that_can_be_read(body: bytes, names: list[str]) -> None:
    assert list(facts.certificate_request(message(13, body)).ca_names) == names
