"""No verb swallows what it was asked for: a flag without effect is refused, and what cannot be done is reported."""

from __future__ import annotations

import contextlib
import io
import socket
from unittest import mock

import pytest
from tests.peers.listener import listening
from tests.peers.scripts import close_frame, frame, upgrades

from wssure.tools.cli.main import guarded

URL, WSS = "ws://127.0.0.1:1/", "wss://127.0.0.1:1/"
REFUSED = [
    ("check", URL, "--cacert", "x.pem"),
    ("check", URL, "--cert", "x.pem"),
    ("check", URL, "--pin", "sha256:00"),
    ("check", URL, "--insecure"),
    ("check", URL, "--verify", "chain"),
    ("check", URL, "--tls-min", "1.3"),
    ("check", URL, "--tls-max", "1.2"),
    ("check", URL, "--alpn", ""),
    ("check", URL, "--groups", "x25519"),
    ("check", WSS, "--groups", "x25519,nonsense"),
    ("check", WSS, "--groups", ""),
    ("check", URL, "--fetch"),
    ("check", URL, "--backend", "stdlib"),
    ("check", WSS, "--probe-budget", "3", "--no-probe"),
    ("check", WSS, "--fetch", "--no-probe"),
    ("check", WSS, "--json", "--jsonl"),
    ("check", WSS, "--ladder", "--json"),
    ("check", WSS, "--resolve", "other.example:1:127.0.0.1"),
    ("check", WSS, "--resolve", "127.0.0.1:2:127.0.0.1"),
    ("check", WSS, "--resolve", "127.0.0.1:1:127.0.0.1", "--address", "127.0.0.1"),
    ("connect", URL, "--insecure"),
    ("connect", URL, "--raw", "--json"),
    ("connect", URL, "--count", "0"),
    ("connect", URL, "--count", "-1"),
    ("connect", URL, "--count", "1", "--linger", "2"),
    ("connect", URL, "--linger", "-1"),
    ("connect", URL, "--linger", "nan"),
    ("hello", "--count", "1"),
    ("explain", "--list", "tls.alpn"),
    ("versions", "--all", "--lws", "4.3.3"),
    ("lint", "--list", "src"),
    ("lint", "--write-baseline", "x.json", "--json", "."),
    ("lint", "--write-baseline", "x.json", "--sarif", "."),
    ("lint", "--write-baseline", "x.json", "--baseline", "y.json", "."),
    ("serve", "--plain", "--backend", "stdlib"),
    ("serve", "--plain", "--site", "a.test"),
    ("serve", "--plain", "--address", "192.0.2.1"),
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_a_flag_without_effect_is_refused(capsys, words):
    assert guarded(words) == 2
    both = "".join(capsys.readouterr())
    assert "error[usage." in both
    assert "  fix " in both


@pytest.mark.parametrize("flag", ["--save", "--svg"])
def test_a_file_that_cannot_be_written_is_no_crash(capsys, flag, tmp_path):
    with listening(upgrades()) as port:
        code = guarded(["check", f"ws://127.0.0.1:{port}/", flag, str(tmp_path / "absent" / "file")])
    assert code == 2
    assert f"{flag} " in capsys.readouterr().err


def test_a_taken_port_is_no_crash(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert guarded(["serve", "--plain", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be listened on" in capsys.readouterr().err


def talk(port: int, *words: str, stdin: bytes = b"") -> int:
    source = mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    with source:
        return guarded(["connect", f"ws://127.0.0.1:{port}/", *words])


def test_fewer_messages_than_asked_for_are_a_finding(capsys):
    with listening(upgrades(then=frame(0x81, b"a") + close_frame(1000, "bye"))) as port:
        assert talk(port, "--count", "2") == 1
        assert "closed with 1000 bye after 1 of 2 messages" in capsys.readouterr().err
        assert talk(port, "--count", "1") == 0


def test_the_end_of_a_connection_by_a_failure_is_one(capsys):
    with listening(upgrades(then=close_frame(1011, "broken"))) as port:
        assert talk(port) == 1
    assert "error[ws.close-code]" in capsys.readouterr().err


def test_standard_input_that_is_no_text_is_reported(capsys):
    with listening(upgrades()) as port:
        assert talk(port, stdin=b"\xff\xfe\n") == 2
    assert "error[usage.stdin]" in capsys.readouterr().err


def test_connect_prints_what_came_before_the_end():
    with listening(upgrades(then=frame(0x81, b"last words") + close_frame(1011))) as port:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert talk(port) == 1
    assert out.getvalue() == "last words\n"
