"""A TLS library that takes the server name out of its hello, as libwebsockets' Mbed TLS glue does, gets no byte out."""

from __future__ import annotations

from tests.causes.conftest import NAME
from tests.causes.live import explained
from tests.peers.listener import listening

from wssure.endpoint import NoSNI
from wssure.evidence import Confidence, Fault
from wssure.tls.contract import silent
from wssure.tls.stdlib import StdlibBackend

HERE = "127.0.0.1"


class Nameless(StdlibBackend):
    """Drops the name, whatever it is told."""

    def client(self, settings, server_name, *, session=None, note=silent):
        return super().client(settings, NoSNI("a broken library", server_name), session=session, note=note)


def test_a_library_that_drops_the_name_is_stopped_and_named():
    received = []

    def talk(connection) -> None:
        received.append(connection.recv(1000))

    with listening(talk) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=Nameless())
        # The same server hears of a connection that is as it should be.
        assert explained(f"wss://{NAME}:{port}/", address=HERE).cause == "tls.eof-in-handshake"
    assert (failure.cause, failure.fault, failure.confidence) == ("stack.sni-guard", Fault.BUG, Confidence.CERTAIN)
    assert f"server_name none, expected {NAME}" in failure.summary
    assert received[0] == b""
    assert NAME.encode() in received[1]
