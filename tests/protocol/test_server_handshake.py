"""What a server takes for an upgrade, and how it answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.errors import UsageError
from wssure.protocol.client_handshake import ClientHandshake
from wssure.protocol.server_handshake import ServerHandshake
from wssure.wire.deflate import DeflateParams, DeflateSettings
from wssure.wire.http_message import HttpError, HttpLimits
from wssure.wire.http_reader import ResponseReader

GOOD = {
    "Host": "a.test",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def read(start="GET / HTTP/1.1", tail=b"", **changes):
    lines = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    one = ServerHandshake()
    request = one.receive(f"{start}\r\n{text}\r\n".encode() + tail)
    assert request is not None
    return one, request


# what differs from a good request; rule, status, a header of the answer
REFUSED = {
    "plain get": ({"Upgrade": None, "Connection": None}, "upgrade", 426, ("Upgrade", "websocket")),
    "other upgrade": ({"Upgrade": "h2c"}, "upgrade", 426, ("Sec-WebSocket-Version", "13")),
    "no connection": ({"Connection": "keep-alive"}, "connection", 400, None),
    "no version": ({"Sec_WebSocket_Version": None}, "websocket-version", 426, ("Sec-WebSocket-Version", "13")),
    "old version": ({"Sec_WebSocket_Version": "8"}, "websocket-version", 426, ("Sec-WebSocket-Version", "13")),
    "post": ({"start": "POST / HTTP/1.1"}, "method", 405, ("Allow", "GET")),
    "http 1.0": ({"start": "GET / HTTP/1.0"}, "version", 505, None),
    "no key": ({"Sec_WebSocket_Key": None}, "key", 400, None),
    "short key": ({"Sec_WebSocket_Key": "AAAA"}, "key", 400, None),
    "key no base64": ({"Sec_WebSocket_Key": "!" * 24}, "key", 400, None),
    "key of 17 bytes": ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZTE="}, "key", 400, None),
}


@pytest.mark.parametrize(("changes", "rule", "status", "header"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_upgrade_is_refused_with_its_status(changes, rule, status, header):
    one, request = read(**changes)
    refusal = one.refusal(request)
    assert (refusal.rule, refusal.status) == (rule, status)
    assert header is None or header in refusal.headers
    response = ResponseReader().feed(one.refuse(refusal))
    assert response.status == status
    assert response.body.decode() == refusal.text + "\n"
    assert response.headers.get("Connection") in ("close", "Upgrade, close")


def test_tokens_match_in_any_case_and_in_lists():
    one, request = read(Upgrade="h2c, WebSocket", Connection="keep-alive, upgrade")
    assert one.refusal(request) is None


def test_a_good_request_is_accepted_and_what_follows_is_kept():
    one, request = read(tail=b"\x81\x80abcd")
    assert one.refusal(request) is None
    assert one.leftover == b"\x81\x80abcd"
    assert one.seen_bytes > 100
    response = ResponseReader().feed(one.accept(request, extra_headers=[("X", "y")]))
    assert response.status == 101
    assert response.headers.items() == [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("X", "y"),
    ]
    assert one.deflate is None


def test_subprotocol_and_compression_are_answered():
    one, request = read(
        Sec_WebSocket_Protocol="a, b", Sec_WebSocket_Extensions="x, permessage-deflate; client_max_window_bits"
    )
    assert one.subprotocols(request) == ("a", "b")
    response = ResponseReader().feed(one.accept(request, "b", DeflateSettings()))
    assert response.headers["Sec-WebSocket-Protocol"] == "b"
    assert response.headers["Sec-WebSocket-Extensions"] == (
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
    )
    assert one.deflate == DeflateParams(False, False, 12, 12)


def test_an_extension_header_that_cannot_be_read_offers_nothing():
    one, request = read(Sec_WebSocket_Extensions="permessage-deflate; =")
    assert b"Extensions" not in one.accept(request, None, DeflateSettings())
    assert one.deflate is None


def test_a_subprotocol_that_was_not_offered_is_a_usage_error():
    one, request = read(Sec_WebSocket_Protocol="a")
    with pytest.raises(UsageError, match="did not offer"):
        one.accept(request, "b")


@pytest.mark.parametrize("bad", [("X", "a\r\nY: b"), ("X\n", "a"), ("Upgrade", "x"), ("Sec-WebSocket-Accept", "x")])
def test_extra_headers_cannot_break_out_or_contradict(bad):
    one, request = read()
    with pytest.raises(UsageError):
        one.accept(request, extra_headers=[bad])


def test_a_rejection_is_a_whole_response():
    response = ResponseReader().feed(ServerHandshake().reject(403, b"no", [("X", "y")]))
    assert (response.status, response.reason, response.body) == (403, "Forbidden", b"no")
    assert response.headers.items() == [
        ("X", "y"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Connection", "close"),
        ("Content-Length", "2"),
    ]
    own = ServerHandshake().reject(200, b"{}", [("content-type", "application/json"), ("Connection", "close")])
    assert own.lower().count(b"content-type") == own.lower().count(b"connection") == 1


def test_limits_hold_for_the_request():
    with pytest.raises(HttpError) as caught:
        ServerHandshake(HttpLimits(line_bytes=20)).receive(b"GET /" + b"x" * 30)
    assert caught.value.status == 414


wishes = st.builds(DeflateSettings, st.booleans(), st.booleans(), st.integers(9, 15), st.integers(9, 15))


@given(wishes | st.none(), wishes | st.none(), st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
def test_both_sides_of_a_handshake_agree(client_wish, server_wish, subprotocols):
    client = ClientHandshake("a.test", "/", key=bytes(16), subprotocols=subprotocols, deflate=client_wish)
    server = ServerHandshake()
    request = server.receive(client.request_bytes())
    assert server.refusal(request) is None
    chosen = subprotocols[-1] if subprotocols else None
    accepted = client.receive(server.accept(request, chosen, server_wish))
    assert accepted.subprotocol == chosen
    if client_wish is None or server_wish is None:
        assert accepted.deflate is server.deflate is None
    else:
        ours, theirs = accepted.deflate, server.deflate
        assert ours.server_max_window_bits == theirs.server_max_window_bits
        assert ours.client_max_window_bits <= theirs.client_max_window_bits
        assert ours.server_no_context_takeover == theirs.server_no_context_takeover
        assert ours.client_no_context_takeover == theirs.client_no_context_takeover
