"""What we write is HTTP, and nothing a caller hands in can break out of its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.errors import UsageError
from wssure.wire.http_message import Headers, Request, Response, encode_request, encode_response, is_token
from wssure.wire.http_reader import RequestReader, ResponseReader

token = st.text("abcXYZ019-_.!#$%&'*+^`|~", min_size=1, max_size=8)
value = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=12).map(
    lambda text: text.strip(" \t")
)
BAD = ["\r", "\n", "\x00", "a\r\nX: y", "a\nb", "\x7f", "\u20ac", "\x0b"]


@given(token, st.lists(st.tuples(token, value), max_size=4))
def test_a_request_is_read_as_it_was_written(method, lines):
    lines = [("Host", "a.test"), *((f"X-{name}", text) for name, text in lines)]
    request = RequestReader().feed(encode_request(Request(method, "/p?q", "HTTP/1.1", Headers(lines))))
    assert request == Request(method, "/p?q", "HTTP/1.1", Headers(lines))


@given(st.integers(200, 599), st.lists(st.tuples(token, value), max_size=4), st.binary(max_size=30))
def test_a_response_is_read_as_it_was_written(status, lines, body):
    lines = [(f"X-{name}", text) for name, text in lines]
    if status in (204, 304):
        body = b""
    response = ResponseReader().feed(encode_response(Response(status, "why", "HTTP/1.1", Headers(lines), body)))
    assert (response.status, response.reason, response.body) == (status, "why", body)
    assert response.headers.items()[: len(lines)] == lines


@pytest.mark.parametrize("bad", BAD)
def test_no_line_break_or_control_gets_through(bad):
    headers = Headers([("X", bad)])
    with pytest.raises(UsageError):
        encode_request(Request("GET", "/", "HTTP/1.1", headers))
    with pytest.raises(UsageError):
        encode_response(Response(403, "", "HTTP/1.1", headers))
    with pytest.raises(UsageError):
        encode_request(Request("GET", "/", "HTTP/1.1", Headers([(bad, "x")])))
    with pytest.raises(UsageError):
        encode_request(Request("GET", "/" + bad, "HTTP/1.1", Headers()))
    with pytest.raises(UsageError):
        encode_request(Request(bad, "/", "HTTP/1.1", Headers()))
    with pytest.raises(UsageError):
        encode_response(Response(403, bad, "HTTP/1.1", Headers()))


@pytest.mark.parametrize("name", ["", "a b", "a:", "\u00e9", 5])
def test_a_name_is_a_token(name):
    with pytest.raises(UsageError):
        encode_request(Request("GET", "/", "HTTP/1.1", Headers([(name, "x")])))


@pytest.mark.parametrize("status", [0, 99, 600, True, "200"])
def test_a_status_has_three_digits(status):
    with pytest.raises(UsageError):
        encode_response(Response(status, "", "HTTP/1.1", Headers()))


def test_length_and_reason_are_filled_in_where_they_belong():
    plain = encode_response(Response(404, "", "HTTP/1.1", Headers(), b"abc"))
    assert plain == b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"
    assert b"Length" not in encode_response(Response(101, "", "HTTP/1.1", Headers()))
    assert b"Length" not in encode_response(Response(204, "", "HTTP/1.1", Headers()))
    given_one = encode_response(Response(200, "", "HTTP/1.1", Headers([("content-length", "0")])))
    assert given_one.count(b"ength") == 1
    assert encode_response(Response(299, "", "HTTP/1.1", Headers())).startswith(b"HTTP/1.1 299 \r\n")


def test_tokens():
    assert is_token("sub.protocol-1")
    assert not is_token("")
    assert not is_token("a b")
