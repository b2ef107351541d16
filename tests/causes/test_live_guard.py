"""A TLS library that drops the server name, or does not prove that it verified the peer, is stopped and named."""

from __future__ import annotations

from dataclasses import replace

from tests.causes.conftest import NAME
from tests.causes.live import explained
from tests.faulty_endpoints.endpoint import secured
from tests.peers.listener import listening, read_record

from wssure.evidence import Confidence, Fault
from wssure.name import NoSNI
from wssure.tls.contract import silent
from wssure.tls.settings import TLSSettings
from wssure.tls.stdlib import StdlibBackend

HERE = "127.0.0.1"


class Nameless(StdlibBackend):
    """Drops the name, whatever it is told."""

    def client(self, settings, server_name, *, session=None, note=silent):
        return super().client(settings, NoSNI("a broken library", server_name), session=session, note=note)


def test_a_library_that_drops_the_name_is_stopped_and_named():
    received = []

    def talk(connection) -> None:
        received.append(read_record(connection))

    with listening(talk) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=Nameless())
        # The same server hears of a connection that is as it should be.
        assert explained(f"wss://{NAME}:{port}/", address=HERE).cause == "tls.eof-in-handshake"
    assert (failure.cause, failure.fault, failure.confidence) == ("stack.sni-guard", Fault.BUG, Confidence.CERTAIN)
    assert f"server_name none, expected {NAME}" in failure.summary
    assert received[0] == b""
    assert NAME.encode() in received[1]


class Unproven(StdlibBackend):
    """Finishes every handshake, and proves nothing."""

    def client(self, settings, server_name, *, session=None, note=silent):
        engine = super().client(settings, server_name, session=session, note=note)
        told = engine.info
        engine.info = lambda: replace(told(), verified=None)
        return engine


def test_a_library_that_does_not_prove_the_peer_is_stopped_and_named(material):
    received = []

    def talk(connection) -> None:
        try:
            received.append(connection.recv(1000))
        except OSError as error:  # the alert in place of our Finished
            received.append(error)

    with secured(talk)(material) as port:
        tls = TLSSettings(ca=material.ca_file)
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, tls=tls, backend=Unproven())
    assert (failure.cause, failure.fault, failure.confidence) == ("stack.unproven-peer", Fault.BUG, Confidence.CERTAIN)
    assert "backend stdlib (" in failure.summary
    assert "the settings demand" in failure.summary or "did not prove that it verified" in failure.summary
    assert not any(isinstance(data, bytes) and data for data in received)
