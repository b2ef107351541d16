"""`make setup` on a machine that lacks something: one line to type, exit code 2, nothing half-done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What is taken away -> the packages that the one line must name, and no others.
LACKS = [
    ("compiler", {"CC": "/bin/false"}, None, "gcc libc6-dev"),
    ("compiler that writes nothing that runs", {"CC": "/bin/true"}, None, "gcc libc6-dev"),
    ("venv", {}, 'case "$*" in *ensurepip*) exit 1;; esac', "python3-venv"),
    ("headers", {}, 'case "$*" in *sysconfig*) echo /nonexistent; exit 0;; esac', "python3-dev"),
    (
        "all",
        {"CC": "/bin/false"},
        'case "$*" in *ensurepip*) exit 1;; *sysconfig*) echo /nonexistent; exit 0;; esac',
        "python3-venv gcc libc6-dev python3-dev",
    ),
]


def setup(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
    return subprocess.run(
        ["sh", "tools/setup.sh"],
        cwd=folder,
        env={**os.environ, **environment},
        text=True,
        capture_output=True,
    )


@pytest.mark.parametrize(("environment", "shim", "packages"), [row[1:] for row in LACKS], ids=[row[0] for row in LACKS])
def test_what_is_missing_is_told_in_one_line_to_type(tmp_path, environment, shim, packages):
    if shim:
        # A Python in front of the real one, so that one thing is really absent for the script.
        front = tmp_path / "python"
        front.write_text(f'#!/bin/sh\n{shim}\nexec "{sys.executable}" "$@"\n')
        front.chmod(0o755)
        environment = {**environment, "PYTHON": str(front)}
    else:
        environment = {**environment, "PYTHON": sys.executable}
    done = setup(tmp_path, environment)
    assert done.returncode == 2
    assert f"  fix   apt-get install -y {packages}\n" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_refused_with_what_to_do(tmp_path):
    front = tmp_path / "python"
    front.write_text('#!/bin/sh\ncase "$*" in *version_info*) exit 1;; -V) echo Python 3.9.2; exit 0;; esac\nexit 1\n')
    front.chmod(0o755)
    done = setup(tmp_path, {"PYTHON": str(front)})
    assert done.returncode == 2
    assert "Python 3.9.2 found, expected Python 3.11 or newer" in done.stderr


def test_no_python_at_all_names_everything(tmp_path):
    done = setup(tmp_path, {"PYTHON": "no-such-python"})
    assert done.returncode == 2
    assert "apt-get install -y python3 python3-venv python3-dev gcc" in done.stderr


def test_a_failing_installation_leaves_no_environment(tmp_path):
    # An environment without pip is made in a tenth of the time, and its first installation fails.
    front = tmp_path / "python"
    front.write_text(f'#!/bin/sh\n[ "$2" = venv ] && set -- -m venv --without-pip "$3"\nexec "{sys.executable}" "$@"\n')
    front.chmod(0o755)
    done = setup(tmp_path, {"PYTHON": str(front)})
    assert done.returncode == 2
    assert "the installation failed" in done.stderr
    assert not (tmp_path / ".venv").exists()


BARE = ["sh", str(ROOT / "tools" / "bare-debian.sh")]


@pytest.mark.parametrize("words", [[], ["11"], ["--no-such-option", "12"], ["12", "13"]], ids=" ".join)
def test_a_bare_debian_of_no_known_version_or_of_two_is_a_usage_error(words):
    done = subprocess.run([*BARE, *words], text=True, capture_output=True, timeout=50)
    assert done.returncode == 2
    assert "tools/bare-debian.sh [OPTION ...] 12|13|testing" in done.stderr


def test_a_machine_that_can_make_no_bare_debian_says_not_run(tmp_path):
    for program in ("sh", "dirname", "id", "sed"):
        (tmp_path / program).symlink_to(shutil.which(program))
    done = subprocess.run([*BARE, "12"], env={"PATH": str(tmp_path)}, text=True, capture_output=True, timeout=50)
    assert done.returncode == 3
    assert done.stderr.startswith("bare-debian: not run: ")
