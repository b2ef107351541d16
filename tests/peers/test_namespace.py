"""What a namespace is furnished with never reaches the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.namespace import furnish


def test_nothing_is_covered_outside_of_a_namespace():
    before = Path("/proc/self/mountinfo").read_text()
    if Path("/proc/self/uid_map").read_text().split()[2] == "1":
        return  # the tests themselves run in a namespace of one user
    with pytest.raises(RuntimeError, match="for a namespace only"):
        furnish()
    assert Path("/proc/self/mountinfo").read_text() == before
