"""A release is refused while something is missing, and each dependency has its reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "mbedtls/pyproject.toml", "CHANGELOG.md", "tools/release-check.py")


def checked(root: Path, tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, root / "tools" / "release-check.py", tag], capture_output=True, text=True)


def test_a_release_without_address_contact_and_date_is_refused(tmp_path: Path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    refused = checked(tmp_path, "v0.1.0")
    assert refused.returncode == 1
    assert len(refused.stdout.splitlines()) == 5, refused.stdout + refused.stderr
    for name in FILES[:2]:
        text = (tmp_path / name).read_text("utf-8")
        text = text.replace('authors = [{ name = "', 'authors = [{ email = "them@example.net", name = "')
        text = text.replace("[tool.", '[project.urls]\nRepository = "https://example.net/wssure"\n\n[tool.', 1)
        (tmp_path / name).write_text(text, "utf-8")
    changes = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    (tmp_path / "CHANGELOG.md").write_text(changes.replace("## 0.1.0 (unreleased)", "## 0.1.0 (2026-12-01)"), "utf-8")
    complete = checked(tmp_path, "v0.1.0")
    assert (complete.returncode, complete.stdout.strip()) == (0, ""), complete.stderr
    other = checked(tmp_path, "v0.2.0").stdout
    assert "version is 0.1.0" in other
    assert "wssure-mbedtls==0.2.0" in other


def test_each_dependency_has_its_reason():
    done = subprocess.run([sys.executable, ROOT / "tools" / "dependencies.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
