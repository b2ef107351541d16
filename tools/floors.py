"""Read tables of minimums that only rise, and compare each with its earlier versions in git.

A line is a minimum: its name in one or more columns, and the number. If any earlier version had a higher number for the
name, the line needs a reason that begins with "from OLD to NEW:". Columns end at a tab; a line that begins with # is a
comment. A line with the number 0 and a reason may have * for columns of its name: every minimum that it matches was taken
away for that reason.
"""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

Name = tuple[str, ...]


def read(text: str) -> dict[Name, tuple[float, str]]:
    """Return name -> number and reason."""
    floors: dict[Name, tuple[float, str]] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        # The number is the last column before the reason.
        at = len(columns) - 1 if _number(columns[-1]) is not None else len(columns) - 2
        number = _number(columns[at])
        if at < 1 or number is None:
            raise SystemExit(f"floors: expected name, number and reason with tabs between them, found: {line}")
        floors[tuple(columns[:at])] = number, "".join(columns[at + 1 :])
    return floors


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def lowered(path: Path) -> list[str]:
    """Return a line for each minimum below an earlier one without a reason; print a line if the history is unknown."""
    past = _versions(path)
    if past is None:
        print(f"{path.name}: no whole git history here, so that no lowered floor can be found")
        return []
    most: dict[Name, float] = {}
    for text in past:
        for name, (number, _) in read(text).items():
            most[name] = max(number, most.get(name, number))
    now = read(path.read_text())
    gone = [name for name, (number, reason) in now.items() if "*" in name and number == 0 and reason]
    troubles = []
    for name, number in most.items():
        if any(map(all, (map(fnmatchcase, name, pattern) for pattern in gone))):
            continue
        floor, reason = now.get(name, (0.0, ""))
        words = f"from {number:g} to {floor:g}:"
        if floor < number and not reason.startswith(words):
            title = " ".join(name)
            troubles.append(f'{path.name}: {title} was lowered; restore {number:g} or write the reason: "{words} ..."')
    return troubles


def _versions(path: Path) -> list[str] | None:
    """Return every committed text of a file; None if git does not have all of them."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(path.parent), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    try:
        if git("rev-parse", "--is-shallow-repository").strip() != "false":
            return None
        commits = git("log", "--format=%H", "--diff-filter=AM", "--", path.name).split()
        return [git("show", f"{commit}:./{path.name}") for commit in commits]
    except (OSError, subprocess.CalledProcessError):
        return None
