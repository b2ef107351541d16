"""A plain request takes whatever HTTP answers, and refuses what is no HTTP."""

from __future__ import annotations

import pytest

from wssure.facts import NotHttpSeen
from wssure.protocol.exchange import PlainAsking, Refused

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def test_every_status_is_an_answer_and_what_follows_is_kept():
    for status in (101, 200, 302, 404, 503):
        asking = PlainAsking(REQUEST)
        assert asking.request_bytes() == REQUEST
        head = b"HTTP/1.1 %d Any\r\nContent-Length: 2\r\n\r\n" % status
        assert asking.receive(head[:9]) is None
        assert not asking.has_head
        answer = asking.receive(head[9:] + b"okrest")
        assert answer is not None
        assert answer.response.status == status
        assert answer.response.body + answer.leftover == b"okrest"
        assert asking.seen_bytes == len(head) + 6


def test_the_end_completes_a_body_without_a_length_and_nothing_else():
    asking = PlainAsking(REQUEST)
    assert asking.receive(b"HTTP/1.1 200 OK\r\n") is None
    assert asking.receive_eof() is None
    asking = PlainAsking(REQUEST)
    assert asking.receive(b"HTTP/1.1 200 OK\r\n\r\nall of it") is None
    answer = asking.receive_eof()
    assert answer is not None
    assert answer.response.body == b"all of it"


def test_what_is_no_http_is_refused_with_its_first_bytes():
    with pytest.raises(Refused) as caught:
        PlainAsking(REQUEST).receive(b"SSH-2.0-x\r\n")
    assert (caught.value.kind, caught.value.response) == ("garbage", None)
    (fact,) = caught.value.facts
    assert isinstance(fact, NotHttpSeen)
    assert fact.text.startswith("SSH-2.0-x")
