"""The table of a connection's life is total where it must be, and nothing leaves its end."""

from __future__ import annotations

import pytest

from wssure.protocol.state import STATES, TRANSITIONS, Phase, State, Step, WrongState


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
