"""The vocabulary of facts: each kind is a class, its JSON is stable, and the words of a peer are safe to print."""

from __future__ import annotations

import copy
import json
import pickle
import re

import pytest
from hypothesis import given
from tests.facts import facts, texts

from wssure.facts import (
    KINDS,
    AlertSeen,
    CertificateSeen,
    ClientHelloSeen,
    EndpointHost,
    EndpointServerName,
    Fact,
    FetchResult,
    HttpEof,
    KeepaliveFailed,
    NotTlsSeen,
    OtherFact,
    ResponseSeen,
    ServerHelloSeen,
)

pytestmark = pytest.mark.matrix

ALERT = AlertSeen("received", "fatal", 40, "handshake_failure")


@given(facts())
def test_a_fact_survives_json_pickle_and_copy(fact: Fact):
    text = json.dumps(fact.to_json())
    for twin in (
        Fact.from_json(json.loads(text)),
        pickle.loads(pickle.dumps(fact)),
        copy.copy(fact),
        copy.deepcopy(fact),
    ):
        assert twin == fact
        assert hash(twin) == hash(fact)
        assert json.dumps(twin.to_json()) == text


JSON = [
    (
        ALERT,
        {
            "direction": "received",
            "level": "fatal",
            "number": 40,
            "name": "handshake_failure",
            "encrypted": False,
            "after_done": False,
        },
    ),
    (EndpointHost("b.example.net"), "b.example.net"),
    (EndpointServerName(None), None),
    (KeepaliveFailed("peer-silent"), {"kind": "peer-silent", "interval_s": None, "timeout_s": None, "blocked_s": None}),
    (ServerHelloSeen("TLSv1.3"), {"version": "TLSv1.3", "cipher": None, "group": None, "hello_retry": False}),
    (HttpEof(7), {"bytes_received": 7}),
]


@pytest.mark.parametrize(("fact", "value"), JSON, ids=lambda one: getattr(one, "kind", ""))
def test_the_json_of_a_fact_is_its_value_by_key(fact: Fact, value: object):
    assert fact.at(1.5, (2, 4)).to_json() == {"kind": fact.kind, "value": value, "t_ms": 1.5, "span": [2, 4]}
    assert fact.to_json() == {"kind": fact.kind, "value": value, "t_ms": None, "span": None}


def test_two_facts_are_equal_if_the_same_was_seen_whenever_that_was():
    assert ALERT.at(1.0) == ALERT.at(2.0, (0, 2)) == ALERT
    assert ALERT.replace(number=41) != ALERT
    assert HttpEof(0) != EndpointHost("")


def test_a_fact_does_not_change():
    with pytest.raises(AttributeError, match=r"AlertSeen\.number cannot be set"):
        ALERT.number = 41
    with pytest.raises(AttributeError, match=r"AlertSeen\.number cannot be deleted"):
        del ALERT.number
    headers = {"server": "x"}
    answer = ResponseSeen(200, headers=headers)
    headers["server"] = "y"
    answer.to_json()["value"]["headers"]["server"] = "z"
    assert answer.headers == {"server": "x"}


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("sent",), {}),
        (("sent", "fatal", 40), {"nmae": "x"}),
        (("sent",), {"direction": "sent", "level": "fatal", "number": 1}),
    ],
    ids=["missing", "unknown", "twice"],
)
def test_a_fact_is_made_of_all_its_fields_and_no_others(args: tuple, kwargs: dict):
    with pytest.raises(TypeError, match="AlertSeen has the fields"):
        AlertSeen(*args, **kwargs)
    with pytest.raises(TypeError, match="AlertSeen has the fields"):
        AlertSeen("sent", "fatal", 40, None, False, False, "one more")
    with pytest.raises(TypeError, match="AlertSeen has the fields"):
        ALERT.replace(nmae="x")


