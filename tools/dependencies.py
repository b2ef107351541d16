"""Checks docs/decisions/dependencies.md, and with `--newest` whether each dependency is still maintained.

Each package that a pyproject.toml names must have its reason in a table of the page. `--newest` downloads the newest releases with
pip and compares their dates: one without a release in two years is an error, unless its row says "No release in two years".
`--write` also writes version, size, date and licence into the last table of the page. Exit code 1 if something is missing.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from email.parser import HeaderParser
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "decisions" / "dependencies.md"
HEAD = "| package | newest | size of the wheel | released | licence |\n|---|---|---|---|---|\n"
# Several build tools write a fixed date into a wheel.
FIXED = (datetime.date(1980, 1, 1), datetime.date(2020, 2, 2))


def names() -> list[str]:
    """Return the packages that a pyproject.toml names, without our own."""
    found = set()
    for file in ("pyproject.toml", "mbedtls/pyproject.toml"):
        settings = tomllib.loads((ROOT / file).read_text("utf-8"))
        project = settings["project"]
        extras = project.get("optional-dependencies", {}).values()
        for requirement in [*settings["build-system"]["requires"], *project["dependencies"], *chain(*extras)]:
            found.add(re.split(r"[^\w-]", requirement)[0])
    return sorted(found - {"wssure", "wssure-mbedtls"}, key=str.lower)


def reasons(page: str) -> dict[str, str]:
    """Return the row of each package; its first cell has the names in code spans, its last one the reason."""
    rows = [line for line in page.partition(HEAD)[0].splitlines() if line.startswith("| `")]
    return {name: row for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def newest(name: str, folder: Path) -> tuple[str, datetime.date]:
    """Download the newest wheel; return its row of the table, and the date in it."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-d",
        str(folder / name),
        name,
    ]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    (path,) = (folder / name).iterdir()
    with zipfile.ZipFile(path) as wheel:
        date = max(datetime.date(*entry.date_time[:3]) for entry in wheel.infolist())
        metadata = next(entry for entry in wheel.namelist() if entry.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(wheel.read(metadata).decode())
    classifiers = [
        line.rpartition(" :: ")[2] for line in headers.get_all("Classifier", []) if line.startswith("License ::")
    ]
    licence = headers["License-Expression"] or ", ".join(classifiers) or (headers["License"] or "?").partition("\n")[0]
    shown = "not in the file" if date in FIXED else str(date)
    return f"| {name} | {headers['Version']} | {path.stat().st_size / 1000:,.0f} kB | {shown} | {licence} |\n", date


def main() -> int:
    """Check the page, and the newest releases if an argument asks for it."""
    page = PAGE.read_text("utf-8")
    known = reasons(page)
    problems = [f"{name} has no reason in {PAGE.relative_to(ROOT)}" for name in names() if name not in known]
    if {"--newest", "--write"} & {*sys.argv}:
        rows, limit = [], datetime.date.today() - datetime.timedelta(days=2 * 365)
        with tempfile.TemporaryDirectory() as folder:
            for name in names():
                row, date = newest(name, Path(folder))
                rows.append(row)
                if date < limit and date not in FIXED and "No release in two years" not in known.get(name, ""):
                    problems.append(f"{name} has had no release since {date}")
        if "--write" in sys.argv:
            PAGE.write_text("".join(page.partition(HEAD)[:2]) + "".join(rows), "utf-8")
    print(*problems, sep="\n", end="\n" if problems else "")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
