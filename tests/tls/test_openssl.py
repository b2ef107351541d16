"""The direct OpenSSL engine: what the contract suite, which runs for every backend, does not ask."""

from __future__ import annotations

import _ssl
import ctypes
import gc
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trustme
from tests.backends import EXPECTED
from tests.tls.certificates import DAY, issue, key_pem, make_key
from tests.tls.ends import NAME, Ends, alerts

from wssure.errors import UsageError
from wssure.facts import CertificateRequested, LibraryWords, VerifyDefect
from wssure.name import DnsName, IpName, NoSNI, ServerName
from wssure.tls import openssl, openssl_errors
from wssure.tls.contract import CLOSED, WANT, EngineFailed, PeerChain
from wssure.tls.settings import Site, TLSSettings

if "openssl" not in EXPECTED:
    pytest.skip("this run has no openssl backend", allow_module_level=True)

from wssure.tls import _openssl

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
# What Python's _ssl module loaded, the very functions the engine calls.
LIBRARY = ctypes.CDLL(_ssl.__file__)
LIBRARY.ERR_peek_error.restype = ctypes.c_ulong


@pytest.fixture(scope="module")
def backend() -> openssl.OpenSSLBackend:
    return openssl.OpenSSLBackend()


@pytest.fixture
def site(site_pem: Callable[..., bytes]) -> Site:
    return Site((NAME,), site_pem(NAME))


# Finding the library.


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nowhere/_ssl.so", "was not found"), (_openssl.__file__, "has no OpenSSL_version_num")],
    ids=["not-loaded", "another-object"],
)
def test_a_library_that_is_not_there_is_a_reason_and_no_crash(path: str, reason: str) -> None:
    code = f"from wssure.tls import _openssl; print(_openssl.load({path!r}))"
    assert reason in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("import _ssl; del _ssl.__file__", "built in"),
        ("import sys; sys.modules['wssure.tls._openssl'] = None", "not installed"),
    ],
    ids=["built-in", "not-compiled"],
)
def test_without_a_usable_library_the_package_works_on_the_stdlib(spoil: str, reason: str) -> None:
    code = f"{spoil}\nfrom wssure.tls import backends\nprint(backends.available(), backends.problem('openssl'))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'openssl'" not in found
    assert "'stdlib'" in found
    assert reason in found


def test_the_library_is_the_one_python_uses(backend: openssl.OpenSSLBackend) -> None:
    assert backend.version == ssl.OPENSSL_VERSION


# The error queue, which belongs to the thread and is shared with Python's own ssl.


def test_errors_others_left_behind_do_not_fail_a_connection(
    backend: openssl.OpenSSLBackend, site: Site, ca_pem: bytes
) -> None:
    ends = Ends(backend, site, TLSSettings(ca=ca_pem))
    LIBRARY.BIO_new_file(b"/nowhere", b"r")
    assert LIBRARY.ERR_peek_error()
    ends.shake()
    LIBRARY.BIO_new_file(b"/nowhere", b"r")
    assert ends.client.read_into(bytearray(8)) == WANT
    LIBRARY.BIO_new_file(b"/nowhere", b"r")
    assert ends.client.write(b"x") == 1


def test_a_failure_leaves_no_error_behind(backend: openssl.OpenSSLBackend, site: Site) -> None:
    LIBRARY.ERR_clear_error()
    with pytest.raises(EngineFailed):
        Ends(backend, site, TLSSettings()).shake()
    with pytest.raises(UsageError):
        backend.server(Site((NAME,), site.cert, key_pem(make_key())), TLSSettings())
    ends = Ends(backend, site, TLSSettings())
    ends.client.feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(EngineFailed):
        ends.client.handshake()
    assert LIBRARY.ERR_peek_error() == 0


# Verification.


def test_every_defect_is_noted_with_its_depth(backend: openssl.OpenSSLBackend) -> None:
    stranger = trustme.CA()
    pem = issue(stranger, "b.example.net", start=-9 * DAY, end=-DAY)
    ends = Ends(backend, Site((NAME,), pem), TLSSettings(ca=trustme.CA().cert_pem.bytes()))
    with pytest.raises(EngineFailed) as caught:
        ends.shake()
    assert caught.value.verification
    assert {(0, "issuer-not-found"), (0, "expired"), (0, "hostname")} <= ends.flags()


def test_the_whole_chain_is_noted_before_the_refusal(backend: openssl.OpenSSLBackend, ca_pem: bytes) -> None:
    issued = trustme.CA().create_child_ca().issue_cert(NAME)
    pem = issued.private_key_and_cert_chain_pem.bytes()
    ends = Ends(backend, Site((NAME,), pem), TLSSettings(ca=ca_pem))
    with pytest.raises(EngineFailed):
        ends.shake()
    sent = tuple(ssl.PEM_cert_to_DER_cert(blob.bytes().decode()) for blob in issued.cert_chain_pems)
    assert len(sent) == 2
    kinds = [type(note) for note in ends.client_notes]
    assert PeerChain(sent) in ends.client_notes
    assert kinds.index(PeerChain) < kinds.index(VerifyDefect) < kinds.index(LibraryWords)


