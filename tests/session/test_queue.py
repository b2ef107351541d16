"""The queue of messages: where reading goes on, and what a reader that came too early or too late gets."""

from __future__ import annotations

import pytest

from wssure.errors import ConcurrencyError
from wssure.protocol.event import Fragment
from wssure.session.queue import MessageQueue

pytestmark = pytest.mark.matrix


def test_reading_goes_on_at_a_quarter_of_the_limit():
    assert [MessageQueue(high).low for high in (1, 4, 16, 100)] == [0, 1, 4, 25]


def test_a_message_in_fragments_is_taken_whole_once_its_last_is_there():
    queue = MessageQueue(4)
    queue.messages.append(Fragment(b"a", text=False, first=True, fin=False))
    assert queue.take() is None
    queue.messages.append(Fragment(b"b", text=False, first=False, fin=True))
    queue.messages.append("next")
    assert (queue.take(), queue.take(), queue.take()) == (b"ab", "next", None)


def test_what_a_reader_of_the_whole_collected_is_there_for_a_reader_of_parts_and_not_the_other_way_round():
    queue = MessageQueue(4)
    queue.messages.append(Fragment("a", text=True, first=True, fin=False))
    assert queue.take() is None
    assert queue.part() == ("a", False)
    assert queue.in_parts
    queue.messages.append(Fragment("b", text=True, first=False, fin=True))
    with pytest.raises(ConcurrencyError):
        queue.take()
    assert queue.part() == ("b", True)
    assert not queue.in_parts
    assert queue.part() is None
