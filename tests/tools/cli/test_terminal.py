"""On a terminal: its width is obeyed, ASCII does without UTF-8, Ctrl-C shows the results so far, and long work shows progress."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.peers.listener import listening, wait_for_end
from tests.peers.scripts import upgrades

from wssure.diagnose.page import pages
from wssure.tools.cli.main import guarded

ROOT = Path(__file__).parents[3]
HELLO = str(ROOT / "tests" / "vectors" / "libwebsockets" / "lws433-mbed340full-skiphost.hex")
VENDOR = str(ROOT / "tests" / "tools" / "lint" / "rules" / "skip-hostname-check" / "bad.c")
WSSURE = [sys.executable, "-m", "wssure"]
LIMIT_S = 60
ANSI = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = [
    ("check", "wss://127.0.0.1:1/", "--proxy", "none", "--no-probe"),
    ("explain", "tls.sni-missing"),
    ("explain", "lws.skip-hostname-check"),
    ("explain", "mbedtls connect -1 5 0"),
    ("hello", HELLO),
    ("lint", "--tls", "mbedtls", VENDOR),
    ("diff", HELLO, HELLO),
    ("versions",),
    ("demo",),
    ("check", "https://a.example/", "--proxy", "none"),
]


@contextmanager
def terminal(columns: int) -> Iterator[tuple[int, int]]:
    """Yield both ends of a pseudo-terminal with a width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def shown(columns: int, *words: str) -> str:
    """Return the output of a command on a terminal."""
    with (
        terminal(columns) as (ours, theirs),
        subprocess.Popen([*WSSURE, *words], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as process,
    ):
        os.close(theirs)
        text = read_until(ours, None)
        process.wait(LIMIT_S)
    return text.replace("\r\n", "\n")


def read_until(end: int, mark: str | None) -> str:
    """Return the output on a terminal or pipe up to a mark; None reads up to its end."""
    data = b""
    while mark is None or mark.encode() not in data:
        assert select.select([end], [], [], LIMIT_S)[0], data
        try:
            more = os.read(end, 65536)
        except OSError:  # Linux's end of a pseudo-terminal
            more = b""
        if not more:
            break
        data += more
    return data.decode()


@pytest.mark.parametrize(
    ("columns", "words"),
    [(50, words) for words in COMMANDS] + [(80, words) for words in COMMANDS[:2]],
    ids=lambda value: str(value) if isinstance(value, int) else " ".join(value)[:30],
)
def test_no_line_is_wider_than_the_terminal(columns: int, words: tuple[str, ...]):
    lines = [ANSI.sub("", line) for line in shown(columns, *words).splitlines()]
    # A word that is longer than a line, and a line of source code with its marks, cannot be folded.
    wide = [line for line in lines if len(line) > columns and not re.match(r" *\d* \| ", line)]
    assert [line for line in wide if len(max(line.split(), key=len)) + 20 < columns] == []


def test_a_pipe_gets_whole_lines(capsys):
    assert guarded(["explain", "mbedtls connect -1 5 0"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) > 80


def test_every_page_is_ascii_where_there_is_no_utf_8():
    code = (
        "import sys; from wssure.tools.cli.main import guarded; [guarded(['explain', name]) for name in sys.argv[1:]]"
    )
    words = [sys.executable, "-c", code, *(page.id for page in pages())]
    done = subprocess.run(words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True)
    assert b"\\u" not in done.stdout
    assert b"\\x" not in done.stdout


class Server:
    """Closes after each hello, until one connection is left without an answer."""

    def __init__(self, closed: int) -> None:
        self.closed = closed
        self.waiting = threading.Event()

    def talk(self, connection: socket.socket) -> None:
        connection.recv(65536)
        self.closed -= 1
        if self.closed < 0:
            self.waiting.set()
            wait_for_end(connection)


@pytest.mark.parametrize(
    ("closed", "said"),
    [(0, ["interrupted, stage tls", "SNI sent", "── ClientHello"]), (1, ["error[tls.eof-in-handshake]", "fix"])],
    ids=["while it connects", "during experiments"],
)
def test_ctrl_c_during_a_check_shows_what_was_seen_until_then(closed: int, said: list[str]):
    server = Server(closed)
    with listening(server.talk) as port:
        words = ["check", f"wss://a.example:{port}/", "--address", "127.0.0.1", "--proxy", "none", "--timeout", "60"]
        more = ["--probe-budget", "60"] if closed else []
        with subprocess.Popen([*WSSURE, *words, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert server.waiting.wait(LIMIT_S)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, err
    assert [word for word in said if word not in out.decode()] == []
    assert b"Traceback" not in err


def test_ctrl_c_after_the_connection_shows_its_parameters():
    """The server answers the upgrade, and neither the ping nor the Close."""
    waiting = threading.Event()

    def talk(connection: socket.socket) -> None:
        upgrades(keep=False)(connection)
        connection.recv(65536)
        waiting.set()
        wait_for_end(connection)

    with listening(talk) as port:
        words = ["check", f"ws://127.0.0.1:{port}/", "--proxy", "none", "--pong-timeout", "60"]
        with subprocess.Popen([*WSSURE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert waiting.wait(LIMIT_S)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out.startswith(b"interrupted"), b"subprotocol" in out) == (130, True, True), err


def test_ctrl_c_explains_a_followed_log_as_far_as_it_came():
    with subprocess.Popen(
        [*WSSURE, "explain", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"E: mbedtls connect -1 5 0\n")
        process.stdin.flush()
        # The program has taken the line when the pipe is empty and it sleeps in the next read.
        stat = Path(f"/proc/{process.pid}/stat")
        while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0" * 4)) != (0,) or (
            ") S " not in stat.read_text()
        ):
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, b"tls.sni-missing" in out) == (130, True), err


def test_ctrl_c_ends_a_listener_after_the_hellos_that_came():
    """Each hello is written at once, into a pipe, too."""
    words = [*WSSURE, "hello", "--listen", "0", "--listen-address", "127.0.0.1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = int(re.findall(r"port (\d+)", read_until(process.stderr.fileno(), "ends)"))[0])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(bytes.fromhex(Path(HELLO).read_text()))
            assert "server_name    absent" in read_until(process.stdout.fileno(), "server_name    absent")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130


def test_long_work_shows_progress_on_a_terminal_and_removes_it():
    server = Server(0)
    with listening(server.talk) as port, terminal(60) as (ours, theirs):
        words = ["check", f"wss://a.example:{port}/", "--address", "127.0.0.1", "--proxy", "none", "--timeout", "60"]
        with subprocess.Popen([*WSSURE, *words], stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            first = read_until(ours, "\x1b[K")
            process.send_signal(signal.SIGINT)
            rest = read_until(ours, None)
            out, _ = process.communicate(timeout=LIMIT_S)
    assert first.startswith(f"\rchecking wss://a.example:{port}/, 2 s")
    assert rest.endswith("\r\x1b[K")
    assert b"checking" not in out
