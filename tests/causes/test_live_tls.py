"""Faults of TCP and of the TLS handshake, provoked for real on loopback on every backend."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import select
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme
from tests.causes.conftest import NAME
from tests.causes.live import LIMITS, explained, works
from tests.peers import scripts
from tests.peers.certificates import SMALL_PRIME, dh_parameters
from tests.peers.listener import full_backlog, listening, read_record, refusing, reset, wait_for_end

from wssure import TLSSettings, UsageError, connect
from wssure.evidence import Confidence
from wssure.facts import CertificateRequested, CertificateSeen
from wssure.tls.backends import backend as backend_of

HERE = "127.0.0.1"


def echoes(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


WITH_NAME = [
    ("tls.eof-in-handshake", scripts.closes_after_hello),
    ("tcp.reset-in-handshake", scripts.resets_after_hello),
    ("tls.timeout-after-hello", scripts.stays_silent),
    ("tls.sni-unknown", scripts.sends_alert(112)),
    ("tls.no-common-params", scripts.sends_alert(40)),
    ("tls.no-common-params", scripts.sends_alert(71)),
    ("tls.sni-unknown", scripts.sends_alert(80)),
    *(("tls.alert", scripts.sends_alert(number)) for number in (47, 49, 50, 86, 110, 115)),
    ("tls.not-tls-other", echoes),
    ("tls.version", scripts.sends_alert(70)),
    (
        "http.captive-portal",
        scripts.says_after_hello(b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\n\r\n"),
    ),
    ("tls.alpn", scripts.sends_alert(120)),
    ("tls.record-buffer-too-small", scripts.sends_alert(22)),
    ("tls.bad-record-mac", scripts.sends_alert(20)),
    ("tls.unexpected-message", scripts.sends_alert(10)),
    ("tls.no-common-group", scripts.asks_for_group(0x001B)),  # brainpoolP384r1, which nobody offers unasked
    ("tls.legacy-renegotiation", scripts.chooses_without_extensions),
    ("tls.not-tls-http", scripts.says_after_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    ("tls.not-tls-other", scripts.says_after_hello(b"SSH-2.0-OpenSSH_9.2\r\n")),
]
WITHOUT_NAME = [
    ("close", scripts.closes_after_hello),
    ("reset", scripts.resets_after_hello),
    *((f"alert {number}", scripts.sends_alert(number)) for number in (40, 80, 109, 112)),
]


def ids(cases):
    return [f"{index}-{case[0]}" for index, case in enumerate(cases)]


@pytest.mark.parametrize(("cause", "talk"), WITH_NAME, ids=ids(WITH_NAME))
def test_each_fault_of_the_handshake_is_named(backend, cause, talk):
    if cause == "tls.no-common-group" and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3, and so no HelloRetryRequest")
    with listening(talk) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, timeouts=LIMITS)
    assert failure.cause == cause
    assert f"{HERE}:{port}" in failure.summary
    assert "certificate" not in failure.summary + failure.fix


@pytest.mark.parametrize(("answer", "talk"), WITHOUT_NAME, ids=ids(WITHOUT_NAME))
def test_a_hello_without_a_name_is_blamed_first(backend, answer, talk):
    with listening(talk) as port:
        failure = explained(f"wss://{HERE}:{port}/", backend=backend)
    assert failure.cause == "tls.sni-missing"
    assert answer in failure.summary
    assert f'address="{HERE}"' in failure.fix


def test_the_default_certificate_after_a_hello_without_a_name_is_a_missing_name(backend, serving, ca_pem):
    with listening(scripts.over_tls(serving(), scripts.upgrades())) as port:
        failure = explained(f"wss://{HERE}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
        assert failure.cause == "tls.sni-missing"
        if failure.fact(CertificateSeen):
            assert NAME in failure.summary
        # The printed fix, with the name the service is known by in place of NAME.
        assert works(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))


def test_a_refused_connection(backend):
    with refusing() as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert (failure.cause, failure.confidence, failure.transient) == ("tcp.refused", Confidence.CERTAIN, True)
    assert f"{HERE}:{port}" in failure.summary


@pytest.mark.parametrize(("scheme", "causes"), [("wss", {"tcp.reset-in-handshake"}), ("ws", {"http.eof"})])
def test_a_connection_that_was_reset_before_our_first_byte(backend, scheme, causes):
    """A forwarder accepts for a program that is not there. The reset has arrived before the opening begins."""
    with listening(reset) as port:
        sock = socket.create_connection((HERE, port))
        select.select([sock], [], [])
        own = {"backend": backend} if scheme == "wss" else {}
        failure = explained(f"{scheme}://{NAME}:{port}/", sock=sock, timeouts=LIMITS, **own)
    assert failure.cause in causes


def test_a_downgrade_that_the_random_shows(backend):
    if not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3, so nothing can be lowered")

    def lowered(connection: socket.socket) -> None:
        read_record(connection)
        random = bytes(24) + b"DOWNGRD\x01"
        connection.sendall(scripts.server_hello(0x0303, 0xC02F, b"", bytes.fromhex("ff01000100"), random))
        connection.shutdown(socket.SHUT_WR)
        wait_for_end(connection)

    with listening(lowered) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, timeouts=LIMITS)
    assert failure.cause == "tls.downgraded"
    assert failure.confidence is Confidence.LIKELY


def test_an_address_that_never_answers(backend):
    with full_backlog() as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, timeouts=LIMITS)
    assert failure.cause == "tcp.timeout"


def test_a_url_as_address_is_refused_before_anything_is_sent(backend):
    with pytest.raises(UsageError) as caught:
        connect(f"wss://{NAME}/", address=f"wss://{NAME}/", backend=backend)
    assert caught.value.failure.cause == "dns.url-as-name"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_a_missing_client_certificate(backend, serving, ca, ca_pem, site_pem, version, tmp_path):
    context = serving()
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    own = tmp_path / "client.pem"
    own.write_bytes(site_pem("client.example.net"))
    with listening(scripts.over_tls(context, scripts.upgrades())) as port:
        url = f"wss://{NAME}:{port}/"
        failure = explained(url, address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
        assert failure.cause == "tls.client-cert-required"
        assert failure.stage == "tls"
        assert works(url, address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem, cert=own))


@contextlib.contextmanager
def asyncio_server(context: ssl.SSLContext) -> Iterator[int]:
    """Run a server of asyncio with this context in a thread; yield its port."""
    loop = asyncio.new_event_loop()
    ready: queue.SimpleQueue[int] = queue.SimpleQueue()

    async def serve_until_cancelled() -> None:
        async with await asyncio.start_server(lambda reader, writer: None, HERE, 0, ssl=context) as server:
            ready.put(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    def run() -> None:
        # asyncio reports each refused client through the handler of its loop.
        loop.set_exception_handler(lambda loop, context: None)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    task = loop.create_task(serve_until_cancelled())
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ready.get()
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_a_server_of_asyncio_that_demands_a_client_certificate_has_the_same_cause_everywhere(
    backend, serving, ca, ca_pem, version
):
    """In TLS 1.3 it closes without alert 116, and the `ssl` module does not report the request for a certificate."""
    if version is ssl.TLSVersion.TLSv1_3 and not backend_of(backend).capabilities.tls13:
        return
    context = serving()
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    with asyncio_server(context) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert failure.cause == "tls.client-cert-required"
    assert failure.stage == "tls"
    assert failure.fact(CertificateRequested) is not None


def test_a_server_that_demands_none_is_not_said_to(backend, serving, ca_pem):
    """A Finished alone is our last flight then, and a close after it is no demand for a certificate."""
    with listening(scripts.over_tls(serving(), scripts.ends_after_request)) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert failure.cause == "http.eof"
    assert failure.fact(CertificateRequested) is None


def test_a_client_certificate_from_another_ca(backend, serving, ca, ca_pem, tmp_path):
    other = trustme.CA().issue_cert("client.example.net")
    own = tmp_path / "client.pem"
    own.write_bytes(other.cert_chain_pems[0].bytes() + other.private_key_pem.bytes())
    context = serving()
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    with listening(scripts.over_tls(context, scripts.upgrades())) as port:
        failure = explained(
            f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem, cert=own)
        )
    assert failure.cause == "tls.client-cert-rejected"


def test_a_key_exchange_group_that_is_too_small(backend, serving, ca_pem, tmp_path):
    path = tmp_path / "dh.pem"
    path.write_text(dh_parameters(SMALL_PRIME))
    context = serving(weak=True, rsa=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    context.load_dh_params(path)
    with listening(scripts.over_tls(context, scripts.upgrades())) as port:
        failure = explained(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    # Where the library offers no such suites at all, nothing is common.
    expected = {"tls.weak-dh"} if backend in ("openssl", "stdlib") else {"tls.weak-dh", "tls.no-common-params"}
    assert failure.cause in expected


def test_an_address_without_a_way_to_it(backend):
    # connect(2) to a multicast address is refused by the system itself: TCP has no way there, on any machine.
    failure = explained(f"wss://{NAME}/", address="224.0.0.1", backend=backend, timeouts=LIMITS)
    assert (failure.cause, failure.transient) == ("tcp.unreachable", True)
    assert "224.0.0.1:443" in failure.summary
