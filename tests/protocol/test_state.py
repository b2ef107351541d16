"""The table of a connection's life is total where it must be, and nothing leaves its end."""

from __future__ import annotations

import pytest

from wssure.protocol.connection import Connection
from wssure.protocol.state import (
    ENDINGS,
    STATES,
    TRANSITIONS,
    Action,
    End,
    Ending,
    Phase,
    Role,
    State,
    Step,
    WrongState,
)
from wssure.session.queue import MessageQueue
from wssure.session.session import Session


def test_every_phase_has_a_row_and_a_state_and_takes_the_end():
    assert set(TRANSITIONS) == set(STATES) == set(Phase)
    assert all(row[Step.EOF] is Phase.GONE for row in TRANSITIONS.values())


@pytest.mark.parametrize("phase", [Phase.CLOSED_BOTH, Phase.FAILED, Phase.GONE])
def test_nothing_is_sent_or_heard_after_the_peers_close_or_a_failure(phase):
    assert set(TRANSITIONS[phase]) == {Step.EOF}


def test_no_data_follows_our_close():
    assert Step.SEND_DATA not in TRANSITIONS[Phase.CLOSE_SENT]
    assert Step.SEND_CLOSE not in TRANSITIONS[Phase.CLOSE_SENT]


def test_a_state_never_goes_back():
    for phase, row in TRANSITIONS.items():
        assert all(STATES[after] >= STATES[phase] for after in row.values())


def test_states_have_the_numbers_that_users_know():
    assert [int(state) for state in State] == [0, 1, 2, 3]


def test_a_wrong_step_says_what_and_where():
    assert str(WrongState(Step.SEND_DATA, Phase.GONE)) == "cannot send data: the connection is gone"


DELIVERED = (End.DELIVERED, Action.HALF_CLOSE)
# What happens, and what the driver does about it: (role, events and actions in order, where that ends).
PLAYBOOK = [
    (Role.SERVER, [(End.CLOSED, Action.FLUSH), DELIVERED, (End.EOF, Action.CLOSE)], Ending.GONE),
    (Role.SERVER, [(End.CLOSED, Action.FLUSH), DELIVERED, (End.TIME_OVER, Action.CLOSE)], Ending.GONE),
    (Role.SERVER, [(End.CLOSED, Action.FLUSH), (End.WRITE_FAILED, Action.CLOSE)], Ending.GONE),
    (Role.CLIENT, [(End.CLOSED, Action.WAIT), (End.DELIVERED, Action.NOTHING)], Ending.WAITING),
    (
        Role.CLIENT,
        [(End.CLOSED, Action.WAIT), (End.EOF, Action.FLUSH), DELIVERED, (End.EOF, Action.CLOSE)],
        Ending.GONE,
    ),
    (Role.CLIENT, [(End.CLOSED, Action.WAIT), (End.TIME_OVER, Action.FLUSH)], Ending.FLUSHING),
    (Role.CLIENT, [(End.WRITE_FAILED, Action.READ_ON), (End.CLOSED, Action.NOTHING)], Ending.LISTENING),
    (Role.SERVER, [(End.WRITE_FAILED, Action.READ_ON), (End.CLOSED, Action.FLUSH)], Ending.FLUSHING),
    *[
        (role, steps, last)
        for role in Role
        for steps, last in (
            ([(End.DELIVERED, Action.NOTHING), (End.TIME_OVER, Action.NOTHING)], Ending.LIVE),
            ([(End.EOF, Action.FLUSH), (End.EOF, Action.NOTHING), DELIVERED, (End.EOF, Action.CLOSE)], Ending.GONE),
            ([(End.FAILED, Action.FLUSH), (End.TIME_OVER, Action.CLOSE)], Ending.GONE),
            ([(End.FAILED, Action.FLUSH), (End.CLOSED, Action.NOTHING), DELIVERED], Ending.DISCARDING),
            ([(End.WRITE_FAILED, Action.READ_ON), (End.TIME_OVER, Action.FLUSH)], Ending.FLUSHING),
            ([(End.WRITE_FAILED, Action.READ_ON), (End.WRITE_FAILED, Action.NOTHING)], Ending.LISTENING),
            ([(End.ABORT, Action.CLOSE), (End.EOF, Action.NOTHING), (End.ABORT, Action.NOTHING)], Ending.GONE),
        )
    ],
]


@pytest.mark.parametrize(("role", "steps", "last"), PLAYBOOK)
def test_the_end_follows_the_table(role, steps, last):
    mask_key = (lambda: bytes(4)) if role is Role.CLIENT else None
    connection = Connection(role, mask_key=mask_key)
    session = Session(connection, MessageQueue(16), None, memoryview(bytearray(16)))
    assert [session.end(event) for event, _ in steps] == [action for _, action in steps]
    assert session.ending is last


@pytest.mark.parametrize("role", Role)
def test_every_ending_can_be_cut_and_the_last_one_is_left_by_nothing(role):
    table = ENDINGS[role]
    assert set(table) == set(Ending)
    assert table[Ending.GONE] == {}
    for ending in set(Ending) - {Ending.GONE}:
        assert table[ending][End.ABORT] == (Ending.GONE, Action.CLOSE)


@pytest.mark.parametrize("role", Role)
def test_nothing_but_a_failure_a_limit_or_the_application_closes_a_socket_before_everything_is_delivered(role):
    closing = {End.WRITE_FAILED, End.TIME_OVER, End.ABORT}
    for ending in set(Ending) - {Ending.DISCARDING}:
        for event, (_, action) in ENDINGS[role][ending].items():
            assert action is not Action.CLOSE or event in closing
            assert action is not Action.HALF_CLOSE or event is End.DELIVERED


@pytest.mark.parametrize("role", Role)
def test_every_way_ends_with_a_closed_socket_once_the_limits_are_reached(role):
    for ending in set(Ending) - {Ending.LIVE}:
        for _ in Ending:
            ending, _action = ENDINGS[role][ending].get(End.TIME_OVER, (ending, Action.NOTHING))
        assert ending is Ending.GONE