@pytest.mark.parametrize(
    ("names", "common_name", "expected", "flag"),
    [
        ((), NAME, DnsName(NAME), "hostname"),
        (("a*.example.net",), "x", DnsName(NAME), "hostname"),
        (("*.example.net",), "x", DnsName("a.b.example.net"), "hostname"),
        ((NAME,), "x", IpName("192.0.2.7"), "ip-mismatch"),
        (("192.0.2.7",), "x", IpName("192.0.2.8"), "ip-mismatch"),
        (("b.example.net",), "x", NoSNI("test", DnsName(NAME)), "hostname"),
    ],
    ids=["common-name-only", "partial-wildcard", "wildcard-over-two-labels", "no-ip", "other-ip", "no-sni"],
)
def test_the_library_itself_refuses_a_name_the_certificate_does_not_hold(
    backend: openssl.OpenSSLBackend,
    ca: trustme.CA,
    ca_pem: bytes,
    names: tuple[str, ...],
    common_name: str,
    expected: ServerName,
    flag: str,
) -> None:
    site = Site((NAME,), issue(ca, *names, common_name=common_name))
    ends = Ends(backend, site, TLSSettings(ca=ca_pem), expected)
    with pytest.raises(EngineFailed):
        ends.shake()
    assert ends.flags() == {(0, flag)}
    # The same certificate is no obstacle where the name, and nothing else, is not asked about.
    Ends(backend, site, TLSSettings(ca=ca_pem, verify="chain"), expected).shake()


def test_a_server_notes_why_it_refused_a_client(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site, site_pem: Callable[..., bytes]
) -> None:
    strict = Site((NAME,), site_pem(NAME), client_ca=trustme.CA().cert_pem.bytes())
    ends = Ends(backend, strict, TLSSettings(ca=ca_pem, cert=site_pem("client.example.net")))
    with pytest.raises(EngineFailed) as caught:
        ends.shake()
    assert caught.value.verification
    assert any(isinstance(note, PeerChain) for note in ends.server_notes)
    assert [note.depth for note in ends.server_notes if isinstance(note, VerifyDefect)][-1] == 0


@VERSIONS
def test_a_client_learns_whose_certificates_a_server_accepts(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site_pem: Callable[..., bytes], version: str
) -> None:
    strict = Site((NAME,), site_pem(NAME), client_ca=ca_pem)
    settings = TLSSettings(ca=ca_pem, cert=site_pem("client.example.net"), max_version=version)
    ends = Ends(backend, strict, settings).shake()
    (request,) = (note for note in ends.client_notes if isinstance(note, CertificateRequested))
    (ca_name,) = request.ca_names
    assert "trustme" in ca_name
    assert ends.server.info().peer_chain == (ends.server.info().peer_certificate,)


# Alerts.


@VERSIONS
def test_an_alert_says_its_direction_and_whether_it_was_encrypted(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site, version: str
) -> None:
    ends = Ends(backend, site, TLSSettings(ca=ca_pem, max_version=version)).shake()
    ends.client.close_notify()
    ends.carry()
    assert ends.server.read_into(bytearray(8)) == CLOSED
    assert alerts(ends.client_notes) == [("sent", 0, True, True)]
    assert alerts(ends.server_notes) == [("received", 0, True, True)]

    ends = Ends(backend, site, TLSSettings(max_version=version, ca=trustme.CA().cert_pem.bytes()))
    with pytest.raises(EngineFailed):
        ends.shake()
    ends.carry()
    with pytest.raises(EngineFailed):
        ends.server.handshake()
    assert alerts(ends.client_notes) == [("sent", 48, False, False)]
    assert alerts(ends.server_notes) == [("received", 48, False, False)]


def test_what_came_whole_before_a_damaged_record_is_delivered_first(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site
) -> None:
    ends = Ends(backend, site, TLSSettings(ca=ca_pem)).shake()
    ends.client.write(b"good")
    good = len(ends.client.outgoing())
    ends.client.write(b"bad")
    data = bytearray(ends.client.outgoing())
    data[good + 8] ^= 1
    ends.server.feed(data)
    buffer = bytearray(64)
    assert buffer[: ends.server.read_into(buffer)] == b"good"
    for _ in range(2):
        with pytest.raises(EngineFailed):
            ends.server.read_into(buffer)
    assert alerts(ends.server_notes) == [("sent", 20, True, True)]
    assert len(ends.server.outgoing()) > 0


