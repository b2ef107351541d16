"""What only the stdlib backend has: contexts of users, the texts of `ssl`, the cache of contexts."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest
from tests.tls.pair import make_pair

from wssure.errors import UsageError
from wssure.evidence import Recorder
from wssure.facts import TlsSettingsUsed
from wssure.name import DnsName, IpName, NoSNI
from wssure.tls import stdlib, stdlib_errors
from wssure.tls.connection import ClientTlsConnection
from wssure.tls.contract import CLOSED
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.stdlib import StdlibBackend
from wssure.tls.stdlib_context import Contexts
from wssure.wire.iana import ALERTS

NAME = DnsName("a.example.net")


def snapshot(context: ssl.SSLContext) -> tuple[object, ...]:
    """Return what can be seen of a context."""
    return (
        context.verify_mode,
        context.check_hostname,
        context.options,
        context.verify_flags,
        context.minimum_version,
        context.maximum_version,
        context.hostname_checks_common_name,
        context.keylog_filename,
        tuple(cipher["name"] for cipher in context.get_ciphers()),
        context.cert_store_stats(),
    )


@pytest.fixture
def given(ca) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context


@pytest.fixture
def serving(ca) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("a.example.net", "192.0.2.7").configure_cert(context)
    return context


@pytest.mark.parametrize("name", [NAME, IpName("192.0.2.7")], ids=["dns", "ip"])
def test_a_users_context_is_used_and_never_modified(
    given: ssl.SSLContext, serving: ssl.SSLContext, name, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    before = snapshot(given), snapshot(serving)
    client, server = StdlibBackend.for_context(given), StdlibBackend.for_context(serving)
    pair = make_pair(client, server, settings=TLSSettings(), sites=[Site((), b"")], name=name).shake()
    pair.exchange()
    assert pair.hello.server_name == (name.name if isinstance(name, DnsName) else None)
    assert (snapshot(given), snapshot(serving)) == before
    assert not list(tmp_path.iterdir())
    session = pair.client.tls_connection.session()
    again = make_pair(client, server, settings=TLSSettings(), sites=[Site((), b"")], name=name, session=session).shake()
    assert again.client.tls_connection.info().resumed


def test_a_users_context_decides_about_verification(given: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    client, server = StdlibBackend.for_context(given), StdlibBackend.for_context(serving)
    other = DnsName("b.example.net")

    def connect() -> bool:
        pair = make_pair(client, server, settings=TLSSettings(), sites=[Site((), b"")], name=other).shake()
        assert pair.hello.server_name == "b.example.net"
        return pair.ok

    assert not connect()
    given.check_hostname = False
    assert client.effective(TLSSettings()).verify == "chain"
    assert connect()
    given.verify_mode = ssl.CERT_NONE
    assert client.effective(TLSSettings()).verify == "none"
    assert connect()


def test_the_fact_about_settings_says_what_a_users_context_does(given: ssl.SSLContext) -> None:
    given.check_hostname = False
    given.verify_mode = ssl.CERT_NONE
    recorder = Recorder(lambda: 0)
    ClientTlsConnection(StdlibBackend.for_context(given), TLSSettings(), NAME, note=recorder.note)
    (fact,) = recorder.facts()
    assert isinstance(fact, TlsSettingsUsed)
    assert fact.verify == "none"


def test_a_context_for_the_other_role_is_a_usage_error(given: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with pytest.raises(UsageError, match="makes no client connection"):
        StdlibBackend.for_context(serving).client(TLSSettings(), NAME)
    with pytest.raises(UsageError, match="makes no server connection"):
        StdlibBackend.for_context(given).server(Site((), b""), TLSSettings())
    with pytest.raises(UsageError, match=r"expected TLSSettings or ssl\.SSLContext"):
        StdlibBackend.for_context(TLSSettings())
    with pytest.raises(UsageError, match="always sends SNI"):
        StdlibBackend.for_context(given).client(TLSSettings(), NoSNI("a test"))


@pytest.mark.parametrize("clean", [True, False])
def test_truncation_is_seen_though_the_users_context_hides_it(
    given: ssl.SSLContext, serving: ssl.SSLContext, clean: bool
) -> None:
    given.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    client, server = StdlibBackend.for_context(given), StdlibBackend.for_context(serving)
    pair = make_pair(client, server, settings=TLSSettings(), sites=[Site((), b"")]).shake()
    pair.exchange()
    pair.server.write(b"half")
    if clean:
        pair.server.tls_connection.close_notify()
    pair.client.tls_connection.feed(pair.server.take())
    assert pair.client.read() == b"half"
    pair.client.tls_connection.eof()
    assert pair.client.read() == b""
    assert (pair.client.failure is None) == clean
    assert pair.client.state == (CLOSED if clean else pair.client.state)


def test_an_end_of_file_is_known_by_its_class_and_by_its_reason() -> None:
    plain = ssl.SSLError(ssl.SSL_ERROR_SSL, "unexpected eof while reading")
    assert not stdlib_errors.is_end_of_file(plain)
    plain.reason = "UNEXPECTED_EOF_WHILE_READING"  # all that Python says before 3.11.4
    assert stdlib_errors.is_end_of_file(plain)
    assert stdlib_errors.is_end_of_file(ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred"))


def test_a_context_is_made_once_and_anew_when_a_file_changed(ca_pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(ca_pem)
    contexts = Contexts()
    settings = TLSSettings(ca=path)
    first = contexts.client(settings, no_sni=False)
    assert contexts.client(TLSSettings(ca=path), no_sni=False) is first
    assert contexts.client(settings, no_sni=True) is not first
    os.utime(path, (1, 1))
    assert contexts.client(settings, no_sni=False) is not first


def test_one_policy_stands_in_every_context(ca_pem: bytes, site: Site) -> None:
    contexts = Contexts()
    for context in (
        contexts.client(TLSSettings(ca=ca_pem), no_sni=False),
        contexts.server(site, TLSSettings()),
    ):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
        assert not context.options & ssl.OP_IGNORE_UNEXPECTED_EOF
        assert context.options & ssl.OP_NO_RENEGOTIATION
        if hasattr(context, "security_level"):
            assert context.security_level == 2
    client = contexts.client(TLSSettings(ca=ca_pem), no_sni=False)
    assert client.verify_mode == ssl.CERT_REQUIRED
    assert client.check_hostname
    assert not client.hostname_checks_common_name


def test_the_system_store_is_loaded_without_a_ca() -> None:
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None:
        pytest.skip("this system has no CA bundle")
    assert Contexts().client(TLSSettings(), no_sni=False).cert_store_stats()["x509_ca"] > 0


def test_every_alert_of_the_registry_is_read_from_the_name_of_its_reason() -> None:
    for number, name in ALERTS.items():
        error = ssl.SSLError(1, "")
        error.reason = f"TLSV1_ALERT_{name.upper()}"
        assert stdlib_errors.alert_of(error) == number


ALERT_TEXTS = [
    ("SSLV3_ALERT_HANDSHAKE_FAILURE", "", 40),
    ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "", 116),
    ("TLSV1_UNRECOGNIZED_NAME", "", 112),
    ("TLSV1_ALERT_USER_CANCELLED", "", 90),
    ("TLSV1_ALERT_INAPPROPRIATE_FALLBACK", "", 86),
    ("SSLV3_ROLLBACK_ATTACK", "", None),
    (None, "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)", 120),
    (None, "[SSL] tlsv13 alert missing extension (_ssl.c:2580)", 109),
    ("CERTIFICATE_VERIFY_FAILED", "", None),
    (None, "The operation did not complete", None),
]


@pytest.mark.parametrize(("reason", "text", "number"), ALERT_TEXTS)
def test_a_received_alert_is_read_from_the_reason_or_the_text(reason: str | None, text: str, number: int | None):
    error = ssl.SSLError(1, text)
    error.reason = reason
    assert stdlib_errors.alert_of(error) == number


def test_the_words_of_the_library_lose_pythons_file_and_line() -> None:
    assert stdlib_errors.text_of(ssl.SSLError(1, "[SSL: X] x y (_ssl.c:1006)")) == "[SSL: X] x y"
    assert stdlib_errors.text_of(ConnectionResetError()) == "ConnectionResetError"


@pytest.mark.parametrize(
    ("tells", "verify", "good"), [(False, "full", True), (True, "full", False), (False, "none", True)]
)
def test_without_a_verified_path_only_a_python_that_shows_none_is_believed(
    ca_pem: bytes, site_pem, monkeypatch: pytest.MonkeyPatch, tells: bool, verify: str, good: bool
) -> None:
    monkeypatch.setattr(stdlib, "_certificates", lambda tls, method: ())
    monkeypatch.setattr(stdlib, "_TELLS_CHAIN", tells)
    backend, sites = StdlibBackend(), [Site(("a.example.net",), site_pem("a.example.net"))]
    settings = TLSSettings(ca=ca_pem, verify=verify)
    pair = make_pair(backend, backend, settings=settings, sites=sites).shake()
    if good:
        assert pair.client.tls_connection.info().verified.by == ("chain" if verify == "full" else "nothing")
    else:
        assert "did not verify the peer" in pair.client.failure.text
