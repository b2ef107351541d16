"""The frame of the command line: exit codes, streams, and messages a stranger can act on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from wssure.tools.cli.main import VERBS, guarded

pytestmark = pytest.mark.matrix


Wssure = Callable[..., subprocess.CompletedProcess[str]]


def program(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "wssure", *words]
    return subprocess.run(command, text=True, capture_output=True, env={**os.environ, **environment})


@pytest.fixture
def wssure(capsys) -> Wssure:
    """Return a function that runs the program in this process."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = guarded(words)
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    return run


def test_help_shows_examples_and_exit_codes():
    done = program("--help")
    assert done.returncode == 0
    assert "wssure check wss://" in done.stdout
    assert "exit codes" in done.stdout
    for verb in VERBS:
        assert verb in done.stdout


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help(wssure: Wssure, verb):
    done = wssure(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: wssure")


@pytest.mark.parametrize("words", [(), ("nonsense",), ("check",), ("check", "wss://a.test/", "--nonsense")])
def test_wrong_usage_is_2_with_words_on_stderr_only(wssure: Wssure, words):
    done = wssure(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr


MISTAKES = [
    ("serve", "--site", "a b"),
    ("serve", "--site", "-"),
    ("serve", "--site", "*.192.0.2.1"),
    ("serve", "--site", "a.test", "--cert", "/no/such/file"),
    ("serve", "--plain", "--address", "192.0.2.1"),
    ("serve", "--plain", "--address", "a b"),
    ("serve", "--plain", "--address", "no such.invalid"),
    ("serve", "--plain", "--port", "65536"),
    ("serve", "--plain", "--max-size", "0"),
    ("check", "wss://127.0.0.1:1/", "--cacert", "/no/such/file"),
    ("check", "wss://127.0.0.1:1/", "--cert", "/no/such/file"),
    ("check", "ws://127.0.0.1:1/", "--proxy", "none", "--svg", "/no/such/file.svg"),
    ("hello", "--listen", "0", "--listen-address", "192.0.2.1"),
    ("hello", "/no/such/file"),
    ("hello", "/"),
    ("diff", "/", "/"),
    ("lint", "/no/such/file"),
    ("lint", "/dev/null", "--baseline", "/no/such/file"),
    ("lint", "/dev/null", "--write-baseline", "/no/such/file"),
]


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_no_mistake_of_a_user_is_a_defect_of_ours(words, capsys):
    assert guarded(words) == 2
    told = capsys.readouterr().err
    assert "error[usage." in told
    assert "  fix   " in told
    assert "defect" not in told


@pytest.mark.parametrize(
    "words", [("explain", "tls.sni-missing"), ("explain", "--list", "--json"), ("lint", "--list"), ("demo",)]
)
def test_a_full_disk_under_stdout_is_said_once(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "wssure", *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.count("error[") == 1
    assert "standard output cannot be written: No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr


CLOSED = [(0, ("hello", "-"), 2), (0, ("explain", "-"), 1), (1, ("explain", "tls.alpn"), 0), (2, ("hello", "-"), 2)]


@pytest.mark.parametrize(("stream", "words", "code"), CLOSED)
def test_a_stream_that_the_caller_closed_is_no_defect(stream, words, code):
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {stream}>&-', "sh", sys.executable, "-m", "wssure", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert "defect" not in done.stderr


def test_a_file_that_a_verb_does_not_expect_to_fail_is_named(monkeypatch, capsys):
    def fails(words):
        with open("/no/such/file"):
            pass

    monkeypatch.setattr("wssure.tools.cli.main.main", fails)
    assert guarded([]) == 2
    assert "/no/such/file cannot be used: No such file" in capsys.readouterr().err


def test_a_usage_error_is_explained_before_anything_is_sent(wssure: Wssure):
    done = wssure("check", "wss://echo.websocket.org/", "--address", "wss://echo.websocket.org/")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "error[dns.url-as-name]" in done.stderr
    assert '--address "echo.websocket.org"' in done.stderr


def test_a_usage_error_as_json_is_the_object_of_a_failed_check(wssure: Wssure):
    done = wssure("check", "https://echo.websocket.org/", "--json")
    assert done.returncode == 2
    value = json.loads(done.stdout)
    assert (value["schema"], value["ok"], value["failure"]["cause"]) == (1, False, "usage.url")


@pytest.mark.parametrize("verb", ["check", "hello", "diff", "explain", "serve"])
def test_a_verb_imports_no_heavy_package_for_its_help(verb):
    code = (
        "import sys; from wssure.tools.cli.main import guarded; guarded(sys.argv[1:]);"
        "print([name for name in ('cryptography', 'trustme', 'tree_sitter', 'rich', 'uvloop') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, verb, "--help"], text=True, capture_output=True)
    assert done.stderr.strip() == "[]"


def test_a_terminal_without_unicode_gets_escapes_not_a_crash():
    done = program("check", "wss://münchen..example/", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["chek", "wss://a.test/"], "did you mean wssure check?"),
        (["version"], "did you mean wssure versions?"),
        (["wss://a.test/"], "to test an endpoint: `wssure check URL`; to talk to it: `wssure connect URL`"),
        (["zzz"], "wssure --help lists the verbs"),
    ],
)
def test_a_mistyped_verb_gets_a_suggestion(wssure: Wssure, words, fix):
    done = wssure(*words)
    assert done.returncode == 2
    assert f"fix   {fix}" in done.stderr


def test_help_of_a_verb_is_also_a_verb(wssure: Wssure):
    assert wssure("help", "lint").stdout == wssure("lint", "--help").stdout
    assert wssure("help").stdout == wssure("--help").stdout


def test_a_mistyped_verb_does_not_show_a_secret(wssure: Wssure):
    assert "hunter2" not in wssure("wss://user:hunter2@a.test/").stderr
