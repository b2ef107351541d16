"""Every backend this process can use, as client, as server, in both versions: a further one joins when installed."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from tests.backends import EXPECTED
from tests.tls.certificates import issue

from wssure.tls import backends
from wssure.tls.contract import Backend
from wssure.tls.settings import Site, TLSSettings

NAMES = EXPECTED
VERSIONS = ("TLSv1.2", "TLSv1.3")


@pytest.fixture(params=NAMES, ids=lambda name: f"client-{name}")
def client(request: pytest.FixtureRequest) -> Backend:
    return backends.backend(request.param)


@pytest.fixture(params=NAMES, ids=lambda name: f"server-{name}")
def server(request: pytest.FixtureRequest) -> Backend:
    return backends.backend(request.param)


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    """One backend that is both ends."""
    return backends.backend(request.param)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """The one TLS version both ends speak."""
    fixtures = ("client", "server", "backend")
    used = [request.getfixturevalue(name) for name in fixtures if name in request.fixturenames]
    if request.param == "TLSv1.3" and not all(backend.capabilities.tls13 for backend in used):
        pytest.skip("this library has no TLS 1.3")
    return str(request.param)


@pytest.fixture
def settings(ca_pem: bytes, version: str) -> TLSSettings:
    """What a client trusts that knows the tests' CA."""
    return TLSSettings(ca=ca_pem, min_version=version, max_version=version)


@pytest.fixture
def site(site_pem) -> Site:
    return Site(("a.example.net",), site_pem("a.example.net"))


@pytest.fixture(scope="session")
def exact_pem(ca) -> Callable[..., bytes]:
    """Like `site_pem`, for names trustme refuses: what stands in the certificate is exactly what was asked for."""
    return functools.cache(functools.partial(issue, ca))
