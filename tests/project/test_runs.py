"""What a run of the tests may leave out: nothing that is not named, and no floor falls without a reason."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.backends import EXPECTED
from tests.runs import NOT_RUN, allowed

ROOT = Path(__file__).resolve().parents[2]
SKIPS = "import pytest\n\ndef test_a():\n    pytest.skip('there is none')\n\n@pytest.mark.xfail(reason='known', strict=True)\ndef test_b():\n    assert 0\n"


def run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the settings of this run taken away."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "WSSURE_TALLY", "PYTEST_ADDOPTS")}
    return subprocess.run(words, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False)


def under_pytest(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest."""
    return run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *words,
        cwd=cwd,
        **environment,
    )


# Backends.


@pytest.mark.skipif("openssl" not in EXPECTED, reason="this run has no openssl backend")
def test_a_backend_that_does_not_load_fails_its_tests_with_the_reason(tmp_path):
    (tmp_path / "breaks.py").write_text("import sys\nsys.modules['wssure.tls._openssl'] = None\n")
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = under_pytest(
        "-p", "breaks", "tests/tls/test_backends.py", "tests/aio/test_close_notify.py", PYTHONPATH=paths
    )
    assert done.returncode == 1
    assert "test_a_backend_says_its_name_and_version[openssl]" in done.stdout
    assert re.search(r"FAILED tests/aio/test_close_notify.py::\S+openssl", done.stdout)
    assert "import of wssure.tls._openssl halted" in done.stdout


def test_no_test_takes_its_backends_from_what_happens_to_load():
    """They would vanish without a word."""
    kind = re.compile(r"(?:param|fixture|^[A-Z_]+ = ).*\bavailable\(\)", re.MULTILINE)
    found = [
        str(path) for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__) and kind.search(path.read_text())
    ]
    assert found == []


# Skips.


