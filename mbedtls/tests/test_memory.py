"""Memory: what is handed out stays valid, and ten thousand connections leave nothing behind."""

from __future__ import annotations

import ctypes
import gc

import pytest
from mbedtls.tests.pump import move, read_all, shake

from wssure.name import DnsName
from wssure.tls.contract import EngineFailed
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

NAME = DnsName("a.example")


def test_a_view_of_outgoing_outlives_what_it_shows(backend: MbedTLSBackend, site: Site, ca_pem: bytes) -> None:
    client, server = backend.client(TLSSettings(ca=ca_pem), NAME), backend.server(site, TLSSettings())
    assert shake(client, server) == [None, None]
    client.write(b"x" * 1000)
    views = [client.outgoing()]
    for _ in range(8):
        client.write(b"y" * 100_000)  # grows the memory under the views
        views.append(client.outgoing())
    assert len(views[0]) < len(views[1]) < len(views[-1])
    last = bytes(views[-1])
    client.consume(len(last))
    server.feed(last)
    assert read_all(server) == b"x" * 1000 + b"y" * 800_000
    del client
    gc.collect()
    assert all(len(view.tobytes()) == len(view) for view in views), "the view keeps the memory"


def test_a_view_is_read_only_and_consume_is_bounded(backend: MbedTLSBackend, ca_pem: bytes) -> None:
    client = backend.client(TLSSettings(ca=ca_pem), NAME)
    client.handshake()
    view = client.outgoing()
    assert view.readonly
    for count in (-1, len(view) + 1):
        with pytest.raises(ValueError, match="consume got"):
            client.consume(count)
    client.consume(len(view))
    assert len(client.outgoing()) == 0


def test_reading_and_writing_wait_for_the_handshake(backend: MbedTLSBackend, ca_pem: bytes) -> None:
    client = backend.client(TLSSettings(ca=ca_pem), NAME)
    assert client.read_into(bytearray(10)) == -1
    assert client.write(b"x") == -1
    assert len(client.outgoing()) == 0
    with pytest.raises((TypeError, BufferError)):
        client.read_into(b"read-only")


def test_an_engine_dropped_anywhere_in_the_handshake_is_freed(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    for cut in range(0, 3000, 97):
        client, server = backend.client(settings, NAME), backend.server(site, settings)
        client.handshake()
        move(client, server)
        server.handshake()
        client.feed(bytes(server.outgoing())[:cut])
        client.handshake()
        del client, server


def one_connection(backend: MbedTLSBackend, site: Site, settings: TLSSettings, session: object | None) -> object | None:
    client, server = backend.client(settings, NAME, session=session), backend.server(site, settings)
    assert shake(client, server) == [None, None]
    server.write(b"x" * 2000)
    move(server, client)
    assert len(read_all(client)) == 2000
    client.close_notify()
    move(client, server)
    assert read_all(server) == b""
    return client.session()


def failed_connection(backend: MbedTLSBackend, site: Site, settings: TLSSettings) -> None:
    client, server = backend.client(settings, DnsName("b.example")), backend.server(site, settings)
    assert isinstance(shake(client, server)[0], EngineFailed)


class Heap(ctypes.Structure):
    """What glibc says about its heap. Source: mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    )


def used_kib() -> int:
    """Return how much memory is handed out by malloc: exact, where the resident size only ever approximates."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Heap
    heap = mallinfo()
    return int(heap.uordblks + heap.hblkhd) // 1024


def loop(backend: MbedTLSBackend, site: Site, settings: TLSSettings, count: int) -> int:
    """Make connections: fresh, resumed and failed; return by how many KiB the heap grew after a warm-up."""
    session: object | None = None
    before = 0
    for number in range(count):
        if number == count // 4:
            gc.collect()
            before = used_kib()
        session = one_connection(backend, site, settings, session if number % 3 else None)
        if number % 3 == 0:
            failed_connection(backend, site, settings)
    gc.collect()
    return used_kib() - before


@pytest.mark.slow
def test_connections_leave_no_memory_behind(backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    # One connection holds about 70 KiB: a single one left behind would show.
    assert loop(backend, site, settings, 400) < 64


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_thousand_connections_leave_no_memory_behind(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version)
    assert loop(backend, site, settings, 10_000) < 64
