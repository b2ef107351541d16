"""A connection and an experiment on the same endpoint see the same: the kinds of facts, in order, and the outcome."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.listener import listening

import wssure
from wssure import TLSSettings
from wssure.evidence import Fact
from wssure.name import normalise_host
from wssure.tls import backends
from wssure.tools.probe.attempt import Request, Route, Tls, ask_upgrade
from wssure.tools.probe.outcome import Progress, outcome_of

HERE = "127.0.0.1"
LIMIT_S = 0.4

# What the other side of the TCP connection does, without TLS of its own.
BELOW = {
    "closes": scripts.closes_after_hello,
    "resets": scripts.resets_after_hello,
    "is silent": scripts.stays_silent,
    "alert": scripts.sends_alert(40),
    "no TLS": scripts.says_after_hello(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "half a record": scripts.says_after_hello(b"\x16\x03\x03\x40\x00\x02"),
}
# What a server says over an open way, in clear text or over TLS.
ABOVE = {
    "404": scripts.status(404, "Not Found", body=b"no"),
    "broken 101": scripts.upgrades(drop="Upgrade", keep=False),
    "wrong accept": scripts.upgrades(accept=b"x" * 28, keep=False),
    "unasked extension": scripts.upgrades(extra=(b"Sec-WebSocket-Extensions: x-other",), keep=False),
    "closes": scripts.ends_after_request,
    "half a head": scripts.answers(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "no HTTP": scripts.answers(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "broken HTTP": scripts.answers(b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"),
    "is silent": scripts.silent_after_request,
}


def seen(facts: tuple[Fact, ...]) -> list[str]:
    """Return the kinds of what was seen; what the caller asked for is no part of it."""
    return [fact.kind for fact in facts if not fact.kind.startswith("endpoint.")]


def both(port: int, backend: str | None, tls: TLSSettings | None = None) -> tuple[wssure.Failure, tuple[Fact, ...]]:
    """Return the failure of a connection to a port, and the facts of an experiment that asks the same."""
    scheme = "ws" if backend is None else "wss"
    options = {} if backend is None else {"backend": backend, "tls": tls}

    async def run() -> tuple[wssure.Failure, tuple[Fact, ...]]:
        url = f"{scheme}://{NAME}:{port}/"
        with pytest.raises(wssure.ConnectFailed) as caught:
            await wssure.connect(url, address=HERE, compression=None, open_timeout=LIMIT_S, **options)
        its = None if backend is None else Tls(backends.backend(backend), tls or TLSSettings(), normalise_host(NAME))
        route = Route((socket.AF_INET, (HERE, port)))
        told = await ask_upgrade(route, its, Request(f"{NAME}:{port}", "/"), LIMIT_S)
        assert caught.value.failure is not None
        return caught.value.failure, told.facts

    return asyncio.run(run())


def check_same(failure: wssure.Failure, facts: tuple[Fact, ...]) -> None:
    assert seen(failure.facts) == seen(facts)
    assert outcome_of(failure.facts, failure.attempts).progress == outcome_of(facts, failure.attempts).progress
    assert outcome_of(failure.facts, failure.attempts).answer == outcome_of(facts, failure.attempts).answer


@pytest.mark.parametrize("peer", BELOW)
def test_a_handshake_that_fails(backend, peer):
    with listening(BELOW[peer]) as port:
        check_same(*both(port, backend))


@pytest.mark.parametrize("peer", ABOVE)
def test_an_upgrade_over_tls_that_fails(backend, context, ca_pem, peer):
    with listening(scripts.over_tls(context(), ABOVE[peer])) as port:
        failure, facts = both(port, backend, TLSSettings(ca=ca_pem))
    check_same(failure, facts)
    assert outcome_of(facts, failure.attempts).progress is Progress.SECURED


@pytest.mark.parametrize("peer", ["broken 101", "wrong accept", "unasked extension"])
def test_a_broken_101_can_be_beaten_by_an_experiment(peer):
    with listening(ABOVE[peer]) as port:
        failure, facts = both(port, None)
    assert outcome_of(failure.facts, failure.attempts).progress < Progress.UPGRADED
    assert outcome_of(facts, failure.attempts).progress < Progress.UPGRADED


@pytest.mark.parametrize("peer", ABOVE)
def test_an_upgrade_in_clear_text_that_fails(peer):
    with listening(ABOVE[peer]) as port:
        check_same(*both(port, None))


def test_a_certificate_that_is_not_trusted(backend, context):
    with listening(scripts.over_tls(context(), scripts.ends_after_request)) as port:
        check_same(*both(port, backend))


def test_a_certificate_for_another_name(backend, context, ca_pem):
    with listening(scripts.over_tls(context("other.example.net"), scripts.ends_after_request)) as port:
        check_same(*both(port, backend, TLSSettings(ca=ca_pem)))
