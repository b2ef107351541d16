"""Which peers there are, what each can do, and what happens where one is not installed."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil

import pytest

NODE_MODULES = pathlib.Path(__file__).parents[2] / ".cache" / "node" / "node_modules"

# Names on PyPI, and what their APIs offer.
PYTHON_SERVERS = {
    "websockets": {"fragments", "deflate"},
    "aiohttp": {"deflate"},
    "picows": {"fragments"},
}
PYTHON_CLIENTS = PYTHON_SERVERS | {"websocket-client": {"fragments"}}

_MODULES = {"websocket-client": "websocket"}
_PACKAGES = {
    "gnutls-cli": "gnutls-bin",
    "libwebsockets-test-client": "libwebsockets-test-server",
    "node": "nodejs npm",
}


def who(peers: dict[str, set[str]], ability: str | None = None) -> list[str]:
    """Return the names of all peers, or of those with an ability."""
    return [name for name, abilities in peers.items() if ability is None or ability in abilities]


def missing(what: str, how: str) -> None:
    """Skip loudly on a laptop, fail in CI: there every peer is installed, and an absent one would hide its tests."""
    words = f"interop peer missing: {what} is not installed; fix: {how}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


def need(program: str) -> str:
    """Return the path of a program."""
    # Debian keeps servers where an ordinary user's PATH does not look.
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(program, f"apt-get install {_PACKAGES.get(program, program)}")
    assert found is not None
    return found


def need_module(package: str) -> None:
    """Have a package of PyPI."""
    if importlib.util.find_spec(_MODULES.get(package, package)) is None:
        missing(package, 'pip install -e ".[interop]"')


def need_node_module(package: str) -> str:
    """Have a package of npm, where tools/ci-node.sh puts it; returns the path of node."""
    node = need("node")
    if not (NODE_MODULES / package).is_dir():
        missing(f"the npm package {package}", "sh tools/ci-node.sh")
    return node
