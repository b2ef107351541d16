"""Every provoked cause runs on every backend this process can use."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
import trustme
from tests.backends import EXPECTED
from tests.faulty_endpoints.endpoint import Material
from tests.peers.certificates import NAME, server_context

__all__ = ["NAME"]


@pytest.fixture(params=EXPECTED)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serving(ca, site_pem, tmp_path_factory) -> Callable[..., ssl.SSLContext]:
    """Return a function: a PEM of chain and key (or None for a good one) -> a server's context."""

    def make(pem: bytes | None = None, *names: str, weak: bool = False, rsa: bool = False) -> ssl.SSLContext:
        if rsa:
            issued = ca.issue_cert(NAME, key_type=trustme.KeyType.RSA)
            pem = issued.cert_chain_pems[0].bytes() + issued.private_key_pem.bytes()
        path = tmp_path_factory.mktemp("site") / "site.pem"
        path.write_bytes(pem or site_pem(*(names or (NAME,))))
        return server_context(path, weak=weak)

    return make


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """The certificates of the faulty endpoints."""
    return Material(tmp_path_factory.mktemp("endpoints"))
