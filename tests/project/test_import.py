"""`import wssure` loads what every connection needs, and what it left out is found later, wherever a program then is."""

from __future__ import annotations

import subprocess
import sys

import pytest

# How many modules of ours `import wssure` loads at most. It only falls.
MOST_MODULES = 71
# The rest: tools, the catalogue of causes, the TLS layer, and modules of others that few programs need.
NOT_AT_ONCE = (
    "wssure.tools",
    "wssure.diagnose",
    "wssure.tls.backends",
    "wssure.tls.connection",
    "wssure.tls.openssl",
    "wssure.tls.stdlib",
    "wssure.wire.hello",
    "wssure.wire.x509",
    "html",
    "idna",
    "importlib.metadata",
    "json",
    "secrets",
    "tempfile",
    "tomllib",
    "uuid",
)
COUNT = """
import asyncio, ssl, sys
before = set(sys.modules)
import wssure
print(*sorted(set(sys.modules) - before))
"""
# `failed` connects where nothing listens and returns the cause, which loads everything that explains a failure.
FAILED = """
import asyncio, atexit, os, socket, threading
import wssure

async def connect():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    try:
        await wssure.connect(f"wss://a.test:{port}/", address="127.0.0.1")
    except wssure.ConnectFailed as error:
        return error.failure.cause

def failed():
    os.write(1, f"{asyncio.run(connect())} ".encode())
"""
PLACES = {
    "thread": "threads = [threading.Thread(target=failed) for _ in range(2)]\n"
    "for thread in threads: thread.start()\nfor thread in threads: thread.join()",
    "child": "child = os.fork()\nfailed()\nif child: os.waitpid(child, 0)",
    "exit": "atexit.register(failed)\natexit.register(failed)",
}


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    return python(COUNT).split()


def test_the_number_of_modules_only_falls(loaded):
    ours = [name for name in loaded if name.partition(".")[0] == "wssure"]
    assert len(ours) <= MOST_MODULES, f"{len(ours)} modules: {' '.join(ours)}"


def test_nothing_is_loaded_that_an_open_plain_connection_does_not_need(loaded):
    assert [name for name in loaded if name.startswith(NOT_AT_ONCE)] == []


@pytest.mark.parametrize("place", PLACES)
def test_a_failure_is_explained_wherever_it_happens_first(place):
    assert python(FAILED + PLACES[place]).split() == ["tcp.refused"] * 2


def test_the_tools_are_found_by_their_public_names():
    code = "import wssure; print(wssure.investigate.__module__, wssure.diagnose.render.__module__)"
    assert python(code).split() == ["wssure.tools.probe", "wssure.diagnose.render"]


def test_calling_the_package_names_the_function():
    import wssure

    with pytest.raises(TypeError, match=r"wssure\.investigate\(error\)"):
        wssure.diagnose(None)  # type: ignore[operator]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        wssure.nothing  # noqa: B018
