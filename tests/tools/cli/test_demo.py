"""The demonstration in this process: every screen prints, and the logger is as it was before."""

from __future__ import annotations

import logging

import pytest

from wssure.tools.cli.demo import SCREENS
from wssure.tools.cli.main import guarded

WORDS = {
    "clients": "NO NAME",
    "incident": 'server_name                  "localhost"',
    "mistakes": "error[dns.url-as-name]",
    "healthy": "read back from the wire",
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_prints_and_leaves_the_logger_alone(screen, capsys):
    logger = logging.getLogger("wssure")
    before = logger.level
    assert guarded(["demo", screen]) == 0
    assert WORDS[screen] in capsys.readouterr().out
    assert logger.level == before
