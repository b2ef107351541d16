"""Windows and macOS: the package imports, and its commands work, without the parts of a system that only Linux or Unix has.

A child process loses those parts before it imports wssure: the parts missing on Windows, all compiled modules, and UTF-8 as
the default encoding. This is real code on a smaller system, but no Windows: its sockets, paths and consoles are not tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.project.test_hygiene import ROOT

pytestmark = pytest.mark.slow
SMALLER = """
import asyncio, os, select, selectors, signal, socket, sys
# Every system's socketpair has a default family.
pair, unix = socket.socketpair, socket.AF_UNIX
socket.socketpair = lambda: pair(unix)
for name in ("fcntl", "resource", "termios", "pwd", "grp", "tty", "pty", "syslog", "readline"):
    sys.modules[name] = None
for owner, names in {
    os: "register_at_fork fork O_CLOEXEC O_NOFOLLOW O_NONBLOCK geteuid getuid getgid sysconf uname memfd_create sched_getaffinity",
    socket: "AF_UNIX MSG_DONTWAIT MSG_NOSIGNAL SO_REUSEPORT SO_PEERCRED SCM_RIGHTS",
    signal: "SIGHUP SIGUSR1 SIGALRM SIGPIPE setitimer pthread_sigmask",
    select: "poll epoll",
}.items():
    for name in names.split():
        if hasattr(owner, name):
            delattr(owner, name)
selectors.DefaultSelector = selectors.SelectSelector

def unsupported(*_):
    raise NotImplementedError

asyncio.SelectorEventLoop.add_signal_handler = unsupported
"""
PROACTOR = """
asyncio.SelectorEventLoop.add_reader = asyncio.SelectorEventLoop.add_writer = unsupported
"""
COMMAND = "from wssure.tools.cli.main import entry\nentry()"
PATH = """
import contextlib, wssure
asyncio.run(contextlib.AsyncExitStack().enter_async_context("""
TALK = """
import wssure
from wssure.tools.demo.throwaway import ThrowawayCA

async def echo(ws):
    async for message in ws:
        await ws.send(message)

async def main():
    ca = ThrowawayCA.make()
    trust = wssure.TLSSettings(ca=ca.pem)
    async with wssure.serve(echo, "127.0.0.1", 0, sites=[ca.site("a.test")]) as server:
        async with wssure.connect(f"wss://a.test:{server.port}/", address="127.0.0.1", tls=trust) as ws:
            await ws.send("over TLS")
            print(await ws.recv())
    async with wssure.serve(echo, "127.0.0.1", 0) as server:
        async with wssure.connect(f"ws://127.0.0.1:{server.port}/") as ws:
            await ws.send("plain")
            print(await ws.recv())

with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
    runner.run(main())
"""


@pytest.fixture(scope="module")
def pure(tmp_path_factory) -> Path:
    """A copy of the package without compiled modules; its metadata are those of the installed one."""
    folder = tmp_path_factory.mktemp("pure")
    shutil.copytree(ROOT / "src" / "wssure", folder / "wssure", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return folder


def python(folder: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "LC_ALL": "C",
        "PYTHONIOENCODING": "cp1252",
    }
    code = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{SMALLER}{code}"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, env=environment, encoding="cp1252")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["versions"], "stdlib"),
        (["explain", "mbedtls connect -1 5 0"], "tls."),
        (["hello", str(ROOT / "src/wssure/tools/demo/recordings/with-sni.hex")], "server_name"),
        (["lint", "--json", str(ROOT / "tests/tools/lint/rules/host-empty")], "host-empty"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_commands_that_open_no_connection_work_anywhere(pure, words, answer):
    ran = python(pure, COMMAND, *words)
    assert answer in ran.stdout, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_connections_work_with_the_selector_loop(pure):
    ran = python(pure, TALK)
    assert ran.stdout.splitlines() == ["over TLS", "plain"], ran.stderr


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (PROACTOR + TALK, "asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)"),
        (PATH + "wssure.connect('ws://a/', path='x')))", "give host and port instead"),
        (PATH + "wssure.serve(print, path='x')))", "give host and port instead"),
    ],
    ids=["proactor", "connect-path", "serve-path"],
)
def test_missing_parts_are_named_in_one_sentence(pure, code, answer):
    ran = python(pure, code)
    _, mark, message = ran.stderr.partition("\nwssure.errors.UsageError: ")
    assert mark, ran.stderr
    assert answer in message
