"""A violation that waits: what came before it can still be answered, in the order things came."""

from __future__ import annotations

import pytest
from tests.interpreted import BOTH
from tests.protocol.test_connection import frames, masked, server

from wssure.protocol.event import Close, Violation
from wssure.protocol.state import State
from wssure.wire.frame import Opcode

pytestmark = pytest.mark.matrix

RESERVED_OPCODE = b"\x83\x80\x00\x00\x00\x00"


def doomed(form):
    connection = server(form, hold_violations=True)
    connection.receive(masked(Opcode.TEXT, b"before") + RESERVED_OPCODE + masked(Opcode.TEXT, b"after"))
    return connection


@BOTH
def test_what_came_before_is_answered_before_the_close(form):
    held = doomed(form)
    message, violation = held.events()
    assert (message, type(violation)) == ("before", Violation)
    assert held.data_to_send() == b""
    assert held.state is State.OPEN
    held.send_message(message)
    held.fail_held()
    assert [frame.opcode for frame in frames(held.data_to_send())] == [Opcode.TEXT, Opcode.CLOSE]
    assert held.close_sent.code == 1002
    assert held.state is State.CLOSING


@BOTH
def test_what_comes_after_it_is_never_heard(form):
    held = doomed(form)
    held.events()
    held.receive(masked(Opcode.TEXT, b"later"))
    assert held.events() == []


@BOTH
def test_our_own_close_gives_way_to_the_violation(form):
    held = doomed(form)
    held.send_close(1000, "bye")
    assert held.close_sent.code == 1002
    assert [frame.opcode for frame in frames(held.data_to_send())] == [Opcode.CLOSE]


@BOTH
def test_the_end_of_the_transport_ends_the_wait(form):
    held = doomed(form)
    held.receive_eof()
    held.fail_held()
    assert held.data_to_send() == b""
    assert held.close_sent is None


@BOTH
def test_a_violation_after_our_close_waits_for_nothing(form):
    connection = server(form, hold_violations=True)
    connection.send_close(1000)
    connection.receive(RESERVED_OPCODE)
    assert connection.close_sent == Close(1000, "")
    assert connection.state is State.CLOSING
    with pytest.raises(RuntimeError):
        connection.send_message("late")
