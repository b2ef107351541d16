"""Requests and responses: what two parsers could read differently is refused, with the status a server answers."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.wire.http_message import Headers, HttpError, HttpLimits
from wssure.wire.http_reader import NotHttp, RequestReader, ResponseReader

GET = b"GET /chat?x=1 HTTP/1.1\r\nHost: a.test\r\nX-One: 1\r\n\r\n"
# the request, the status, the section
REFUSED = {
    "bare lf": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "RFC 9112 section 2.2"),
    "bare lf in headers": (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, "RFC 9112 section 2.2"),
    "bare cr": (b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, "RFC 9112 section 2.2"),
    "cr cr lf": (b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "RFC 9112 section 2.2"),
    "nul in a value": (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", 400, "RFC 9110 section 5.5"),
    "control in a value": (b"GET / HTTP/1.1\r\nHost: a\x0bb\r\n\r\n", 400, "RFC 9110 section 5.5"),
    "folded line": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400, "RFC 9112 section 5.2"),
    "folded first line": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "RFC 9112 section 5.2"),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "RFC 9112 section 5.1"),
    "no colon": (b"GET / HTTP/1.1\r\nHost\r\n\r\n", 400, "RFC 9112 section 5.1"),
    "empty name": (b"GET / HTTP/1.1\r\n: a\r\n\r\n", 400, "RFC 9112 section 5.1"),
    "name with a slash": (b"GET / HTTP/1.1\r\nX/Y: a\r\n\r\n", 400, "RFC 9112 section 5.1"),
    "name beyond ascii": (b"GET / HTTP/1.1\r\nX\xe9: a\r\n\r\n", 400, "RFC 9112 section 5.1"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "RFC 9112 section 3.2"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "RFC 9112 section 3.2"),
    "two keys": (b"GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Key: x\r\n\r\n", 400, "RFC 6455 section 11.3.1"),
    "two versions": (b"GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n\r\n", 400, "RFC 6455 section 11.3.5"),
    "two origins": (b"GET / HTTP/1.1\r\nHost: a\r\nOrigin: x\r\nOrigin: y\r\n\r\n", 400, "RFC 6454 section 7.3"),
    "two lengths": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400, "RFC 9112 section 6.3"),
    "length and coding": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "RFC 9112 section 6.3"),
    "length as a list": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", 400, "RFC 9110 section 8.6"),
    "length with a sign": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400, "RFC 9110 section 8.6"),
    "body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd", 413, "RFC 9112 section 6"),
    "chunked body": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413, "RFC 9112 section 6"),
    "http 0.9": (b"GET /\r\n\r\n", 400, "RFC 9112 section 2.1"),
    "http 2.0": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "RFC 9110 section 15.6.6"),
    "lower-case http": (b"GET / http/1.1\r\n\r\n", 400, "RFC 9112 section 3"),
    "two spaces": (b"GET  / HTTP/1.1\r\n\r\n", 400, "RFC 9112 section 3"),
    "tab": (b"GET\t/ HTTP/1.1\r\n\r\n", 400, "RFC 9112 section 3"),
    "space at the end": (b"GET / HTTP/1.1 \r\n\r\n", 400, "RFC 9112 section 3"),
    "target beyond ascii": (b"GET /\xe9 HTTP/1.1\r\n\r\n", 400, "RFC 9112 section 3"),
    "method with a slash": (b"G/T / HTTP/1.1\r\n\r\n", 400, "RFC 9112 section 3"),
    "long target": (b"GET /" + b"x" * 9000, 414, "RFC 9110 section 5.4"),
    "long header": (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000, 431, "RFC 9110 section 5.4"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 129, 431, "RFC 9110 section 5.4"),
    "long head": (b"GET / HTTP/1.1\r\n" + (b"X: " + b"y" * 8000 + b"\r\n") * 9, 431, "RFC 9110 section 5.4"),
}  # fmt: skip
# what comes first, what it is taken for, to a client and to a server (None: it may still be HTTP)
FIRST = {
    "tls alert": (bytes.fromhex("15030100020228"), "tls-alert", "tls-alert"),
    "tls hello": (bytes.fromhex("160301"), "tls", "tls"),
    "http/2 settings": (bytes.fromhex("00001204000000000000"), "http2", "http2"),
    "http/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2", "http2"),
    "ssh": (b"SSH-2.0-x\r\n", "unknown", "unknown"),
    "smtp": (b"220 ready\r\n", "unknown", "unknown"),
    "nul": (b"\x00", "unknown", "unknown"),
    "lower case": (b"http/1.1 200 ok", "unknown", None),
}
# a response behind its status line, its body, whether it is complete at the end of the stream
BODIES = {
    "length": (b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    "length zero": (b"Content-Length: 0\r\n\r\n", b"", True),
    "cut short": (b"Content-Length: 9\r\n\r\nhello", b"hello", False),
    "until the end": (b"\r\nhello", b"hello", True),
    "chunked": (b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: 1\r\n\r\n", b"hello", True),
    "chunked in capitals": (b"Transfer-Encoding: Chunked\r\n\r\n00A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", True),
    "chunked cut short": (b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello", b"hello", False),
    "gzip until the end": (b"Transfer-Encoding: gzip\r\n\r\nhello", b"hello", True),
}
# In base 16 only: a digit above 9 alone is the same in every base.
BODIES |= {
    f"chunk of {size}": (
        b"Transfer-Encoding: chunked\r\n\r\n%b\r\n%b\r\n0\r\n\r\n" % (size, bytes(int(size, 16))),
        bytes(int(size, 16)),
        True,
    )
    for size in (b"10", b"1a", b"Ff", b"0100")
}
BROKEN_RESPONSES = {
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "http/2 in text": b"HTTP/2 200\r\n\r\n",
    "http/3.0": b"HTTP/3.0 200 OK\r\n\r\n",
    "bare lf": b"HTTP/1.1 200 OK\nA: b\n\n",
    "control in the reason": b"HTTP/1.1 200 O\x00K\r\n\r\n",
    "length and coding": b"HTTP/1.1 403 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": b"HTTP/1.1 403 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "length negative": b"HTTP/1.1 403 x\r\nContent-Length: -1\r\n\r\n",
    "chunk size no hex": b"HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "chunk longer than said": b"HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
    "endless interim": b"HTTP/1.1 100 Continue\r\n\r\n" * 4000,
}


def drip(reader, data, step=1):
    """Feed in pieces; return the first result."""
    for at in range(0, len(data), step):
        found = reader.feed(data[at : at + step])
        if found is not None:
            return found, data[at + step :]
    return None, b""


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_request_is_read_however_it_is_cut(step):
    reader = RequestReader()
    request, rest = drip(reader, GET + b"\x81\x00 frames", step)
    assert (request.method, request.target, request.path, request.version) == ("GET", "/chat?x=1", "/chat", "HTTP/1.1")
    assert request.headers.items() == [("Host", "a.test"), ("X-One", "1")]
    assert reader.leftover + rest == b"\x81\x00 frames"
    assert reader.seen_bytes + len(rest) == len(GET) + 9


@pytest.mark.parametrize(("data", "status", "section"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("step", [1, 100000], ids=["byte by byte", "whole"])
def test_a_wrong_request_is_refused_with_its_status(data, status, section, step):
    with pytest.raises(HttpError) as caught:
        drip(RequestReader(), data, step)
    assert (caught.value.status, caught.value.section) == (status, section)
    assert 0 <= caught.value.offset <= len(data)


def test_what_the_limits_allow_passes():
    limits = HttpLimits(line_bytes=40, header_count=2, total_bytes=64)
    assert RequestReader(limits).feed(b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n") is not None
    line = b"X: " + b"y" * 35 + b"\r\n"
    assert RequestReader(limits).feed(b"GET / HTTP/1.0\r\n" + line + b"\r\n") is not None
    with pytest.raises(HttpError, match="more than 40 bytes"):
        RequestReader(limits).feed(b"GET / HTTP/1.0\r\n" + b"z" + line)
    with pytest.raises(HttpError, match="more than 2 header lines"):
        RequestReader(limits).feed(b"GET / HTTP/1.0\r\n" + b"a: b\r\n" * 3)
    with pytest.raises(HttpError, match="more than 64 bytes"):
        RequestReader(limits).feed(b"GET / HTTP/1.0\r\n" + line + b"x: 89012345\r\n\r\n")


def test_values_keep_their_octets_and_lose_their_margins():
    request = RequestReader().feed(b"GET / HTTP/1.1\r\nHost:a\r\nX: \t h\xc3\xa9  llo \t\r\nY:\r\n\r\n")
    assert request.headers["x"].encode("latin-1") == "h\u00e9  llo".encode()
    assert request.headers["Y"] == ""


@pytest.mark.parametrize(("data", "to_client", "to_server"), FIRST.values(), ids=FIRST)
def test_what_is_no_http_is_told_apart_by_its_first_bytes(data, to_client, to_server):
    with pytest.raises(NotHttp) as caught:
        ResponseReader().feed(data)
    assert (caught.value.protocol, caught.value.first) == (to_client, data)
    reader = RequestReader()
    if to_server is None:
        with pytest.raises(HttpError) as other:
            reader.feed(data + b"\r\n\r\n")
        assert not isinstance(other.value, NotHttp)
    else:
        with pytest.raises(NotHttp) as caught:
            reader.feed(data)
        assert caught.value.protocol == to_server
        assert caught.value.status == (505 if data.startswith(b"PRI") else 400)


def test_first_bytes_are_at_most_64():
    with pytest.raises(NotHttp) as caught:
        ResponseReader().feed(b"\x00" * 5000)
    assert caught.value.first == bytes(64)
    reader = ResponseReader()
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    assert reader.first_bytes == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("error", [HttpError("what", 3, "section", 431), NotHttp("tls", b"\x16\x03", 400)])
def test_errors_pickle(error):
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, type(again)) == (str(error), error.status, type(error))


@pytest.mark.parametrize(("rest", "body", "complete"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("step", [1, 1000], ids=["byte by byte", "whole"])
def test_the_body_of_a_refusal_is_read(rest, body, complete, step):
    reader = ResponseReader()
    response, _ = drip(reader, b"HTTP/1.1 403 No Way\r\nA: b\r\n" + rest, step)
    if response is None:
        response = reader.receive_eof()
    assert (response.status, response.reason, response.headers["a"]) == (403, "No Way", "b")
    assert (response.body, response.body_complete) == (body, complete)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 100000\r\n\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n186a0\r\n"]
)
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_a_long_body_is_cut_at_the_limit(framing, step):
    response, _ = drip(ResponseReader(), b"HTTP/1.1 500 x\r\n" + framing + b"y" * 100000, step)
    assert (response.body, response.body_complete) == (b"y" * 65536, False)


def test_a_body_of_exactly_the_limit_is_complete():
    response = ResponseReader().feed(b"HTTP/1.1 500 x\r\nContent-Length: 65536\r\n\r\n" + bytes(65536))
    assert response.body_complete


def test_interim_responses_are_skipped():
    reader = ResponseReader()
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 Go\r\nA: b\r\n\r\n\x81\x00"
    response = reader.feed(data)
    assert (response.status, response.headers.items(), reader.leftover) == (101, [("A", "b")], b"\x81\x00")


@pytest.mark.parametrize("status", [b"204", b"304"])
def test_some_responses_never_have_a_body(status):
    response = ResponseReader().feed(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n")
    assert (response.body, response.reason, response.body_complete) == (b"", "", True)


@pytest.mark.parametrize("data", BROKEN_RESPONSES.values(), ids=BROKEN_RESPONSES)
def test_a_wrong_response_is_refused(data):
    for step in (1, 1 << 20):
        with pytest.raises(HttpError):
            drip(ResponseReader(), data, step)


def test_the_end_before_the_head_is_no_response():
    reader = ResponseReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nA: b\r\n")
    assert reader.receive_eof() is None


@given(
    st.binary(max_size=80),
    st.sampled_from([RequestReader, ResponseReader]),
    st.sampled_from([b"", b"HTTP/1.1 4", GET[:-2]]),
)
def test_arbitrary_bytes_raise_only_http_errors(data, reader, prefix):
    try:
        reader().feed(prefix + data)
    except HttpError as error:
        assert error.section.startswith("RFC ")  # noqa: PT017


def test_headers_are_a_multi_map_without_case():
    headers = Headers([("Set-Cookie", "a"), ("X", "1, 2,, 3 "), ("set-cookie", "b"), ("x", "4")])
    assert headers.all("SET-COOKIE") == ["a", "b"]
    assert headers.tokens("x") == ["1", "2", "3", "4"]
    assert headers.get("none") is None
    assert headers.get("none", "d") == "d"
    assert "sEt-cookie" in headers
    assert 5 not in headers
    assert list(headers) == ["set-cookie", "x"]
    assert len(headers) == 4
    assert headers == Headers((name.upper(), value) for name, value in headers.items())
    assert headers != Headers()
    assert headers != "x"
    with pytest.raises(KeyError):
        headers["none"]
    headers.add("Y", "5")
    # Values may be secrets.
    assert repr(headers) == "<Headers Set-Cookie, X, set-cookie, x, Y>"
