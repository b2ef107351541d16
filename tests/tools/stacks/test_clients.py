"""Who sent a hello: the recordings name themselves, other settings of the same library still name the library."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.recordings import CLIENTS, HELLOS, LIBWEBSOCKETS, flight
from tests.wire.test_hello import client_hello, extension

from wssure.evidence import Confidence
from wssure.tools.stacks.clients import identify
from wssure.wire.decode import DecodeError
from wssure.wire.hello import ClientHello, decode_client_hello, find_client_hello

# part of the recorded client's name -> family and library
EXPECTED = {
    "Mbed TLS 3.4.0": ("mbedtls", "Mbed TLS 3 (TLS 1.2 at most)", "libwebsockets 4.3.3"),
    "Mbed TLS 3.6.6": ("mbedtls", "Mbed TLS 3", "libwebsockets 5.0.0"),
    "python-mbedtls": ("mbedtls", "Mbed TLS 2 (TLS 1.2 at most)", "python-mbedtls 2.10.1"),
    "libwebsockets 4.1.6 + OpenSSL": ("openssl", "OpenSSL 3", "libwebsockets 4.1.6"),
    "libwebsockets 4.3.3 + OpenSSL": ("openssl", "OpenSSL 3", "libwebsockets 4.3.3"),
    "libwebsockets 5.0.0 + OpenSSL": ("openssl", "OpenSSL 3", "libwebsockets 5.0.0"),
    "lws-test-client": ("openssl", "OpenSSL 3", "libwebsockets 4.1.6"),
    "openssl_s_client": ("openssl", "OpenSSL 3", "openssl s_client 3.0.19"),
    "libcurl": ("openssl", "OpenSSL 3.5 or later", "libcurl 8.23.0"),
    "curl 7": ("openssl", "OpenSSL 3", "curl 7.88.1"),
    "gnutls": ("gnutls", "GnuTLS 3", "gnutls-cli 3.7.9"),
    "python websockets": ("openssl", "OpenSSL 3 through Python's ssl module", "websockets"),
    "aiohttp": ("openssl", "OpenSSL 3 through Python's ssl module", "aiohttp 3.14.5"),
    "websocket-client": ("openssl", "OpenSSL 3 through Python's ssl module", "websocket-client 1.9.2"),
    "picows": ("openssl", "OpenSSL 3 through Python's ssl module", "picows 2.3.1"),
    "undici": ("openssl", "OpenSSL 3 inside Node.js", "undici 7.30.2 on Node.js 20.20.2"),
    "node": ("openssl", "OpenSSL 3 inside Node.js", "ws 8.23.0 on Node.js 20.20.2"),
    "go 1": ("go", "Go's crypto/tls", "Go 1.19.8"),
    "java": ("java", "Java's JSSE", "HttpClient of Java 17"),
    "chromium": ("boringssl", "BoringSSL", "Chromium 156"),
}
RECORDED = [("libwebsockets", row) for row in LIBWEBSOCKETS if row["server_name"] != "not-tls"]
RECORDED += [("clients", row) for row in CLIENTS]


def hello_of(row_id: tuple[str, dict[str, str]]) -> ClientHello:
    folder, row = row_id
    return find_client_hello(flight(folder, row["file"]))


def rebuilt(hello: ClientHello, ids: list[int] | None = None, ciphers: tuple[int, ...] | None = None) -> ClientHello:
    """Return the hello with only those extensions, in the order given, and those cipher suites."""
    keep = hello.extension_ids if ids is None else ids
    block = b"".join(extension(number, hello.extension(number).data) for number in keep)
    suites = b"".join(number.to_bytes(2, "big") for number in (hello.cipher_suites if ciphers is None else ciphers))
    body = b"\x03\x03" + hello.random + b"\x00" + len(suites).to_bytes(2, "big") + suites + b"\x01\x00"
    body += len(block).to_bytes(2, "big") + block
    return decode_client_hello(b"\x01" + len(body).to_bytes(3, "big") + body)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda item: item[1]["file"].removesuffix(".hex"))
def test_every_recording_names_itself_first(recorded):
    expected = next(value for part, value in EXPECTED.items() if part in recorded[1]["client"])
    best = identify(hello_of(recorded))[0]
    assert (best.tls, best.library) == expected[:2]
    assert expected[2] in best.recorded_from
    assert best.confidence is Confidence.LIKELY


def test_the_presence_of_server_name_does_not_change_the_guess():
    for hello in map(hello_of, RECORDED):
        ids = [number for number in dict.fromkeys(hello.extension_ids) if number != 0]
        assert identify(rebuilt(hello, ids))[0] == identify(hello)[0]


def test_the_library_is_named_whatever_its_cipher_suites():
    for hello in map(hello_of, RECORDED):
        best = identify(rebuilt(hello, ciphers=hello.cipher_suites[1::2]))[0]
        assert best.tls == identify(hello)[0].tls


FAMILIES = [
    ("libwebsockets", "lws433-mbed340full-ok-addr-eq-host.hex", [0, 10, 13, 11, 22, 23], "mbedtls", "Mbed TLS 3 (TLS 1.2 at most)"),
    ("libwebsockets", "lws500-mbed366-ok-addr-eq-host.hex", [0, 43, 51, 45, 10, 13], "mbedtls", "Mbed TLS 3"),
    ("clients", "python-mbedtls-2-10-1-mbed-tls-2-28-8.hex", [13, 10, 11, 22, 23], "mbedtls", "Mbed TLS 2 (TLS 1.2 at most)"),
    ("clients", "node-20-20-2-ws-8-23-0.hex", [11, 10, 35, 13, 43, 45, 51], "openssl", "OpenSSL 1.1.1 or later"),
    ("clients", "libcurl-8-23-0-ws-openssl-3-6-5.hex", [0, 11, 10, 23, 13, 43, 45, 51], "openssl", "OpenSSL 3.5 or later"),
    ("clients", "go-1-19-8-crypto-tls.hex", [0, 5, 10, 11, 13, 65281, 18], "go", "Go's crypto/tls"),
    ("clients", "java-17-httpclient-websocket.hex", [0, 10, 11, 17, 23, 13, 43, 50], "java", "Java's JSSE"),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "file", "ids", "tls", "library"), FAMILIES, ids=[row[4] for row in FAMILIES])
def test_another_build_is_named_by_the_order_of_its_extensions(folder, file, ids, tls, library):
    hello = find_client_hello(flight(folder, file))
    best = identify(rebuilt(hello, ids, hello.cipher_suites[::2]))[0]
    assert (best.tls, best.library, best.recorded_from) == (tls, library, ())
    assert best.confidence is Confidence.LIKELY
    assert best.why == (f"{len(ids) + 2 * (tls == 'java')} extensions in the order its code writes them",)


def test_a_hello_that_fits_nobody_gives_no_guess():
    assert identify(decode_client_hello(client_hello())) == ()
    assert (
        identify(decode_client_hello(client_hello(extension(51, b""), extension(65281, b"\0"), extension(0, b""))))
        == ()
    )


def test_an_ambiguous_order_is_only_possible():
    few = client_hello(*(extension(number, b"") for number in (10, 11, 13, 43)))
    guesses = identify(decode_client_hello(few))
    assert {guess.confidence for guess in guesses} == {Confidence.POSSIBLE}


def test_grease_alone_names_a_browser_possibly():
    (guess,) = identify(decode_client_hello(client_hello(extension(0x2A2A, b""), extension(65281, b"\0"))))
    assert (guess.tls, guess.confidence) == ("boringssl", Confidence.POSSIBLE)


def test_the_ssl_module_of_this_python_is_named_openssl():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="b.example.net")
    with pytest.raises(ssl.SSLWantReadError):
        engine.do_handshake()
    best = identify(find_client_hello(outgoing.read()))[0]
    assert best.tls == "openssl"


@given(st.sampled_from(HELLOS), st.data())
def test_no_hello_breaks_it_and_nothing_is_certain(which, draw):
    data = bytearray(flight(*which))
    for _ in range(draw.draw(st.integers(0, 4))):
        data[draw.draw(st.integers(5, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        hello = find_client_hello(bytes(data))
    except DecodeError:
        return
    guesses = identify(hello)
    assert len(guesses) <= 3
    for guess in guesses:
        assert guess.confidence is not Confidence.CERTAIN
        assert guess.why
        assert guess.to_json()["confidence"] == guess.confidence.value
