"""`wssure lint` as a user runs it: exit codes, outputs, fixes, baselines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wssure.tools.cli.main import guarded
from wssure.tools.lint import RULES

BAD = """#include <libwebsockets.h>
void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};
	i.context = context;
	i.address = name;
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	lws_client_connect_via_info(&i);
}
"""
GOOD = BAD.replace(" | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK", "")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "client.c"
    path.write_text(BAD)
    return path


def test_the_incident_is_named_from_the_code_alone(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", str(bad), "--tls", "mbedtls", "--lws", "4.3.3", "--mbedtls", "3.4.0", "--json"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["rule"] == "lws.skip-hostname-check"
    assert (found["severity"], found["confidence"]) == ("error", "certain")
    assert "server_name (SNI)" in found["summary"]
    assert "Mbed TLS" in found["summary"]
    assert "drop the flag" in found["fix"]
    assert "client_ssl_ca_filepath" in found["fix"]


def test_without_knowing_the_library_it_says_less(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guarded(["lint", str(bad), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["severity"], found["confidence"]) == ("warning", "likely")
    guarded(["lint", str(bad), "--tls", "openssl", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "SNI" not in found["summary"]


def test_good_code_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "client.c").write_text(GOOD)
    assert guarded(["lint", str(tmp_path), "--tls", "mbedtls"]) == 0
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "nothing found" in streams.err


def test_fix_mends_the_file_and_leaves_nothing(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", str(bad), "--fix"]) == 0
    assert bad.read_text() == GOOD


def test_baseline(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = bad.parent / "lint.json"
    assert guarded(["lint", str(bad), "--write-baseline", str(baseline)]) == 0
    assert guarded(["lint", str(bad), "--baseline", str(baseline)]) == 0
    bad.write_text(BAD.replace("i.host = i.address", 'i.host = ""'))
    assert guarded(["lint", str(bad), "--baseline", str(baseline)]) == 1
    assert "lws.host-empty" in capsys.readouterr().out


def test_sarif_and_annotations(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", str(bad), "--sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert guarded(["lint", str(bad), "--github"]) == 1
    assert capsys.readouterr().out.startswith("::warning file=")


def test_fail_on_and_rule_choose(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", str(bad), "--fail-on", "error"]) == 0
    assert guarded(["lint", str(bad), "--rule", "lws.host-empty"]) == 0


def test_the_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", "--list"]) == 0
    assert "lws.skip-hostname-check" in capsys.readouterr().out
    assert guarded(["lint", "--list", "--json"]) == 0
    assert [json.loads(line)["rule"] for line in capsys.readouterr().out.splitlines()] == [rule.id for rule in RULES]


WRONG = {
    "no-path": [],
    "missing-path": ["/no/such/file.c"],
    "unknown-rule": [".", "--rule", "lws.nothing"],
    "bad-version": [".", "--lws", "latest"],
    "unknown-tls": [".", "--tls", "boringssl"],
    "no-baseline": [__file__, "--baseline", "/no/such/file"],
    "bad-baseline": [__file__, "--baseline", __file__],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_2_and_says_what_to_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["lint", *arguments]) == 2
    assert "fix" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_2_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop.c").symlink_to(tmp_path / "loop.c")
    (tmp_path / "client.c").write_text(BAD)
    assert guarded(["lint", str(tmp_path)]) == 2
    streams = capsys.readouterr()
    assert "loop.c: Too many levels of symbolic links" in streams.err
    assert "lws.skip-hostname-check" in streams.out


def test_without_tree_sitter_it_says_what_to_install(bad: Path) -> None:
    blocked = "import sys; sys.modules['tree_sitter'] = None; from wssure.tools.cli.main import guarded; sys.exit(guarded(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", blocked, "lint", str(bad)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "-m pip install 'tree-sitter>=0.23'" in done.stderr
    assert done.stdout == ""


def test_rules_and_pages_need_no_tree_sitter() -> None:
    code = "import sys; sys.modules['tree_sitter'] = None; from wssure.tools.lint import page; print(page('lws.host-unset').title)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
