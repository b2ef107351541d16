"""What the direct OpenSSL engine does with memory: views that stay good, limits, nothing left behind."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable

import pytest
from tests.backends import EXPECTED
from tests.tls.ends import NAME, Ends
from tests.tls.pair import Pair, make_pair

from wssure.name import DnsName
from wssure.tls import openssl
from wssure.tls.contract import EngineFailed
from wssure.tls.settings import Site, TLSSettings

if "openssl" not in EXPECTED:
    pytest.skip("this run has no openssl backend", allow_module_level=True)


@pytest.fixture(scope="module")
def backend() -> openssl.OpenSSLBackend:
    return openssl.OpenSSLBackend()


@pytest.fixture
def site(site_pem: Callable[..., bytes]) -> Site:
    return Site((NAME,), site_pem(NAME))


@pytest.fixture
def pair(backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site) -> Pair:
    return make_pair(backend, backend, settings=TLSSettings(ca=ca_pem), sites=[site]).shake()


def test_a_view_of_outgoing_outlives_what_the_engine_does_next(pair: Pair) -> None:
    engine = pair.client.tls_connection.engine
    engine.write(b"first")
    view = engine.outgoing()
    content = bytes(view)
    assert content
    for _ in range(3):
        engine.write(bytes(200_000))
    longer = engine.outgoing()
    engine.consume(len(longer))
    del engine, pair
    gc.collect()
    assert bytes(view) == content
    assert bytes(longer[: len(content)]) == content


@pytest.mark.parametrize("count", [-1, 1], ids=["negative", "too-many"])
def test_no_more_is_consumed_than_there_is(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site, count: int
) -> None:
    engine = Ends(backend, site, TLSSettings(ca=ca_pem)).client
    with pytest.raises(ValueError, match="expected 0 to 0"):
        engine.consume(count)


def test_plaintext_does_not_pass_before_the_handshake(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site
) -> None:
    engine = Ends(backend, site, TLSSettings(ca=ca_pem)).client
    with pytest.raises(AssertionError):
        engine.write(b"early")
    with pytest.raises(AssertionError):
        engine.read_into(bytearray(8))
    assert len(engine.outgoing()) == 0


def test_what_is_held_unread_is_bounded(pair: Pair) -> None:
    engine = pair.client.tls_connection.engine
    taken = engine.feed(bytes(2 << 20))
    assert 1 << 19 < taken <= 1 << 20
    assert engine.feed(b"x") == 0


def test_one_write_takes_many_records_and_no_more_than_it_can_hold(pair: Pair) -> None:
    engine = pair.client.tls_connection.engine
    data = bytes(range(256)) * 4096
    taken = engine.write(data)
    assert 16384 < taken < len(data)
    pair.talk()
    buffer = bytearray(taken + 1)
    assert pair.server.tls_connection.read_into(buffer) == taken
    assert buffer[:taken] == data[:taken]


class _Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")
    ] + [("keepcost", ctypes.c_size_t)]


def bytes_in_use() -> int:
    """What the C library's allocator has handed out and not got back."""
    gc.collect()
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is None:
        pytest.skip("this C library has no mallinfo2 to count with")
    mallinfo2.restype = _Mallinfo
    found = mallinfo2()
    return int(found.uordblks + found.hblkhd)


def _live(backend: openssl.OpenSSLBackend, site: Site, settings: TLSSettings) -> None:
    session = Ends(backend, site, settings).shake().client.session()
    Ends(backend, site, settings, session=session).shake()
    with pytest.raises(EngineFailed):
        Ends(backend, site, settings, DnsName("c.example.net")).shake()
    broken = Ends(backend, site, settings)
    broken.client.handshake()
    broken.carry()
    broken.server.handshake()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_connections_leave_no_memory_behind(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site_pem: Callable[..., bytes], version: str
) -> None:
    site = Site((NAME,), site_pem(NAME), client_ca=ca_pem)
    settings = TLSSettings(ca=ca_pem, cert=site_pem("client.example.net"), max_version=version)
    for _ in range(20):
        _live(backend, site, settings)
    before = bytes_in_use()
    for _ in range(150):
        _live(backend, site, settings)
    # One leaked certificate, session or connection each time would be 150 KiB and more.
    assert bytes_in_use() - before < 64 * 1024


def test_an_idle_connection_is_small_even_after_a_large_message(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site
) -> None:
    settings = TLSSettings(ca=ca_pem)
    Ends(backend, site, settings).shake()
    before = bytes_in_use()
    kept = [Ends(backend, site, settings).shake() for _ in range(20)]
    buffer = bytearray(1 << 18)
    for ends in kept:
        for near, far in ((ends.client, ends.server), (ends.server, ends.client)):
            assert near.write(buffer) == len(buffer)
            ends.carry()
            assert far.read_into(buffer) == len(buffer)
    assert (bytes_in_use() - before - len(buffer)) / 40 < 35 * 1024
