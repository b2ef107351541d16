"""The ladder shows what was said in order, and draws in what is missing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from wssure.diagnose.ladder import ladder, rungs
from wssure.diagnose.svg import svg
from wssure.evidence import Fact, Phase


def hello(name: str | None = "b.example.net", direction: str = "sent") -> Fact:
    value = {"direction": direction, "server_name": name, "versions": ["TLSv1.3"], "alpn": ["http/1.1"], "bytes": 512}
    return Fact("tls.client_hello", value)


SERVER_HELLO = Fact("tls.server_hello", {"version": "TLSv1.3", "cipher": "X", "group": "x25519", "hello_retry": False})
CERTIFICATE = Fact("tls.certificate", {"depth": 0, "dns_names": ["b.example.net"], "not_after": "2030-01-01T00:00:00"})
DONE = Fact("tls.done", {"version": "TLSv1.3", "cipher": "X", "alpn": "http/1.1", "resumed": False})
ALERT = Fact("tls.alert", {"direction": "received", "level": "fatal", "number": 40, "name": "handshake_failure"})
EOF = Fact("tls.eof", {"clean": False, "after": "client_hello", "bytes_received": 0})
RESET = Fact("os.error", {"errno": 104, "name": "ECONNRESET", "text": "Connection reset by peer", "call": "recv"})
SILENCE = Fact("timeout", {"phase": "tls", "limit_s": 3})
SWITCHED = Fact("http.response", {"status": 101, "reason": "Switching Protocols"})
FORBIDDEN = Fact("http.response", {"status": 403, "reason": "Forbidden"})

TUNNEL = Fact("proxy.response", {"status": 200, "reason": "Connection established"})
NO_TUNNEL = Fact("proxy.response", {"status": 407, "reason": "Proxy Authentication Required"})

# Facts -> the labels in order, a missing one in brackets.
CASES = [
    ("no name, closed", [hello(None), EOF], "ClientHello [server_name (SNI)] end of file [ServerHello]"),
    ("an empty name", [hello(""), EOF], "ClientHello [server_name (SNI)] end of file [ServerHello]"),
    ("alert", [hello(), ALERT], "ClientHello alert 40 [ServerHello]"),
    ("reset after the hello", [hello(), SERVER_HELLO, RESET], "ClientHello ServerHello reset [Certificate]"),
    ("silence", [hello(), SILENCE], "ClientHello silence [ServerHello]"),
    ("the end noted first", [hello(), EOF, SERVER_HELLO], "ClientHello ServerHello end of file [Certificate]"),
    (
        "refused request",
        [hello(), SERVER_HELLO, CERTIFICATE, DONE, FORBIDDEN],
        "ClientHello ServerHello Certificate Finished 403 Forbidden",
    ),
    (
        "all is well",
        [hello(), SERVER_HELLO, CERTIFICATE, DONE, SWITCHED],
        "ClientHello ServerHello Certificate Finished 101 Switching Protocols",
    ),
    ("resumed", [hello(), SERVER_HELLO, DONE, SWITCHED], "ClientHello ServerHello Finished 101 Switching Protocols"),
    ("through a proxy", [TUNNEL, hello(), EOF], "CONNECT tunnel ClientHello end of file [ServerHello]"),
    ("refused by a proxy", [NO_TUNNEL], "CONNECT 407 Proxy Authentication Required"),
    ("closed by a proxy", [Fact("proxy.eof", {"bytes_received": 0})], "CONNECT end of file [101 Switching Protocols]"),
    ("nothing", [], ""),
]


@pytest.mark.parametrize(("facts", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_missing_is_drawn_in(facts, expected):
    labels = [f"[{rung.label}]" if rung.missing else rung.label for rung in rungs(facts)]
    assert " ".join(labels) == expected


def test_a_certificate_that_never_came_is_never_drawn_as_one():
    text = ladder([hello(), EOF])
    assert "never came, nor did Certificate, Finished, 101" in text
    assert "Certificate ╌" not in text
    assert "Certificate ─" not in text


def test_directions_do_not_depend_on_which_side_we_are():
    ours = rungs([hello(), ALERT])
    theirs = rungs([hello(direction="received"), Fact("tls.alert", {**ALERT.value, "direction": "sent"})])
    assert [(rung.label, rung.to_server) for rung in ours] == [(rung.label, rung.to_server) for rung in theirs]


def test_no_line_is_wider_than_asked():
    facts = [hello("a" * 200), ALERT]
    assert max(map(len, ladder(facts, width=80).splitlines())) <= 80


def test_the_arrows_are_of_one_length():
    lines = ladder([hello(None), ALERT]).splitlines()[1:]
    assert len({line.index("  ", 6) for line in lines if line.count("│") == 2 or line.count("┊") == 2}) == 1


@pytest.mark.parametrize("value", [None, {}, 7, {"number": None}, {"versions": 3, "dns_names": None}], ids=repr)
@pytest.mark.parametrize("kind", ["tls.client_hello", "tls.alert", "tls.certificate", "http.response", "tls.verify"])
def test_facts_of_another_shape_do_no_harm(kind, value):
    facts = [hello(), Fact(kind, value)]
    assert ladder(facts)
    ElementTree.fromstring(svg([], facts, title="x"))


def test_the_picture_holds_both_and_escapes_what_peers_say():
    phases = [Phase("dial", "192.0.2.7:443", 0.0, 3.0, True), Phase("tls", "192.0.2.7:443", 3.0, 9.5, False)]
    evil = Fact("tls.first_bytes", {"hex": "", "text": "</text><script>alert(1)</script>&\x1b[31m"})
    root = ElementTree.fromstring(svg(phases, [hello(None), evil], title='<b>"&'))
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert '<b>"&' in texts
    assert "9.5 ms ✗" in texts
    assert "server_name (SNI)" in texts
    assert any("<script>" in text for text in texts)
    assert not any("\x1b" in text for text in texts)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "defs",
        "marker",
        "path",
        "rect",
        "line",
        "text",
    }


def test_a_picture_of_nothing_is_still_one():
    assert ElementTree.fromstring(svg([], [], title="")).get("viewBox")
