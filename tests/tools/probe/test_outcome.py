"""How far a connection got, and in which words: what experiments are compared by."""

from __future__ import annotations

import pytest

from wssure.evidence import Attempt
from wssure.facts import (
    AlertSeen,
    CertificateSeen,
    ClientHelloSeen,
    Fact,
    NotHttpSeen,
    NotTlsSeen,
    OsErrorSeen,
    ProxyEof,
    ProxyResponse,
    ProxyUsed,
    ResponseSeen,
    ServerHelloSeen,
    TimedOut,
    TlsDone,
    TlsEof,
    VerifyDefect,
)
from wssure.tools.probe.outcome import Outcome, Progress, outcome_of

STOOD = (Attempt("192.0.2.7:443", True),)
FAILED = (Attempt("192.0.2.7:443", False, "Connection refused", 111),)
HELLO = ClientHelloSeen(direction="sent", server_name="b.example.net")
SERVER_HELLO = ServerHelloSeen(version="TLSv1.3")
CERTIFICATE = CertificateSeen(depth=0, dns_names=("a.example.net", "b.example.net", "c.example.net"))
BY_ADDRESS = CertificateSeen(depth=0, dns_names=(), ip_addresses=("192.0.2.7",))
NAMELESS = CertificateSeen(depth=0)
DONE = TlsDone(version="TLSv1.3")
HOSTNAME = VerifyDefect(flag="hostname", depth=0)
EXPIRED = VerifyDefect(flag="expired", depth=0)
PROXY = ProxyUsed(host="192.0.2.9", port=3128, origin="proxy=")


def alert(number: int, name: str, direction: str = "received") -> Fact:
    return AlertSeen(direction=direction, level="fatal", number=number, name=name)


def answer(status: int, reason: str, kind: type[ResponseSeen | ProxyResponse] = ResponseSeen) -> Fact:
    return kind(status, reason)


def error(name: str, call: str = "recv") -> Fact:
    return OsErrorSeen(errno=1, name=name, text="words", call=call)


SILENCE = TimedOut(phase="tls", limit_s=1.5)
EOF = TlsEof(clean=False, after="client_hello", bytes_received=0)
FIRST = NotTlsSeen(hex="5353482d", text="SSH-")

CASES = [
    ("nothing at all", (), (), Progress.NOTHING, "nothing", False),
    ("refused", (error("ECONNREFUSED", "connect"),), FAILED, Progress.NOTHING, "ECONNREFUSED", False),
    ("connected", (), STOOD, Progress.CONNECTED, "nothing", False),
    ("closed", (HELLO, EOF), STOOD, Progress.CONNECTED, "closed", False),
    ("reset", (HELLO, error("ECONNRESET")), STOOD, Progress.CONNECTED, "reset", False),
    ("broken", (HELLO, error("EPIPE", "send")), STOOD, Progress.CONNECTED, "reset", False),
    ("closed by the second address", (error("ECONNREFUSED", "connect"), HELLO, EOF), FAILED + STOOD, Progress.CONNECTED, "closed", False),
    ("silence", (HELLO, SILENCE), STOOD, Progress.CONNECTED, "silence for 1.5 s", True),
    ("alert", (HELLO, alert(40, "handshake_failure")), STOOD, Progress.CONNECTED, "alert 40 (handshake_failure)", False),
    ("goodbye is no refusal", (HELLO, alert(0, "close_notify"), EOF), STOOD, Progress.CONNECTED, "closed", False),
    ("own alert is no answer", (HELLO, alert(42, "bad_certificate", "sent"), EOF), STOOD, Progress.CONNECTED, "closed", False),
    ("alert before silence", (HELLO, alert(40, "x"), SILENCE), STOOD, Progress.CONNECTED, "alert 40 (x)", False),
    ("other bytes", (HELLO, FIRST), STOOD, Progress.CONNECTED, 'the bytes "SSH-"', False),
    ("hello", (HELLO, SERVER_HELLO, EOF), STOOD, Progress.ANSWERED, "server hello TLSv1.3, then closed", False),
    (
        "certificate refused",
        (HELLO, SERVER_HELLO, CERTIFICATE, HOSTNAME, EXPIRED),
        STOOD,
        Progress.ANSWERED,
        "server hello TLSv1.3, certificate for a.example.net, b.example.net, then we rejected the certificate: expired, hostname",
        False,
    ),
    (
        "certificate by address",
        (HELLO, SERVER_HELLO, BY_ADDRESS, EOF),
        STOOD,
        Progress.ANSWERED,
        "server hello TLSv1.3, certificate for 192.0.2.7, then closed",
        False,
    ),
    ("secured", (HELLO, SERVER_HELLO, NAMELESS, DONE), STOOD, Progress.SECURED, "server hello TLSv1.3, verified", False),
    ("secured without knowing by what", (HELLO, DONE), STOOD, Progress.SECURED, "server hello TLSv1.3", False),
    ("refused request", (HELLO, DONE, answer(404, "Not Found")), STOOD, Progress.SECURED, "server hello TLSv1.3, then 404 Not Found", False),
    ("refused request in clear", (answer(403, "Forbidden"),), STOOD, Progress.SECURED, "403 Forbidden", False),
    ("no HTTP", (NotHttpSeen(hex="00", text="\\x00"),), STOOD, Progress.CONNECTED, 'the bytes "\\x00"', False),
    ("upgraded", (HELLO, SERVER_HELLO, DONE, answer(101, "x")), STOOD, Progress.UPGRADED, "101 Switching Protocols", False),
    ("refused by a proxy", (PROXY, answer(407, "Auth", ProxyResponse)), STOOD, Progress.NOTHING, "407 Auth of the proxy", False),
    ("closed by a proxy", (PROXY, ProxyEof(bytes_received=0)), STOOD, Progress.NOTHING, "closed", False),
    ("tunnelled", (PROXY, answer(200, "OK", ProxyResponse), HELLO, EOF), STOOD, Progress.CONNECTED, "closed", False),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_facts_end_in_a_step_and_words(case):
    _, facts, attempts, progress, said, silent = case
    assert outcome_of(facts, attempts) == Outcome(progress, said, silent)


def test_steps_are_in_the_order_they_happen():
    assert Progress.NOTHING < Progress.CONNECTED < Progress.ANSWERED < Progress.SECURED < Progress.UPGRADED


def test_words_of_the_peer_are_safe_for_a_terminal():
    facts = (HELLO, NotTlsSeen(hex="1b", text="\x1b[31m\u202eevil"))
    said = outcome_of(facts, STOOD).answer
    assert "\x1b" not in said
    assert "\u202e" not in said
