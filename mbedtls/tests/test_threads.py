"""Connections of several threads: what one waits for in the middle of its handshake touches no other."""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any

import pytest
from tests.tls.chains import Issued, issue
from tests.tls.pair import Pair, make_pair

from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

HOST = "a.example.net"
ROOT = issue(name="root", is_ca=True)
SERVER = issue(ROOT, HOST)
GOOD = issue(ROOT, name="good")
EXPIRED = issue(ROOT, name="old", days=(-3, -1))
WAIT_S = 30


def connect(backend: MbedTLSBackend, client: Issued, version: str, session: object | None = None) -> Pair:
    settings = TLSSettings(ca=ROOT.pem, cert=client.pem, key=client.key_pem, min_version=version, max_version=version)
    site = Site((HOST,), cert=SERVER.pem, key=SERVER.key_pem, client_ca=ROOT.pem)
    return make_pair(backend, backend, settings=settings, sites=[site], session=session).shake()


def judges_a_client(frame: FrameType, event: str) -> bool:
    """Tell whether a profiled call is a server's judgement of the path of its client."""
    return event == "call" and frame.f_code.co_name == "constraint_defect" and bool(frame.f_locals["common_name"])


class Interrupted:
    """Lets another thread stand in the middle of judging a client while this one judges its own."""

    def __init__(self, backend: MbedTLSBackend, version: str) -> None:
        self._backend = backend
        self._version = version
        self._inside, self._go_on = threading.Event(), threading.Event()
        self._other = threading.Thread(target=self._judge)

    def _judge(self) -> None:
        sys.setprofile(self._pause)
        connect(self._backend, GOOD, self._version)

    def _pause(self, frame: FrameType, event: str, argument: Any) -> None:
        if judges_a_client(frame, event):
            sys.setprofile(None)
            self._inside.set()
            assert self._go_on.wait(WAIT_S)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if judges_a_client(frame, event) and not self._other.ident:
            self._other.start()
            assert self._inside.wait(WAIT_S)

    def connect(self, client: Issued) -> Pair:
        """Connect; while the server judges this client, the other thread begins to judge its own, and waits."""
        sys.setprofile(self._see)
        try:
            return connect(self._backend, client, self._version)
        finally:
            sys.setprofile(None)
            self._go_on.set()
            self._other.join(WAIT_S)


@pytest.mark.timeout(100)
def test_a_client_is_served_if_another_was_in_the_middle_of_its_judgement(
    backend: MbedTLSBackend, version: str
) -> None:
    others: list[Pair] = []

    def see(frame: FrameType, event: str, argument: Any) -> None:
        if judges_a_client(frame, event):
            sys.setprofile(None)
            others.append(connect(backend, GOOD, version))

    sys.setprofile(see)
    try:
        pair = connect(backend, GOOD, version)
    finally:
        sys.setprofile(None)
    for one in (*others, pair):
        one.exchange()
    assert len(others) == 1


@pytest.mark.timeout(100)
def test_a_client_that_is_judged_beside_another_is_served_and_resumed(backend: MbedTLSBackend, version: str) -> None:
    pair = Interrupted(backend, version).connect(GOOD)
    pair.exchange()
    session = pair.client.tls_connection.session()
    assert session is not None
    again = connect(backend, GOOD, version, session)
    again.exchange()
    assert again.client.tls_connection.info().resumed


@pytest.mark.timeout(100)
def test_a_client_that_is_refused_beside_another_gets_no_ticket(backend: MbedTLSBackend, version: str) -> None:
    pair = Interrupted(backend, version).connect(EXPIRED)
    assert pair.server.failure is not None
    assert pair.server.failure.verification
    if pair.client.tls_connection.done:
        # In TLS 1.3 a client hears of it after its own end of the handshake.
        pair.client.read()
    assert pair.client.failure is not None
    assert pair.client.tls_connection.session() is None
