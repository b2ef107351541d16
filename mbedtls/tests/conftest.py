"""Certificates made per run, and the backend under test: whichever build stands on PYTHONPATH."""

from __future__ import annotations

import pytest
import trustme

from wssure.tls.settings import Site
from wssure_mbedtls.backend import MbedTLSBackend


@pytest.fixture(scope="session")
def backend() -> MbedTLSBackend:
    return MbedTLSBackend()


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_pem(ca: trustme.CA) -> bytes:
    return ca.cert_pem.bytes()


@pytest.fixture(scope="session")
def site(ca: trustme.CA) -> Site:
    leaf = ca.issue_cert("a.example", "*.w.example", "192.0.2.7", "2001:db8::7")
    return Site(("a.example",), cert=chain_of(leaf), key=leaf.private_key_pem.bytes())


def chain_of(leaf: trustme.LeafCert) -> bytes:
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems)


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def version(request: pytest.FixtureRequest, backend: MbedTLSBackend) -> str:
    if request.param == "TLSv1.3" and not backend.capabilities.tls13:
        pytest.skip(f"{backend.version} has no TLS 1.3")
    return str(request.param)
