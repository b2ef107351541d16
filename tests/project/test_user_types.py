"""Programs of users pass strict type checkers: those of the README, the docs and `examples`, and typical ones in `users`.

`users` also has lines that must be errors. They carry an ignore, and an ignore without its error is an error.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USERS = Path(__file__).with_name("users")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# An excerpt of a program begins in the middle of it.
EXCERPT = "import wssure\nfrom wssure import TLSSettings, connect\n\n\nasync def excerpt() -> None:\n{}"


def programs(page: Path) -> list[str]:
    """Return the Python programs of a page; an excerpt is put into a function."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [EXCERPT.format(textwrap.indent(block, "    ")) if is_excerpt(block) else block for block in blocks]


def is_excerpt(block: str) -> bool:
    try:
        compile(block, "block", "exec")
    except SyntaxError:
        return True
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of a user: the programs of all pages, of `examples` and of `users`."""
    for page in PAGES:
        for number, program in enumerate(programs(page), 1):
            (tmp_path / f"{re.sub(r'[^a-z]', '_', page.stem.lower())}_{number}.py").write_text(program, "utf-8")
    for path in (*USERS.glob("*.py"), *(ROOT / "examples").glob("*.py")):
        shutil.copy(path, tmp_path / f"user_{path.name}")
    return tmp_path


def test_the_readme_and_the_docs_have_programs():
    assert len(programs(ROOT / "README.md")) == 3
    assert sum(len(programs(page)) for page in PAGES) >= 18


def test_programs_of_users_pass_mypy_strict(folder: Path):
    # Without the settings and the sources of this project: as users check theirs, against the installed package.
    cache = ROOT / ".mypy_cache" / "users"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.peers
def test_programs_of_users_pass_pyright_strict(folder: Path):
    settings = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
        # Style, not types: an excerpt does not use every name.
        "reportUnusedImport": "none",
        "reportUnusedVariable": "none",
        "reportUnusedExpression": "none",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    # Pyright's own script, because its wrapper may go to the network.
    script = distribution("pyright").locate_file("pyright/dist/index.js")
    command = ["node", str(script), "--pythonpath", sys.executable, "--outputjson", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    problems = [
        f"{Path(each['file']).name}:{each['range']['start']['line'] + 1}: {each['message']}"
        for each in json.loads(done.stdout)["generalDiagnostics"]
    ]
    assert not problems, "\n".join(problems)
