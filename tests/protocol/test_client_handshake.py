"""A client's request, and what it takes for an upgrade."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.errors import UsageError
from wssure.facts import HttpOverLimit, MalformedHttp, NotHttpSeen, UpgradeBroken
from wssure.protocol.client_handshake import Accepted, ClientHandshake, UpgradeRejected
from wssure.protocol.handshake_rule import accept_value
from wssure.wire.deflate import DeflateParams, DeflateSettings
from wssure.wire.http_message import HttpLimits
from wssure.wire.http_reader import RequestReader

KEY = b"the sample nonce"
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
GOOD = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ACCEPT}


def handshake(**options):
    return ClientHandshake("a.test", "/chat", key=KEY, **options)


def answer(status="101 Switching Protocols", version="HTTP/1.1", **changes):
    lines = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"{version} {status}\r\n{text}\r\n".encode("latin-1")


def rejected(data, eof=False, **options):
    with pytest.raises(UpgradeRejected) as caught:
        drip(handshake(**options), data, eof)
    return caught.value


def drip(one, data, eof):
    for at in range(len(data)):
        assert one.receive(data[at : at + 1]) is None
    if eof:
        one.receive_eof()


def test_the_accept_value_is_the_rfcs():
    assert accept_value("dGhlIHNhbXBsZSBub25jZQ==") == ACCEPT


def test_the_request_says_all_it_must_and_host_first():
    request = RequestReader().feed(
        handshake(
            subprotocols=["chat", "superchat"],
            deflate=DeflateSettings(),
            origin="https://a.test",
            user_agent="x/1",
            authorization="Basic eA==",
            additional_headers=[("X-One", "1"), ("X-One", "2")],
        ).request_bytes()
    )
    assert (request.method, request.target, request.version) == ("GET", "/chat", "HTTP/1.1")
    assert request.headers.items() == [
        ("Host", "a.test"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"),
        ("Origin", "https://a.test"),
        ("User-Agent", "x/1"),
        ("Authorization", "Basic eA=="),
        ("X-One", "1"),
        ("X-One", "2"),
    ]


def test_given_headers_replace_ours_and_never_double_them():
    one = handshake(
        user_agent="x/1",
        authorization="Basic eA==",
        additional_headers=[("X", "y"), ("host", "other.test"), ("user-agent", "mine"), ("AUTHORIZATION", "Bearer z")],
    )
    headers = one.request.headers
    assert headers.items()[0] == ("host", "other.test")
    assert [headers.all(name) for name in ("Host", "User-Agent", "Authorization")] == [
        ["other.test"],
        ["mine"],
        ["Bearer z"],
    ]


WRONG = {
    "line break in a value": {"additional_headers": [("X", "a\r\nY: b")]},
    "line break in origin": {"origin": "https://a\n"},
    "nul in user agent": {"user_agent": "a\x00"},
    "name with a space": {"additional_headers": [("X Y", "a")]},
    "our own header": {"additional_headers": [("Sec-WebSocket-Key", "a")]},
    "a body": {"additional_headers": [("Content-Length", "5")]},
    "subprotocol no token": {"subprotocols": ["a b"]},
    "subprotocol twice": {"subprotocols": ["a", "a"]},
    "one str": {"subprotocols": "chat"},
    "eight window bits": {"deflate": DeflateSettings(client_max_window_bits=8)},
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG)
def test_what_cannot_be_sent_is_a_usage_error(options):
    with pytest.raises(UsageError):
        handshake(**options)


@pytest.mark.parametrize(("host", "path"), [("a\r\nX: y", "/"), ("a", "/ HTTP/1.1\r\nX: y"), ("a", "")])
def test_host_and_path_cannot_break_out(host, path):
    with pytest.raises(UsageError):
        ClientHandshake(host, path, key=KEY)


def test_a_key_has_16_bytes():
    with pytest.raises(ValueError, match="expected 16"):
        ClientHandshake("a", "/", key=b"short")


def test_a_good_answer_is_accepted_and_what_follows_is_kept():
    one = handshake()
    data = answer() + b"\x81\x02hi"
    got = one.receive(data)
    assert isinstance(got, Accepted)
    assert (got.subprotocol, got.deflate, got.leftover, got.response.status) == (None, None, b"\x81\x02hi", 101)
    assert one.seen_bytes == len(data)


def test_tokens_match_in_any_case_and_in_lists():
    assert handshake().receive(answer(Upgrade="WebSocket", Connection="keep-alive, UPGRADE")) is not None


def test_subprotocol_and_compression_are_agreed_on():
    got = handshake(subprotocols=["a", "b"], deflate=DeflateSettings()).receive(
        answer(
            Sec_WebSocket_Protocol="b",
            Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=10; client_no_context_takeover",
        )
    )
    assert got.subprotocol == "b"
    assert got.deflate == DeflateParams(False, True, 10, 12)


DEFLATE = "permessage-deflate"
BROKEN = {
    "no upgrade": ("upgrade", {"Upgrade": None}, {}, "websocket", None),
    "other upgrade": ("upgrade", {"Upgrade": "h2c"}, {}, "websocket", "h2c"),
    "two upgrades": ("upgrade", {"Upgrade": "websocket, h2c"}, {}, "websocket", "websocket, h2c"),
    "no connection": ("connection", {"Connection": None}, {}, "Upgrade", None),
    "other connection": ("connection", {"Connection": "close"}, {}, "Upgrade", "close"),
    "no accept": ("accept", {"Sec_WebSocket_Accept": None}, {}, ACCEPT, None),
    "other accept": ("accept", {"Sec_WebSocket_Accept": "AAAA"}, {}, ACCEPT, "AAAA"),
    "subprotocol not offered": ("subprotocol", {"Sec_WebSocket_Protocol": "x"}, {"subprotocols": ["a", "b"]}, "one of a, b", "x"),
    "subprotocol, none offered": ("subprotocol", {"Sec_WebSocket_Protocol": "x"}, {}, "none", "x"),
    "two subprotocols": ("subprotocol", {"Sec_WebSocket_Protocol": "a, b"}, {"subprotocols": ["a", "b"]}, "one of a, b", "a, b"),
    "extension, none offered": ("extension", {"Sec_WebSocket_Extensions": DEFLATE}, {}, "none", DEFLATE),
    "unreadable extension": ("extension", {"Sec_WebSocket_Extensions": "/"}, {}, "none", "/"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "options", "expected", "got"), BROKEN.values(), ids=BROKEN)
def test_a_broken_101_is_rejected_by_the_rule_it_breaks(kind, changes, options, expected, got):
    error = rejected(answer(**changes), **options)
    assert (error.kind, error.response.status) == (kind, 101)
    assert error.facts[0] == UpgradeBroken(kind, expected, got)
    assert kind in str(error)


def test_a_101_of_http_1_0_is_rejected():
    error = rejected(answer(version="HTTP/1.0"))
    assert (error.kind, error.facts[0].got) == ("version", "HTTP/1.0")


def test_an_extension_that_was_not_offered_is_rejected_with_the_reason():
    error = rejected(answer(Sec_WebSocket_Extensions="x-example"), deflate=DeflateSettings())
    assert error.kind == "extension"
    assert isinstance(error.facts[1], MalformedHttp)
    assert "x-example" in error.facts[1].what


def test_two_accepts_are_rejected():
    data = answer().replace(b"\r\n\r\n", f"\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n".encode())
    assert rejected(data).kind == "accept"


def test_another_status_brings_its_body():
    error = rejected(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope")
    assert (error.kind, error.response.status, error.response.body, error.facts) == ("status", 403, b"nope", ())
    assert str(error) == "upgrade rejected: status 403"


def test_a_status_whose_body_ends_with_the_stream_is_told_at_its_end():
    error = rejected(b"HTTP/1.1 502 x\r\n\r\nbad gateway", eof=True)
    assert error.response.body == b"bad gateway"


def test_a_stream_that_ends_in_the_head_is_the_callers_to_tell():
    one = handshake()
    one.receive(b"HTTP/1.1 101 Sw")
    one.receive_eof()
    assert one.seen_bytes == 15


@pytest.mark.parametrize("data", [b"\x15\x03\x03\x00\x02\x02\x28", b"SSH-2.0", b"HTTP/1.1 101 x\n"])
def test_garbage_is_told_by_its_first_bytes(data):
    error = rejected(data)
    assert (error.kind, error.response) == ("garbage", None)
    fact = error.facts[0]
    assert isinstance(fact, NotHttpSeen)
    assert data.startswith(bytes.fromhex(fact.hex))
    assert "\n" not in fact.text


def test_peer_text_in_facts_is_printable():
    error = rejected(answer(Sec_WebSocket_Protocol="x\x85\x9b31m" + "y" * 400))
    assert error.facts[0].got.startswith("x\\x85\\x9b31m")
    assert len(error.facts[0].got) < 310


def test_limits_hold_for_the_answer():
    error = rejected(b"HTTP/1.1 101 x\r\n" + b"A: b\r\n" * 9, limits=HttpLimits(header_count=3))
    assert error.kind == "garbage"
    assert error.facts == (HttpOverLimit("header_count", 3),)


@given(st.binary(max_size=60), st.sampled_from([b"", b"HTTP/1.1 ", answer()[:-2]]))
def test_arbitrary_bytes_raise_only_upgrade_rejected(data, prefix):
    one = handshake()
    try:
        one.receive(prefix + data)
        one.receive_eof()
    except UpgradeRejected as error:
        assert error.kind  # noqa: PT017
