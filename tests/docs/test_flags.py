"""What the help promises of flags and exit codes: each flag has the effect that its help states."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.docs.commands import parsers
from tests.docs.scratch import HERE, Scratch

import wssure
from wssure import TLSSettings, connect
from wssure.facts import AlertSeen
from wssure.tools.cli.main import guarded
from wssure.tools.cli.target import connect_arguments

URL = "wss://b.example.net/"
PIN = "sha256/" + "A" * 43 + "="
# Flags of `check` and `connect`, and the arguments of `connect()` that they become.
TARGET: list[tuple[list[str], dict[str, Any]]] = [
    (["--proxy", "http://proxy.example:3128"], {"proxy": "http://proxy.example:3128"}),
    (["--proxy", "none"], {"proxy": None}),
    (["--backend", "stdlib"], {"backend": "stdlib"}),
    (["--cacert", "ca.pem"], {"tls": {"ca": "ca.pem"}}),
    (["--cert", "client.pem", "--key", "client.key"], {"tls": {"cert": "client.pem", "key": "client.key"}}),
    (["--pin", PIN], {"tls": {"pins": (PIN,)}}),
    (["--verify", "chain"], {"tls": {"verify": "chain"}}),
    (["--insecure"], {"tls": {"verify": "none"}}),
    (["--tls-min", "1.3"], {"tls": {"min_version": "TLSv1.3"}}),
    (["--tls-max", "1.2"], {"tls": {"max_version": "TLSv1.2"}}),
    (["--alpn", "a,b"], {"tls": {"alpn": ("a", "b")}}),
    (["--alpn", ""], {"tls": {"alpn": ()}}),
    (["--subprotocol", "chat"], {"subprotocols": ["chat"]}),
    (["--origin", "https://a.example"], {"origin": "https://a.example"}),
    (["--header", "X-A: b"], {"additional_headers": [("X-A", "b")]}),
    (["--groups", "x25519"], {"tls": {"groups": ("x25519",)}}),
    (["--strict"], {"tls": {"strict": True}}),
    (["--timeout", "3"], {"open_timeout": 3.0}),
]


@pytest.mark.parametrize("verb", ["check", "connect"])
@pytest.mark.parametrize(("flags", "expected"), TARGET, ids=[" ".join(row[0][:2]) for row in TARGET])
def test_a_flag_of_a_connection_becomes_its_argument(verb, flags, expected, scratch):
    arguments: dict[str, Any] = dict(connect_arguments(parsers()[verb].parse_args([URL, *flags])))
    settings = arguments.pop("tls", None) or TLSSettings()
    for name, value in expected.items():
        if name == "tls":
            assert {key: getattr(settings, key) for key in value} == value
        else:
            assert arguments[name] == value


def test_every_flag_of_a_connection_is_in_the_table():
    """Those of `check` and `connect` alike; what only one of them has, its own tests hold."""
    common = set.intersection(*(flags(parsers()[verb]) for verb in ("check", "connect")))
    # Where to dial: each command of test_commands.py uses the first two, tests/tools/cli/test_target.py the third.
    common -= {"--help", "--json", "--color", "--address", "--address-port", "--resolve"}
    assert common == {word for row in TARGET for word in row[0] if word in common}


def flags(parser: argparse.ArgumentParser) -> set[str]:
    return {action.option_strings[-1] for action in parser._actions if action.option_strings}


# Words after `wssure`, standard input, and the exit code.
CODES: list[tuple[list[str], int]] = [
    (["check", URL], 0),
    (["check", "wss://c.example.net/"], 1),
    (["check", "https://b.example.net/"], 2),
    (["connect", URL, "--count", "1"], 0),
    (["connect", "wss://c.example.net/"], 1),
    (["hello", "good.bin"], 0),
    (["hello", "ca.pem"], 2),
    (["hello", "missing.bin"], 2),
    (["diff", "good.bin", "good.bin"], 0),
    (["diff", "good.bin", "bad.bin"], 1),
    (["diff", "good.bin", "ca.pem"], 2),
    (["explain", "tls.sni-missing"], 0),
    (["explain", "nothing that is known"], 1),
    (["explain"], 2),
    (["lint", "empty.c"], 0),
    (["lint", "client.c"], 1),
    (["lint", "missing.c"], 2),
    (["lint", "client.c", "--rule", "lws.nothing"], 2),
    (["versions"], 0),
    (["versions", "--lws", "4.3.3", "--mbedtls", "3.4.0"], 1),
    (["versions", "--lws", "x"], 2),
    (["serve", "--plain", "--site", "a.test"], 2),
]


@pytest.mark.parametrize(("words", "code"), CODES, ids=[" ".join(row[0]) for row in CODES])
def test_the_exit_code_is_that_of_the_help(words, code, scratch, monkeypatch, capsys):
    (scratch.folder / "empty.c").write_text("int main(void) { return 0; }\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hello\n")))
    assert guarded(reaching(words, scratch)) == code, capsys.readouterr().err


def reaching(words: list[str], scratch: Scratch) -> list[str]:
    """Add to a command that connects how to reach the echo server."""
    if words[0] not in ("check", "connect") or "https" in words[1]:
        return words
    return [*words, "--address", HERE, "--address-port", str(scratch.port), "--cacert", "ca.pem"]


def test_an_internal_error_is_3(monkeypatch, capsys):
    """A defect in a verb: here one that its caller provokes."""
    monkeypatch.setattr("wssure.tools.cli.versions.run", None)
    assert guarded(["versions"]) == 3
    assert "defect" in capsys.readouterr().err


# Each verb but serve, with an answer of one JSON value, or of one for each line.
JSON = [
    (["demo"], False),
    (["check", URL], False),
    (["connect", URL, "--count", "1"], True),
    (["hello", "good.bin"], True),
    (["diff", "good.bin", "bad.bin"], False),
    (["explain", "tls.sni-missing"], False),
    (["lint", "client.c"], True),
    (["versions"], False),
]


@pytest.mark.parametrize(("words", "lines"), JSON, ids=[row[0][0] for row in JSON])
def test_every_verb_prints_json_and_nothing_else(words, lines, scratch, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hello\n")))
    guarded([*reaching(words, scratch), "--json"])
    out = capsys.readouterr().out
    for text in out.splitlines() if lines else [out]:
        assert json.loads(text)


def test_every_verb_has_the_flags_of_all_verbs():
    assert all({"--json", "--color"} <= flags(parser) for parser in parsers().values())
    assert {row[0][0] for row in JSON} | {"serve"} == set(parsers())


@pytest.mark.parametrize("words", [["check", "wss://c.example.net/"], ["hello", "bad.bin"], ["lint", "client.c"]], ids=lambda words: words[0])  # fmt: skip
def test_colour_is_always_never_or_left_to_the_environment(words, scratch, monkeypatch, capsys):
    monkeypatch.setenv("NO_COLOR", "1")
    shown = {}
    for choice in ("always", "never", "auto"):
        guarded([*reaching(words, scratch), "--color", choice])
        shown[choice] = "\x1b[" in "".join(capsys.readouterr())
    assert shown == {"always": True, "never": False, "auto": False}


@contextmanager
def served(*words: str) -> Iterator[dict[str, Any]]:
    """Run `wssure serve --json` until the block ends; gives the object that it prints."""
    command = [sys.executable, "-m", "wssure", "serve", *words, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


async def attempt(server: dict[str, Any], name: str, **more: Any) -> None:
    settings = TLSSettings(ca=server["ca"])
    async with connect(f"wss://{name}:{server['port']}/", address=server["address"], tls=settings, **more) as ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"


def test_serve_serves_each_site_and_refuses_strictly(scratch):
    asyncio.run(serves_each_site_and_refuses_strictly())


async def serves_each_site_and_refuses_strictly() -> None:
    with served("--site", "a.test", "--site", "b.test", "--address", "127.0.0.2", "--backend", "stdlib") as server:
        assert (server["address"], server["sites"]) == ("127.0.0.2", ["a.test", "b.test"])
        for name in server["sites"]:
            await attempt(server, name)
        with pytest.raises(wssure.UpgradeFailed):
            await attempt(server, "a.test", origin="https://other.test")
    with served("--site", "a.test", "--strict-sni", "--any-origin") as server:
        await attempt(server, "a.test", origin="https://other.test")
        with pytest.raises(wssure.TLSFailed) as caught:
            await attempt(server, "c.test")
        assert caught.value.failure.fact(AlertSeen).number == 112
    with served("--site", "a.test", "--max-size", "4") as server:
        with pytest.raises(wssure.ConnectionClosedError) as closed:
            await attempt(server, "a.test")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    with served("--site", "a.test", "--strict-sni", "close") as server:
        with pytest.raises(wssure.TLSFailed) as caught:
            await attempt(server, "c.test")
        assert caught.value.failure.fact(AlertSeen) is None


def test_connect_waits_for_answers_after_the_last_line(scratch, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hello\n")))
    assert guarded([*reaching(["connect", URL], scratch), "--linger", "3"]) == 0
    assert capsys.readouterr().out == "hello\n"


def test_explain_shows_more_causes_on_request_and_believes_the_side(scratch, capsys):
    text = "SSL alert number 40"
    counts = {}
    for words in ([], ["--all"], ["--side", "server"]):
        assert guarded(["explain", text, "--json", *words]) == 0
        counts[" ".join(words)] = json.loads(capsys.readouterr().out)["candidates"]
    assert counts[""] == counts["--all"] != counts["--side server"]
    guarded(["explain", text])
    short = capsys.readouterr().out
    guarded(["explain", text, "--all"])
    assert len(capsys.readouterr().out) >= len(short)


def test_lint_takes_a_version_for_its_library(scratch, capsys):
    """The flag that the incident is about removes SNI on Mbed TLS only."""
    found = {}
    for words in (["--openssl", "3.0"], ["--mbedtls", "3.4.0"]):
        guarded(["lint", "client.c", "--lws", "4.3.3", *words])
        found[words[0]] = bool(re.search(r"removes server_name", capsys.readouterr().out))
    assert found == {"--openssl": False, "--mbedtls": True}


def test_a_file_of_the_user_stays_as_it_is(scratch):
    """`lint` without `--fix` only reads."""
    before = Path("client.c").read_bytes()
    guarded(["lint", "client.c"])
    assert Path("client.c").read_bytes() == before
