"""The ladder shows what was said in order, and draws in what is missing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.facts import facts

from wssure.evidence import Phase
from wssure.facts import (
    AlertSeen,
    CertificateSeen,
    ClientHelloSeen,
    Fact,
    NotTlsSeen,
    OsErrorSeen,
    ProxyEof,
    ProxyResponse,
    ResponseSeen,
    ServerHelloSeen,
    TimedOut,
    TlsDone,
    TlsEof,
)
from wssure.tools.draw.ladder import ladder, rungs
from wssure.tools.draw.svg import svg


def hello(name: str | None = "b.example.net", direction: str = "sent") -> Fact:
    value = {"direction": direction, "server_name": name, "versions": ["TLSv1.3"], "alpn": ["http/1.1"], "bytes": 512}
    return ClientHelloSeen(**value)


SERVER_HELLO = ServerHelloSeen(version="TLSv1.3", cipher="X", group="x25519", hello_retry=False)
CERTIFICATE = CertificateSeen(depth=0, dns_names=("b.example.net",), not_after="2030-01-01T00:00:00")
DONE = TlsDone(version="TLSv1.3", cipher="X", alpn="http/1.1", resumed=False)
ALERT = AlertSeen(direction="received", level="fatal", number=40, name="handshake_failure")
EOF = TlsEof(clean=False, after="client_hello", bytes_received=0)
RESET = OsErrorSeen(errno=104, name="ECONNRESET", text="Connection reset by peer", call="recv")
SILENCE = TimedOut(phase="tls", limit_s=3)
SWITCHED = ResponseSeen(status=101, reason="Switching Protocols")
FORBIDDEN = ResponseSeen(status=403, reason="Forbidden")

TUNNEL = ProxyResponse(status=200, reason="Connection established")
NO_TUNNEL = ProxyResponse(status=407, reason="Proxy Authentication Required")

# Facts -> the labels in order, a missing one in brackets.
CASES = [
    ("no name, closed", [hello(None), EOF], "ClientHello [server_name (SNI)] end of file [ServerHello]"),
    ("an empty name", [hello(""), EOF], "ClientHello [server_name (SNI)] end of file [ServerHello]"),
    ("alert", [hello(), ALERT], "ClientHello alert 40 [ServerHello]"),
    (
        "certificates of CAs, and a close_notify, are no steps",
        [
            hello(),
            SERVER_HELLO,
            CERTIFICATE,
            CertificateSeen(depth=1),
            AlertSeen(direction="received", level="warning", number=0),
            RESET,
        ],
        "ClientHello ServerHello Certificate reset [Finished]",
    ),
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
    ("closed by a proxy", [ProxyEof(bytes_received=0)], "CONNECT end of file [101 Switching Protocols]"),
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
    theirs = rungs([hello(direction="received"), ALERT.replace(direction="sent")])
    assert [(rung.label, rung.to_server) for rung in ours] == [(rung.label, rung.to_server) for rung in theirs]


def test_no_line_is_wider_than_asked():
    facts = [hello("a" * 200), ALERT]
    assert max(map(len, ladder(facts, width=80).splitlines())) <= 80


def test_the_arrows_are_of_one_length():
    lines = ladder([hello(None), ALERT]).splitlines()[1:]
    assert len({line.index("  ", 6) for line in lines if line.count("│") == 2 or line.count("┊") == 2}) == 1


@given(st.lists(facts(), max_size=6))
def test_every_fact_can_be_drawn(seen):
    assert ladder([hello(), *seen])
    ElementTree.fromstring(svg([], seen, title="x"))


def test_the_picture_holds_both_and_escapes_what_peers_say():
    phases = [Phase("dial", "192.0.2.7:443", 0.0, 3.0, True), Phase("tls", "192.0.2.7:443", 3.0, 9.5, False)]
    evil = NotTlsSeen(hex="", text="</text><script>alert(1)</script>&\x1b[31m")
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


def test_without_messages_there_is_nothing_to_draw():
    assert ladder([]) == ""