def test_in_ci_a_skip_that_is_not_listed_fails(tmp_path):
    (tmp_path / "test_it.py").write_text(SKIPS)
    (tmp_path / "test_module.py").write_text("import pytest\npytest.skip('no module', allow_module_level=True)\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    words = ("-p", "tests.runs", str(tmp_path))
    done = under_pytest(*words, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout
    done = under_pytest(*words, cwd=tmp_path, PYTHONPATH=str(ROOT), CI="true")
    assert done.returncode == 2, done.stdout
    assert "skipped in CI: no module" in done.stdout
    done = under_pytest(*words[:2], "test_it.py", cwd=tmp_path, PYTHONPATH=str(ROOT), CI="true")
    assert done.returncode == 1
    assert "skipped in CI: there is none" in done.stdout
    assert "1 failed, 1 xfailed" in done.stdout


def test_the_list_allows_what_it_names_and_nothing_else():
    assert allowed("tests/tls/test_contract.py::test_it[mbedtls-TLSv1.3]", "this library has no TLS 1.3")
    assert not allowed("tests/tls/test_contract.py::test_it[openssl-TLSv1.3]", "this library has no TLS 1.3")
    assert not allowed("tests/tls/test_contract.py::test_it[mbedtls-TLSv1.3]", "another reason")


def test_each_line_of_the_list_has_a_reason():
    for line in NOT_RUN.read_text().splitlines():
        assert line.startswith("#") or (
            all(len(column) > 0 for column in line.split("\t")[:3]) and line.count("\t") == 2
        ), line


def test_a_suite_that_is_not_run_is_red_in_ci_unless_it_is_listed():
    command = ("sh", "tools/not-run.sh")
    assert run(*command, "nothing", "there is none").returncode == 0
    refused = run(*command, "nothing", "there is none", CI="true")
    assert refused.returncode == 1
    assert "nothing: not run: there is none" in refused.stderr
    assert run(*command, "mbedtls-source", "there is none", CI="true").returncode == 0


def test_no_example_has_a_limit_in_seconds():
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


# Tiers.


def test_the_tiers_are_disjoint_and_together_everything():
    def collected(tier: str) -> tuple[set[str], int]:
        folders = ("tests/faulty_endpoints", "tests/lws", "tests/tools/probe/test_fetch.py")
        done = under_pytest("--collect-only", "--tier", tier, *folders)
        total = re.search(r"(\d+)(?: tests?|/(\d+) tests) collected", done.stdout)
        assert total is not None
        return {line for line in done.stdout.splitlines() if "::" in line}, int(total[2] or total[1])

    (quick, of_all), (rest, _) = collected("quick"), collected("rest")
    assert quick
    assert rest
    assert not quick & rest
    assert len(quick) + len(rest) == of_all
    assert not any("tests/lws" in name or "[nginx-only-tls12]" in name for name in quick)


def test_a_run_for_one_backend_has_what_the_backend_takes_part_in():
    done = under_pytest(
        "--collect-only",
        "--backend",
        "stdlib",
        "tests/tls/test_selftest.py",
        "tests/tls/test_contract.py",
        "tests/wire",
    )
    names = {line for line in done.stdout.splitlines() if "::" in line}
    assert "tests/tls/test_selftest.py::test_each_broken_promise_is_found[alert]" in names, done.stdout
    assert (
        "tests/tls/test_contract.py::test_a_handshake_ends_at_both_ends[client-openssl-server-stdlib-TLSv1.2]" in names
    )
    assert all("stdlib" in name or "test_selftest" in name for name in names)


def test_the_quick_tier_says_at_its_end_what_it_left_out():
    done = under_pytest("--tier", "quick", "tests/lws", "tests/project/test_fuzz_targets.py", "-n", "1")
    *_, how, closing = done.stdout.splitlines()
    assert re.search(r"^ +\d+ need foreign programs", done.stdout, re.MULTILINE)
    assert "`make test-all`" in how
    assert " passed" in closing


# Floors.


def history(folder: Path, *texts: str) -> Path:
    """Commit one table after the other, all but the last, which only lies there."""
    table = folder / "floors.tsv"
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.net", "-C", str(folder))
    assert run(*git, "init", "-q").returncode == 0
    for text in texts[:-1]:
        table.write_text(text)
        assert run(*git, "add", "floors.tsv").returncode == 0
        assert run(*git, "commit", "-qm", "a").returncode == 0
    table.write_text(texts[-1])
    return table


LOWER = "import pathlib, sys\nsys.path.insert(0, sys.argv[1])\nimport floors\nprint(*floors.lowered(pathlib.Path(sys.argv[2])))"


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("a\t5\n", "a\t6\n"), ""),
        (("a\t5\n", "a\t4\n"), "a was lowered; restore 5"),
        (("a\t5\n", "a\t3\n", "a\t4\n"), "a was lowered; restore 5"),
        (("a\t5\n", ""), "a was lowered; restore 5"),
        (("a\t5\n", "a\t4\tfrom 5 to 4: its tests are one now\n"), ""),
        (("a\t5\n", "a\t3\tfrom 5 to 4: its tests are one now\n"), "a was lowered; restore 5"),
        (("a\tb\t5\n", "a\tb\t4\n"), "a b was lowered; restore 5"),
        (("a\tb\t5\na\tc\t4\n", "a\t*\t0\tanother run has them\n"), ""),
        (("a\tb\t5\n", "a\t*\t0\n"), "a b was lowered; restore 5"),
        (("a\tb\t5\n", "b\t*\t0\tanother run has them\n"), "a b was lowered; restore 5"),
    ],
)
def test_a_floor_below_its_past_needs_a_reason(tmp_path, texts, said):
    table = history(tmp_path, *texts)
    done = run(sys.executable, "-c", LOWER, str(ROOT / "tools"), str(table))
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert bool(said) == ("lowered" in done.stdout)


def test_without_its_history_a_floor_is_said_to_be_unguarded(tmp_path):
    (tmp_path / "floors.tsv").write_text("a\t5\n")
    done = run(
        sys.executable,
        "-c",
        LOWER,
        str(ROOT / "tools"),
        str(tmp_path / "floors.tsv"),
        GIT_CEILING_DIRECTORIES=str(tmp_path.parent),
    )
    assert "no whole git history here" in done.stdout
