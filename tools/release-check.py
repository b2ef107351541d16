"""Refuses a release that is not complete: `tools/release-check.py v0.1.0`, with the tag as its argument; exit code 1 if something is missing.

The workflow `release` runs it before anything is built. RELEASING.md has the steps.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def missing(root: Path, tag: str) -> list[str]:
    """Return what a release with this tag still needs."""
    found = []
    version = tag.removeprefix("v")
    projects = {
        name: tomllib.loads((root / name).read_text("utf-8"))["project"]
        for name in ("pyproject.toml", "mbedtls/pyproject.toml")
    }
    for name, project in projects.items():
        if project["version"] != version:
            found.append(f"{name}: version is {project['version']}, and the tag is {tag}")
        if not project.get("urls", {}).get("Repository"):
            found.append(f'{name}: [project.urls] has no "Repository"')
        if not any("email" in author for author in project["authors"]):
            found.append(f"{name}: no author has an email, the contact")
    pin = f"wssure-mbedtls=={version}"
    if pin not in projects["pyproject.toml"]["optional-dependencies"]["mbedtls"]:
        found.append(f"pyproject.toml: the extra mbedtls does not say {pin}")
    heading = rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$"
    if not re.search(heading, (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        found.append(f"CHANGELOG.md: no heading `## {version} (YYYY-MM-DD)`")
    return found


if __name__ == "__main__":
    problems = missing(Path(__file__).resolve().parents[1], sys.argv[1])
    print(*problems, sep="\n")
    sys.exit(bool(problems))
