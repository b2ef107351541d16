"""A session keeps what its engine does not take yet, and gives it out in order later."""

from __future__ import annotations

import pytest
from tests.backends import EXPECTED
from tests.tls.ends import NAME, Ends

from wssure.protocol.connection import Connection
from wssure.protocol.state import Action, End, Role
from wssure.session.queue import MessageQueue
from wssure.session.session import ENDED, Session
from wssure.tls.backends import backend
from wssure.tls.contract import Engine
from wssure.tls.settings import Site, TLSSettings

pytestmark = pytest.mark.matrix


def session_of(role: Role, engine: Engine | None, high: int = 16) -> Session:
    mask_key = (lambda: bytes(4)) if role is Role.CLIENT else None
    return Session(Connection(role, mask_key=mask_key), MessageQueue(high), engine, memoryview(bytearray(65536)))


def carry(data: bytes, session: Session) -> None:
    session.receive(memoryview(bytearray(data)), len(data))


def test_plaintext_that_an_engine_takes_only_after_it_has_read_is_kept_in_order(site_pem, ca_pem):
    # Our own OpenSSL engine refuses plaintext before the handshake instead of asking for input.
    ends = Ends(backend("stdlib"), Site((NAME,), site_pem(NAME)), TLSSettings(ca=ca_pem))
    ours, theirs = session_of(Role.CLIENT, ends.client), session_of(Role.SERVER, ends.server)
    ours.connection.send_message("before the handshake")
    hello = ours.data_to_send()  # the engine wants to read: no more than a ClientHello
    assert b"before the handshake" not in hello
    ends.server.feed(hello)
    ends.shake()
    ours.connection.send_message("after it")
    carry(ours.data_to_send(), theirs)
    assert list(theirs.queue.messages) == ["before the handshake", "after it"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_close_notify_follows_the_last_bytes(name, site_pem, ca_pem):
    ends = Ends(backend(name), Site((NAME,), site_pem(NAME)), TLSSettings(ca=ca_pem)).shake()
    ours, theirs = session_of(Role.CLIENT, ends.client), session_of(Role.SERVER, ends.server)
    ours.connection.send_message("last")
    assert ours.end(End.FAILED) is Action.FLUSH
    data = ours.data_to_send()
    assert theirs.receive(memoryview(bytearray(data)), len(data)) == ENDED
    assert list(theirs.queue.messages) == ["last"]


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_a_message_that_is_cut_by_our_close_is_never_given_with_a_hole(taken):
    """After the application closed, fragments beyond the limit are dropped: then the rest of the message is, too."""
    ours, theirs = session_of(Role.CLIENT, None, high=2), session_of(Role.SERVER, None)
    ours.connection.deliver_fragments = True
    ours.queue.keep_no_more()
    pieces = [b"<%d>" % number for number in range(6)]
    for number, piece in enumerate(pieces):
        theirs.connection.send_fragment(piece, fin=number == len(pieces) - 1)
        carry(theirs.data_to_send(), ours)
        if 3 <= number < 3 + taken:
            assert ours.queue.take() is None
    theirs.connection.send_message(b"next")
    carry(theirs.data_to_send(), ours)
    assert ours.queue.take() is None
    assert ours.queue.pieces == pieces[:2]
