"""One connection of an experiment: what it refuses to send, and that it ends however the other side behaves."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.listener import listening, refusing

from wssure import TLSSettings
from wssure.facts import LibraryWords, ResponseSeen
from wssure.name import normalise_host
from wssure.tls import backends
from wssure.tools.probe.attempt import Request, Route, Tls, ask_plainly, ask_upgrade, listen, offer_hello, shake_hands
from wssure.tools.probe.outcome import Progress
from wssure.tools.probe.probed import parse_address

HERE = "127.0.0.1"
HELLO = [b"\x16\x03\x01\x00\x01\x00"]


def tls(backend: str, **settings: object) -> Tls:
    return Tls(backends.backend(backend), TLSSettings(**settings), normalise_host(NAME))


def at(port: int) -> Route:
    return Route((socket.AF_INET, (HERE, port)))


def test_a_client_certificate_is_refused_by_construction(backend):
    with pytest.raises(AssertionError, match="no client certificate"):
        tls(backend, cert=b"x")


@pytest.mark.parametrize("verify", ["none", "chain"])
def test_a_request_is_not_made_without_a_proved_name(backend, verify):
    asked = ask_upgrade(at(1), tls(backend, verify=verify), Request(NAME, "/"), 1)
    with pytest.raises(AssertionError, match="unverified"):
        asyncio.run(asked)


def test_a_variant_the_library_cannot_make_changes_nothing(backend, tmp_path):
    with listening(scripts.closes_after_hello) as port:
        told = asyncio.run(shake_hands(at(port), tls(backend, ca=tmp_path / "absent.pem"), 1))
    assert told.outcome.progress is Progress.CONNECTED
    assert "absent.pem" in str(told.fact(LibraryWords))


TRIALS = {
    "hello": lambda address: offer_hello(address, HELLO, 0.2),
    "http": lambda address: ask_plainly(address, NAME, 0.2),
    "listen": lambda address: listen(address, 0.2),
    "upgrade": lambda address: ask_upgrade(address, None, Request(NAME, "/"), 0.2),
}
PEERS = {
    "silent": scripts.stays_silent,
    "reset": scripts.resets_after_hello,
    "rubbish": scripts.says_after_hello(b"\x00\xff" * 40),
    "half a record": scripts.says_after_hello(b"\x16\x03\x03\x40\x00\x02"),
    "half an answer": scripts.answers(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "endless": scripts.answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000),
    "bad chunks": scripts.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("trial", TRIALS)
def test_every_trial_ends_at_every_peer(trial, peer):
    with listening(PEERS[peer]) as port:
        told = asyncio.run(TRIALS[trial](at(port)))
    assert told.outcome.answer
    assert told.outcome.progress < Progress.UPGRADED


@pytest.mark.parametrize("trial", TRIALS)
def test_a_port_that_refuses_is_an_outcome_too(trial):
    with refusing() as port:
        told = asyncio.run(TRIALS[trial](at(port)))
    assert (told.outcome.progress, told.outcome.answer) == (Progress.NOTHING, "ECONNREFUSED")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.7:443", (socket.AF_INET, ("192.0.2.7", 443))),
        ("[2001:db8::7]:443", (socket.AF_INET6, ("2001:db8::7", 443, 0, 0))),
        ("b.example.net:443", None),
        ("/run/socket", None),
        ("192.0.2.7", None),
        ("", None),
    ],
)
def test_only_an_address_is_dialled(text, expected):
    assert parse_address(text) == expected


@pytest.mark.parametrize("ask", ["http", "upgrade"])
def test_a_refusal_whose_body_does_not_end_is_a_refusal_and_not_silence(ask):
    def talk(connection: socket.socket) -> None:
        scripts.read_request(connection)
        connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\nnot he")
        scripts.wait_for_end(connection)

    asking = {
        "http": lambda route: ask_plainly(route, NAME, 5),
        "upgrade": lambda route: ask_upgrade(route, None, Request(NAME, "/"), 5),
    }
    with listening(talk) as port:
        told = asyncio.run(asking[ask](at(port)))
    assert told.fact(ResponseSeen).status == 404
    assert not told.outcome.silent
