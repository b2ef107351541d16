"""`python -m tests.zoo` as a person uses it: it opens the endpoints, prints each one's true cause, and ends at Ctrl-C."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

from wssure.cli.main import guarded

ROOT = Path(__file__).parents[2]


def test_the_printed_command_meets_the_printed_cause(capsys):
    with subprocess.Popen([sys.executable, "-m", "tests.zoo"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as zoo:
        assert zoo.stdout is not None
        lines = []
        while not (lines and lines[-1].endswith("Ctrl-C closes them\n")):
            lines.append(zoo.stdout.readline())
            assert lines[-1], "it ended before it was open"
        at = lines.index("# unknown-name-alert-112: tls.sni-unknown\n")
        program, *words = shlex.split(lines[at + 1])
        assert program == "wssure"
        assert guarded([*words, "--no-probe"]) == 1
        zoo.send_signal(signal.SIGINT)
        assert zoo.wait(20) == 0
    assert "error[tls.sni-unknown]" in capsys.readouterr().out