@given(texts, texts)
def test_text_of_the_peer_is_escaped_and_cut_when_a_fact_is_made(one: str, two: str):
    made = (
        ClientHelloSeen("received", one, alpn=(one, two)),
        CertificateSeen(0, subject=one, dns_names=(two,) * 200),
        ResponseSeen(200, one, {one: two}, two),
        NotTlsSeen.of(one.encode("utf-8", "surrogatepass")),
    )
    for fact in made:
        shown = json.dumps(fact.to_json(), ensure_ascii=False)
        assert re.sub(r"\s", "", shown).isprintable()
        assert max(len(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', shown)) <= 300 * 10 + 1
    assert len(made[1].dns_names) == 100


def test_peer_text_can_be_mapped_and_nothing_else_is():
    fact = ResponseSeen(403, "no", {"server": "us"}, "we say no")
    assert fact.with_peer_text(str.upper) == ResponseSeen(403, "NO", {"SERVER": "US"}, "WE SAY NO")
    assert ALERT.with_peer_text(str.upper) == ALERT


# Reading what another version wrote.


def test_an_older_reader_keeps_a_kind_it_does_not_know_as_it_is():
    data = {"kind": "quic.datagram", "value": {"bytes": [1, {"x": None}]}, "t_ms": 1.0, "span": None}
    fact = Fact.from_json(data)
    assert fact == OtherFact("quic.datagram", {"bytes": [1, {"x": None}]})
    assert fact.kind == "quic.datagram"
    assert fact.to_json() == data


def test_an_older_reader_leaves_out_a_key_it_does_not_know():
    data = ALERT.to_json()
    data["value"]["colour"] = "red"
    assert Fact.from_json(data) == ALERT


def test_a_newer_reader_takes_the_default_of_a_key_that_an_older_writer_did_not_have():
    data = ALERT.to_json()
    del data["value"]["after_done"], data["span"]
    assert Fact.from_json(data) == ALERT


BAD = [
    (
        "missing",
        "tls.alert",
        {"direction": "sent", "level": "fatal"},
        "tls.alert got nothing for number, expected int | None",
    ),
    ("text", "tls.alert", {"direction": "sent", "level": "fatal", "number": "x"}, "got 'x' for number"),
    ("truth", "tls.alert", {"direction": "sent", "level": "fatal", "number": True}, "got True for number"),
    ("number", "ws.keepalive", {"kind": 3}, "ws.keepalive got 3 for kind, expected str"),
    ("items", "tls.name_check", {"expected": "a", "presented": [1]}, "got [1] for presented"),
    ("header", "http.response", {"status": 200, "headers": {"a": None}}, "got {'a': None} for headers"),
    ("no object", "tls.alert", [1], "tls.alert got list, expected an object"),
    ("bare", "endpoint.port", "443", "endpoint.port got '443' for port, expected int"),
]


@pytest.mark.parametrize(("kind", "value", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_value_that_no_writer_made_is_refused_by_kind_and_key(kind: str, value: object, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        Fact.from_json({"kind": kind, "value": value, "t_ms": None, "span": None})


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"kind": "tls.alert"},
        {"kind": [], "value": 1},
        {"kind": 3, "value": 1},
        {"kind": "x.y", "value": 1, "t_ms": "late"},
        {"kind": "x.y", "value": 1, "span": 5},
        {"kind": "x.y", "value": 1, "span": "ab"},
        {"kind": "x.y", "value": 1, "span": [1, 2, 3]},
    ],
    ids=repr,
)
def test_what_is_no_fact_at_all_is_refused_in_the_same_way(data: dict):
    with pytest.raises(ValueError, match="fact"):
        Fact.from_json(data)


def test_text_that_another_program_wrote_is_escaped_when_it_is_read():
    data = {"kind": "fetch.result", "value": {"kind": "aia", "url": "x\x1b[31m"}, "t_ms": None, "span": None}
    assert Fact.from_json(data) == FetchResult("aia", r"x\x1b[31m")


def test_a_kind_has_one_class_and_the_class_its_docs():
    for kind, made in KINDS.items():
        assert made.kind == kind
        summary, _, args = (made.__doc__ or "").partition("Args:")
        assert summary.strip()
        for name in made._annotations:
            assert re.search(rf"^\s+{name}: \S", args, re.MULTILINE), f"{made.__name__}.{name} has no docs"
