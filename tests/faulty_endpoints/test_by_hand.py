"""`python -m tests.faulty_endpoints` as a person uses it: it opens the endpoints, prints each one's true cause, and ends at Ctrl-C."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wssure.tools.cli.main import guarded

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """What a shell starts in the background ignores SIGINT, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_the_printed_command_meets_the_printed_cause(capsys):
    command = [sys.executable, "-m", "tests.faulty_endpoints"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            lines = []
            while not (lines and lines[-1].endswith("Ctrl-C closes them\n")):
                lines.append(process.stdout.readline())
                assert lines[-1], "it ended before it was open"
            at = lines.index("# unknown-name-alert-112: tls.sni-unknown\n")
            program, *words = shlex.split(lines[at + 1])
            assert program == "wssure"
            assert guarded([*words, "--no-probe"]) == 1
            process.send_signal(signal.SIGINT)
            assert process.wait() == 0
        finally:
            process.kill()
    assert "error[tls.sni-unknown]" in capsys.readouterr().out
