"""Fixtures for every test: a certification authority and certificates made for this run."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import trustme
from tests.backends import EXPECTED
from tests.peers.namespace import need_namespace

from wssure.aio.client_tls import backend_of
from wssure.tls import backends

SitePem = Callable[..., bytes]

# A proxy of the machine's owner is none of the tests' business; what reads these variables is tested with its own.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]


@pytest.fixture(scope="session", autouse=True)
def _backends_loaded() -> None:
    """Choose each backend before the first test: a warning given once per process would land in the log of any test."""
    for name in EXPECTED:
        if backends.problem(name) is None:
            backend_of(name)


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    """The CA that issues what `site_pem` gives."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_pem(ca: trustme.CA) -> bytes:
    """The certificate of `ca`, as PEM."""
    return ca.cert_pem.bytes()


@pytest.fixture(scope="session")
def site_pem(ca: trustme.CA) -> SitePem:
    """Return a function: names -> certificate chain and key in one PEM, the same for the same names."""
    made: dict[tuple[str, ...], bytes] = {}

    def make(*names: str) -> bytes:
        if names not in made:
            issued = ca.issue_cert(*names)
            chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
            made[names] = chain + issued.private_key_pem.bytes()
        return made[names]

    return make


@pytest.fixture(scope="session")
def namespace() -> None:
    """User, network and mount namespaces; a test that asks for them is marked `namespace`."""
    need_namespace()
