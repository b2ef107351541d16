"""`--backend` takes every installed backend, also that of another distribution; help and errors list those that work."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.matrix

MODULE = """
from wssure.tls.stdlib import StdlibBackend

class Other(StdlibBackend):
    name = "other"
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the command line where a distribution with the backend `other` is installed."""
    (tmp_path / "other_backend.py").write_text(MODULE)
    metadata = tmp_path / "other_backend-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-backend\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[wssure.backends]\nother = other_backend:Other\nbroken = no_such_module:Nothing\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wssure", *words],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
            check=False,
        )

    return run


@pytest.mark.parametrize("verb", ["check", "connect", "serve"])
def test_help_lists_the_backends_that_work(run, verb):
    words = " ".join(run(verb, "--help").stdout.split())
    names = words.partition("these work here: ")[2].partition(" --")[0].split(", ")
    assert {"stdlib", "other"} <= set(names)
    assert "broken" not in names


def test_a_backend_of_another_distribution_is_used(run):
    # Nothing listens on port 1: that the failure is the dial's and names the backend says that the choice was accepted.
    done = run("check", "wss://a.test:1/", "--address", "127.0.0.1", "--backend", "other", "--no-probe", "--json")
    value = json.loads(done.stdout)
    assert (done.returncode, value["backend"], value["failure"]["cause"]) == (1, "other", "tcp.refused")


@pytest.mark.parametrize(
    ("name", "why"), [("nothing", "is not installed"), ("broken", "does not work here: ModuleNotFoundError")]
)
def test_any_other_name_is_wrong_usage_that_lists_those_that_work(run, name, why):
    done = run("check", "wss://a.test:1/", "--address", "127.0.0.1", "--backend", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[usage.backend]: backend got" in done.stderr
    assert why in done.stderr
    assert "write one of" in done.stderr.partition("fix")[2]
    assert "other" in done.stderr.partition("fix")[2]
