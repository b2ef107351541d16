"""The request for a tunnel, and the answers to it: whole, byte by byte, and with what comes behind."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.errors import UsageError
from wssure.facts import HttpOverLimit, NotHttpSeen
from wssure.protocol.exchange import Answer
from wssure.protocol.tunnel import TunnelHandshake, TunnelRefused
from wssure.wire.http_message import HttpLimits

OPENED = {
    "plain": b"HTTP/1.1 200 Connection established\r\n\r\n",
    "old": b"HTTP/1.0 200 OK\r\nVia: 1.0 old\r\n\r\n",
    "another 2xx": b"HTTP/1.1 204 No Content\r\n\r\n",
    "after an interim one": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    # RFC 9110 section 9.3.6: a client ignores both in a successful answer to CONNECT.
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "with a coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "with both": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
}
REFUSED = {
    "user": (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno", 407),
    "forbidden": (b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 403),
    "redirect": (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 302),
    # A tunnel is no upgrade.
    "upgraded": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
}
GARBAGE = [
    b"SSH-2.0-OpenSSH\r\n",
    b"\x15\x03\x01\x00\x02\x02\x50",
    b"\x05\xff",
    b"HTTP/1.1 abc\r\n\r\n",
    b"HTTP/2 200\r\n\r\n",
]


def fed(data: bytes, step: int) -> Answer | None:
    handshake = TunnelHandshake("a.example", 443)
    opened = None
    for at in range(0, len(data), step):
        assert opened is None, "what comes behind an answer is the caller's"
        opened = handshake.receive(data[at : at + step])
    return opened


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("name", OPENED)
def test_a_2xx_opens_the_tunnel_and_has_no_body(name, step):
    opened = fed(OPENED[name], step)
    assert opened is not None
    assert 200 <= opened.response.status < 300
    assert opened.leftover == b""


@pytest.mark.parametrize("name", OPENED)
def test_what_comes_behind_the_head_is_the_servers(name):
    opened = TunnelHandshake("a.example", 443).receive(OPENED[name] + b"5\r\nhello")
    assert opened is not None
    assert opened.leftover == b"5\r\nhello"


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("name", REFUSED)
def test_every_other_status_is_a_refusal_with_its_answer(name, step):
    data, status = REFUSED[name]
    with pytest.raises(TunnelRefused) as caught:
        fed(data, step)
    assert caught.value.response is not None
    assert caught.value.response.status == status
    assert str(status) in str(caught.value)


@pytest.mark.parametrize("data", GARBAGE, ids=repr)
def test_what_is_no_http_is_a_refusal_that_shows_how_it_begins(data):
    with pytest.raises(TunnelRefused) as caught:
        fed(data, 1)
    assert caught.value.response is None
    first = next(fact for fact in caught.value.facts if isinstance(fact, NotHttpSeen))
    assert data.startswith(bytes.fromhex(first.hex))


def test_a_body_without_end_is_cut_where_the_caller_loses_patience():
    handshake = TunnelHandshake("a.example", 443)
    assert handshake.receive(b"HTTP/1.1 403 Forbidden\r\n") is None
    assert not handshake.has_head
    assert handshake.receive(b"\r\nno") is None
    assert handshake.has_head
    with pytest.raises(TunnelRefused) as caught:
        handshake.receive_eof()
    assert caught.value.response.status == 403
    assert caught.value.response.body == b"no"
    assert handshake.seen_bytes == len(b"HTTP/1.1 403 Forbidden\r\n\r\nno")


def test_an_end_before_the_head_is_none_of_its_business():
    handshake = TunnelHandshake("a.example", 443)
    handshake.receive(b"HTTP/1.1 4")
    handshake.receive_eof()


def test_an_answer_has_limits():
    handshake = TunnelHandshake("a.example", 443, limits=HttpLimits(line_bytes=100))
    with pytest.raises(TunnelRefused) as caught:
        handshake.receive(b"HTTP/1.1 200 " + b"x" * 200)
    assert caught.value.facts == (HttpOverLimit("line_bytes", 100),)


def test_the_request_names_the_target_twice_and_nothing_of_the_servers():
    request = TunnelHandshake("2001:db8::7", 8443, userinfo=("me", "pä:ss"), user_agent="x").request_bytes()
    token = base64.b64encode("me:pä:ss".encode()).decode()
    assert request.decode() == (
        "CONNECT [2001:db8::7]:8443 HTTP/1.1\r\nHost: [2001:db8::7]:8443\r\n"
        f"User-Agent: x\r\nProxy-Authorization: Basic {token}\r\n\r\n"
    )


def test_a_zone_means_nothing_to_a_proxy():
    with pytest.raises(UsageError, match="zone"):
        TunnelHandshake("fe80::1%eth0", 443)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_open_refuse_or_wait(data, step):
    handshake = TunnelHandshake("a.example", 443)
    try:
        for at in range(0, len(data), step):
            if handshake.receive(data[at : at + step]) is not None:
                return
        handshake.receive_eof()
    except TunnelRefused:
        pass
