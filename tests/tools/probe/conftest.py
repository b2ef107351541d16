"""Every experiment runs on every backend this process can use."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
from tests.backends import EXPECTED
from tests.causes.conftest import NAME


@pytest.fixture(params=EXPECTED)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def context(site_pem, tmp_path) -> Callable[..., ssl.SSLContext]:
    """Return a function: names -> a server's context."""

    def make(*names: str) -> ssl.SSLContext:
        path = tmp_path / "site.pem"
        path.write_bytes(site_pem(*(names or (NAME,))))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made

    return make
