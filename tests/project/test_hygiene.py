"""The project speaks of itself alone: no paths of a machine, no large files, no open ends."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip(
            "this is no git checkout (an sdist or a copy), or git is not installed: which files are the project's?"
        )
    # A checkout may belong to another user than the one the tests run as.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_is_over_a_mebibyte():
    assert [path.name for path in tracked() if path.stat().st_size > 2**20] == []


def test_no_path_of_a_machine_stands_in_the_project():
    pattern = re.compile(r"(?<![\w.])/(?:home|root|Users)/\w+")
    text = [path for path in tracked() if path.suffix not in {".png", ".pcap", ".bin"} and path != Path(__file__)]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in text
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_nothing_in_the_package_is_left_open():
    pattern = re.compile(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if "src" in path.parts and path.suffix in {".py", ".pyx", ".c", ".h"} and pattern.search(path.read_text())
    ]
    assert found == []
