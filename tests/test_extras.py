"""Each printed instruction that installs something works from a checkout: no index has to know this package."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest

import wssure
from wssure.extras import install_command

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in (Path(wssure.__file__).parent, ROOT / "mbedtls" / "src") for path in folder.rglob("*.py")]
PAGES = [
    path
    for path in ROOT.rglob("*.md")
    if not {"tests", ".venv", ".cache", "decisions"} & set(path.relative_to(ROOT).parts)
]


@pytest.mark.parametrize("extra", ["demo", "fetch", "lint", "interop"])
def test_an_extra_is_installed_by_the_names_of_its_packages(extra: str):
    python, *words = shlex.split(install_command(extra))
    assert (python, words[:3]) == (sys.executable, ["-m", "pip", "install"])
    assert len(words) > 3
    assert all(re.fullmatch(r"[a-z-]+>=[\d.]+", word) for word in words[3:]), words


def test_the_second_distribution_is_built_by_make():
    assert install_command("mbedtls").startswith("make mbedtls,")


def test_every_extra_of_the_users_is_known():
    names = set(metadata("wssure").get_all("Provides-Extra") or ())
    assert names == {"demo", "dev", "docs", "fetch", "interop", "lint", "mbedtls"}


def test_no_text_installs_this_package_from_an_index():
    wrong = re.compile(r"install [^\n]*\bwssure(?:\[|-mbedtls\b(?!\]))")
    assert [path for path in (*SOURCES, *PAGES) if wrong.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("flags", [[], ["--fetch"]], ids=lambda flags: " ".join(flags) or "none")
def test_without_any_extra_a_failed_connection_is_explained(flags: list[str]):
    """The base install has idna only. `--fetch` says what to install, and nothing else needs it."""
    script = """
import importlib.util, sys
absent = ("cryptography", "trustme", "tree_sitter", "wssure_mbedtls")
for name in absent:
    sys.modules[name] = None
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in absent else find(name, package)
from wssure.tools.cli.main import guarded
sys.exit(guarded(sys.argv[1:]))
"""
    command = [sys.executable, "-c", script, "check", "wss://127.0.0.1:9/", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    cause = "error[usage.fetch]" if flags else "error[tcp.refused]"
    assert (done.returncode, cause in done.stdout + done.stderr) == (2 if flags else 1, True), done.stderr
    assert not flags or "-m pip install 'cryptography>=43'" in done.stderr