def test_an_end_of_file_is_answered_with_no_alert(backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site) -> None:
    ends = Ends(backend, site, TLSSettings(ca=ca_pem)).shake()
    ends.server.write(b"on its way")
    before = bytes(ends.server.outgoing())
    ends.server.eof()
    with pytest.raises(EngineFailed) as caught:
        ends.server.read_into(bytearray(8))
    assert openssl_errors.is_end_of_file(caught.value.number or 0)
    assert bytes(ends.server.outgoing()) == before
    assert alerts(ends.server_notes) == []


# Sessions.


@VERSIONS
def test_a_session_outlives_a_connection_that_broke(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site, version: str
) -> None:
    settings = TLSSettings(ca=ca_pem, max_version=version)
    ends = Ends(backend, site, settings).shake()
    session = ends.client.session()
    ends.client.eof()
    del ends
    gc.collect()
    again = Ends(backend, site, settings, session=session).shake()
    assert again.client.info().resumed
    assert again.client.info().peer_chain
    assert again.client.session() is not None


@pytest.mark.parametrize(
    ("change", "name"),
    [({}, "b.example.net"), ({"verify": "chain"}, NAME), ({"alpn": ()}, NAME)],
    ids=["other-name", "other-verification", "other-alpn"],
)
def test_a_session_is_offered_only_where_it_was_made(
    backend: openssl.OpenSSLBackend, ca_pem: bytes, site_pem: Callable[..., bytes], change: dict[str, Any], name: str
) -> None:
    site = Site((NAME, "b.example.net"), site_pem(NAME, "b.example.net"))
    session = Ends(backend, site, TLSSettings(ca=ca_pem)).shake().client.session()
    assert session is not None
    again = Ends(backend, site, TLSSettings(ca=ca_pem, **change), DnsName(name), session=session).shake()
    assert not again.client.info().resumed


# Settings.


def test_a_renewed_certificate_is_shown_without_a_restart(
    backend: openssl.OpenSSLBackend, ca: trustme.CA, ca_pem: bytes, tmp_path: Any
) -> None:
    file = tmp_path / "site.pem"
    shown = []
    for names in ((NAME,), (NAME, "b.example.net")):
        file.write_bytes(issue(ca, *names))
        ends = Ends(backend, Site((NAME,), str(file)), TLSSettings(ca=ca_pem)).shake()
        shown.append(ends.client.info().peer_certificate)
    assert shown[0] != shown[1]


def test_a_key_of_another_kind_is_named_as_the_wrong_key(
    backend: openssl.OpenSSLBackend, ca: trustme.CA, tmp_path: Any
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(ca.issue_cert(NAME, key_type=trustme.KeyType.RSA).private_key_pem.bytes())
    with pytest.raises(UsageError, match=r"other\.pem does not belong to the first certificate"):
        backend.server(Site((NAME,), issue(ca, NAME), str(other)), TLSSettings())


def test_no_passphrase_is_ever_asked_for(ca: trustme.CA) -> None:
    from cryptography.hazmat.primitives import serialization

    locked = make_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    der = ssl.PEM_cert_to_DER_cert(ca.cert_pem.bytes().decode())
    context = _openssl.Context(True, 0x0303, 0x0304, b"HIGH", b"")
    with pytest.raises(_openssl.LibraryError) as caught:
        context.identify((der,), locked)
    assert caught.value.what == "key"


def test_the_library_refuses_broken_material_without_harm() -> None:
    with pytest.raises(_openssl.LibraryError) as caught:
        _openssl.Trust((b"\x30\x03\x02\x01\x05",))
    assert caught.value.what == "certificate"
    assert caught.value.text
    with pytest.raises(_openssl.LibraryError) as caught:
        _openssl.Context(False, 0x0303, 0x0304, b"no such cipher", b"")
    assert caught.value.what == "ciphers"


def test_threads_do_not_disturb_each_other(backend: openssl.OpenSSLBackend, ca_pem: bytes, site: Site) -> None:
    done: list[int] = []

    def work() -> None:
        for _ in range(20):
            Ends(backend, site, TLSSettings(ca=ca_pem)).shake()
        done.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 4


CALLS = [
    "version()",
    "version_number()",
    "Trust(())",
    "Context(False, 0x303, 0x304, b'DEFAULT', b'')",
]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_before_the_library_is_loaded_is_an_error_and_no_crash(call):
    code = f"from wssure.tls import _openssl\ntry:\n  _openssl.{call}\nexcept RuntimeError as error:\n  print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "OpenSSL is not loaded: call load first\n"


@pytest.mark.parametrize("missing", [("verify", None), ("identify", None, b""), ("identify", (), None)], ids=repr)
def test_none_instead_of_an_object_is_a_type_error(missing):
    context = _openssl.Context(False, 0x303, 0x304, b"DEFAULT", b"")
    name, *arguments = missing
    with pytest.raises(TypeError):
        getattr(context, name)(*arguments)
