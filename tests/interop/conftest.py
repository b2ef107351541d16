"""Certificates as files, which is how foreign programs take them, and both ends of our own."""

from __future__ import annotations

import pathlib
import ssl
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
import trustme
from tests.aio.conftest import pytest_pyfunc_call
from tests.backends import EXPECTED
from tests.interop.peers import need_module

from wssure import ConnectFailed, Failure, Server, Site, TLSSettings, connect, serve
from wssure.aio.connect import Connecting
from wssure.tls.backends import backend

__all__ = ["pytest_pyfunc_call"]

NAMES = ("localhost", "a.example")


@dataclass(frozen=True)
class Files:
    """Paths of PEM files."""

    ca: pathlib.Path
    chain: pathlib.Path
    key: pathlib.Path
    client_chain: pathlib.Path
    client_key: pathlib.Path

    def server_context(self, *, ask_client: bool = False) -> ssl.SSLContext:
        """Return what a foreign Python server uses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        if ask_client:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, *, present: bool = False) -> ssl.SSLContext:
        """Return what a foreign Python client uses."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if present:
            context.load_cert_chain(self.client_chain, self.client_key)
        return context


@dataclass(frozen=True)
class Ours:
    """Both ends of our own, on one TLS backend."""

    backend: str
    files: Files

    def site(self, *, names: tuple[str, ...] = NAMES, ask_client: bool = False) -> Site:
        """Return the site of the test certificate."""
        return Site(names, self.files.chain, self.files.key, client_ca=self.files.ca if ask_client else None)

    def serve(
        self, handler: object, *, ask_client: bool = False, **options: object
    ) -> AbstractAsyncContextManager[Server]:
        """Serve on loopback."""
        options = {"sites": [self.site(ask_client=ask_client)]} | options
        return serve(handler, "127.0.0.1", backend=self.backend, **options)

    def connect(self, port: int, path: str = "/", *, name: str = "localhost", **tls: object) -> Connecting:
        """Connect to 127.0.0.1, expecting a name; keywords are those of TLSSettings."""
        return connect(
            f"wss://{name}:{port}{path}", address="127.0.0.1", tls=self.settings(**tls), backend=self.backend
        )

    def settings(self, **tls: object) -> TLSSettings:
        """Return how our client verifies; keywords are those of TLSSettings."""
        return TLSSettings(**{"ca": self.files.ca} | tls)

    def needs_tls13(self, needed: bool = True) -> None:
        """Skip a test that needs TLS 1.3 if the backend has none."""
        if needed and not backend(self.backend).capabilities.tls13:
            pytest.skip("this library has no TLS 1.3")

    def present(self) -> dict[str, object]:
        """Return the keywords with which our client shows its certificate."""
        return {"cert": self.files.client_chain, "key": self.files.client_key}


async def refusal(connecting: Connecting) -> Failure:
    """Connect, which must fail, and return why."""
    with pytest.raises(ConnectFailed) as caught:
        await connecting
    assert caught.value.failure is not None
    return caught.value.failure


@pytest.fixture(scope="session")
def files(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Certificates of this run, as files."""
    folder = tmp_path_factory.mktemp("certificates")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    paths = Files(*(folder / name for name in ("ca.pem", "chain.pem", "key.pem", "client.pem", "client-key.pem")))
    for issued, chain, key in (
        (ca.issue_cert(*NAMES, "127.0.0.1"), paths.chain, paths.key),
        (ca.issue_cert("client.example"), paths.client_chain, paths.client_key),
    ):
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
    return paths


@pytest.fixture(params=EXPECTED)
def ours(request: pytest.FixtureRequest, files: Files) -> Ours:
    """Our client and server on each TLS backend there is."""
    return Ours(request.param, files)


@pytest.fixture
def best(files: Files) -> Ours:
    """Our client and server on the backend a user gets, where the backend changes nothing."""
    return Ours(EXPECTED[0], files)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> object:
    """Return a WebSocket server from PyPI, by name."""
    need_module(request.param)
    from tests.interop.python_servers import SERVERS

    return SERVERS[request.param]


@pytest.fixture
def client(request: pytest.FixtureRequest) -> object:
    """Return a WebSocket client from PyPI, by name."""
    need_module(request.param)
    from tests.interop.python_clients import CLIENTS

    return CLIENTS[request.param]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `make interop-all` adds, unless it is asked for."""
    if "interop_all" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("interop_all")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
