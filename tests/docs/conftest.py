"""One echo server and one proxy for all tests here, and a folder with the files of the pages for each of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.docs.scratch import Scratch, echoing, furnish, site
from tests.peers.proxy import tunnelling

from wssure import Site


@pytest.fixture(scope="session")
def echo_site(ca: trustme.CA) -> Site:
    """The site of the echo server."""
    return site(ca)


@pytest.fixture(scope="session")
def ports(echo_site: Site) -> Iterator[tuple[int, int, int]]:
    """The ports of the echo with TLS, the echo without, and the proxy."""
    with echoing([echo_site]) as port, echoing(None) as plain, tunnelling() as proxy:
        yield port, plain, proxy.port


@pytest.fixture
def scratch(
    ca: trustme.CA, ports: tuple[int, int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scratch]:
    """A new folder, in which the test runs; `wssure demo` silences the log of its process, which other tests read."""
    log = logging.getLogger("wssure")
    level = log.level
    monkeypatch.chdir(tmp_path)
    yield furnish(tmp_path, ca, *ports)
    log.setLevel(level)
