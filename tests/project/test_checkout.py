"""A compiled module that does not match its source is reported, by tests and by an import, and the build makes it match.

The tests run on a copy of the package in which one small module compiles, and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.project.test_hygiene import ROOT

from wssure import checkout

SAMPLE = "src/wssure/wire/sample.py"
TYPES = "src/wssure/wire/sample.pxd"
SHOW = "from wssure.wire import sample; print(sample.__file__.endswith('.so'), sample.value())"
OUT_OF_DATE = "compiled modules are out of date: {} changed since they were built"
FIX = "fix   make build-ext"


class Checkout:
    """A copy of a source checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *words: str, source: str = "src") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "BUILD_EXTENSION": "yes", "PYTHONPATH": str(self.root / source)}
        return subprocess.run(
            [sys.executable, *words], cwd=self.root, env=environment, text=True, capture_output=True, check=False
        )

    def build(self) -> None:
        done = self.run("setup.py", "-q", "build_ext", "--inplace")
        assert done.returncode == 0, done.stderr

    def edit(self, text: str, name: str = SAMPLE) -> None:
        """Append to a file, and leave its time stamps as they were."""
        path = self.root / name
        before = path.stat()
        path.write_text(path.read_text() + text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def imported(self, statement: str = "import wssure", source: str = "src") -> str:
        """Return what an import prints, on both streams."""
        done = self.run("-c", statement, source=source)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with one compiled module, built once."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "conftest.py"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__"))
    for suffix in ("pyx", "pxi", "pxd"):
        for path in root.rglob(f"*.{suffix}"):
            path.unlink()
    (root / SAMPLE).write_text("NUMBER = 1\n\n\ndef value():\n    return NUMBER\n")
    (root / TYPES).write_text("cpdef object value()\n")
    (root / "tests").mkdir()
    for name in ("runs.py", "backends.py", "not-run.tsv"):
        shutil.copy(ROOT / "tests" / name, root / "tests")
    (root / "tests" / "test_one.py").write_text("def test_one():\n    pass\n")
    Checkout(root).build()
    return root


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Checkout:
    """A copy of the built copy, for one test. All of its time stamps are new."""
    return Checkout(shutil.copytree(built, tmp_path / "copy", copy_function=shutil.copyfile))


def test_a_build_that_matches_its_sources_is_not_mentioned(copy: Checkout):
    assert copy.imported(SHOW) == "True 1\n"
    assert copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_one.py").returncode == 0


@pytest.mark.parametrize("name", [SAMPLE, TYPES])
def test_an_edited_source_is_named_with_the_command_that_builds_it(copy: Checkout, name: str):
    copy.edit("\n", name)
    said = copy.imported()
    assert "RuntimeWarning: " + OUT_OF_DATE.format(name) in said
    assert FIX in said
    done = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_one.py")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: " + OUT_OF_DATE.format(name))
    assert FIX in done.stderr


def test_tests_name_an_edited_source_even_if_the_package_cannot_be_imported(copy: Checkout):
    copy.edit("\nraise ImportError('half done')\n")
    copy.edit("\nraise ImportError('half done')\n", "src/wssure/endpoint.py")
    done = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_one.py")
    assert done.stderr.startswith("error: " + OUT_OF_DATE.format(SAMPLE))


def test_an_edit_takes_effect_with_the_next_build_whatever_its_time_stamp(copy: Checkout):
    copy.edit("NUMBER = 2\n")
    assert copy.imported(SHOW).startswith("True 1\n")
    copy.build()
    assert copy.imported(SHOW) == "True 2\n"


def test_a_module_that_moved_is_reported_and_the_build_removes_its_compiled_form(copy: Checkout):
    for name in (SAMPLE, TYPES):
        (copy.root / name).rename((copy.root / name).with_stem("moved"))
    assert checkout.stale(copy.root) == sorted(
        [SAMPLE, TYPES, SAMPLE.replace("sample", "moved"), TYPES.replace("sample", "moved")]
    )
    copy.build()
    assert checkout.stale(copy.root) == []
    assert [path.name for path in checkout.compiled_modules(copy.root)] == [f"moved{checkout.SUFFIX}"]


def test_compiled_modules_without_a_record_are_reported_and_built_anew(copy: Checkout):
    for path in copy.root.glob("build/*.sha256"):
        path.unlink()
    assert checkout.problem(copy.root) == (
        "there is no record of the sources from which the compiled modules were built\n  " + FIX
    )
    copy.build()
    assert checkout.problem(copy.root) is None


def test_a_checkout_without_compiled_modules_has_nothing_to_report(copy: Checkout):
    copy.edit("\n")
    for path in checkout.compiled_modules(copy.root):
        path.unlink()
    assert checkout.problem(copy.root) is None
    assert copy.imported() == ""


def test_a_failed_build_leaves_the_report(copy: Checkout):
    copy.edit("\ndef broken(:\n")
    assert copy.run("setup.py", "-q", "build_ext", "--inplace").returncode != 0
    assert checkout.stale(copy.root) == [SAMPLE]


def test_an_installed_package_does_not_check(copy: Checkout):
    copy.edit("\n")
    (copy.root / "src").rename(copy.root / "site-packages")
    said = copy.imported("import sys, wssure; print('wssure.checkout' in sys.modules)", source="site-packages")
    assert said == "False\n"
