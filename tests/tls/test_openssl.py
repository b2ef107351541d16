"""The direct OpenSSL engine: what the contract suite, which runs for every backend, does not ask."""

from __future__ import annotations

import pytest
from tests.tls.pair import make_pair

from wssure.tls import openssl
from wssure.tls.settings import Site, TLSSettings

if openssl.UNAVAILABLE is not None:
    pytest.skip(f"no direct OpenSSL here: {openssl.UNAVAILABLE}", allow_module_level=True)

NAME = "a.example.net"


@pytest.fixture(scope="module")
def backend():
    return openssl.OpenSSLBackend()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_client_and_server_agree_and_exchange(backend, ca_pem, site_pem, version):
    pair = make_pair(
        backend,
        backend,
        settings=TLSSettings(ca=ca_pem, max_version=version),
        sites=[Site((NAME,), cert=site_pem(NAME))],
    ).shake()
    pair.exchange()
    info = pair.client.link.info()
    assert (info.version, info.alpn, info.server_name, info.resumed) == (version, "http/1.1", NAME, False)
