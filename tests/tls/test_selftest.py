"""A library that does not behave as its backend assumes carries no connection."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from tests.backends import EXPECTED

from wssure.errors import UsageError
from wssure.name import DnsName, NoSNI, ServerName
from wssure.tls import backends, selftest
from wssure.tls.contract import Backend, Engine
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.stdlib import StdlibBackend

pytestmark = pytest.mark.every_backend


class Altered:
    """A working backend with one promise broken."""

    name = "altered"

    def __init__(self, broken: str) -> None:
        self.inner = StdlibBackend()
        self.version = "broken on purpose"
        self.capabilities = self.inner.capabilities
        self.broken = broken

    def effective(self, settings: TLSSettings) -> TLSSettings:
        return settings

    def client(self, settings: TLSSettings, server_name: ServerName, **keywords: Any) -> Engine:
        assert isinstance(server_name, DnsName)
        if self.broken == "name":
            settings = replace(settings, verify="chain")
        if self.broken == "chain":
            settings = replace(settings, verify="none")
        if self.broken == "TLS 1.3 chain" and settings.min_version == "TLSv1.3":
            settings = replace(settings, verify="none")
        if self.broken == "server name":
            server_name = NoSNI("a test", server_name)
        if self.broken == "exception":
            raise SystemError("error return without exception set")
        return AlteredEngine(self.inner.client(settings, server_name, **keywords), self.broken)

    def server(self, site: Site, settings: TLSSettings, **keywords: Any) -> Engine:
        return self.inner.server(site, settings, **keywords)


class AlteredEngine:
    """An engine of the standard library that does one thing wrong."""

    def __init__(self, inner: Engine, broken: str) -> None:
        self._inner = inner
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes) -> int:
        return self._inner.write(data[::-1] if self._broken == "data" else data)

    def close_notify(self) -> None:
        if self._broken != "close_notify":
            self._inner.close_notify()

    def info(self) -> Any:
        found = self._inner.info()
        return replace(found, resumed=True) if self._broken == "resumed" else found

    def outgoing(self) -> memoryview:
        view = self._inner.outgoing()
        # A plaintext alert record begins with 21.
        return view[:0] if self._broken == "alert" and view[:1] == b"\x15" else view


CASES = [
    ("name", "TLSv1.2: a certificate for another name is accepted"),
    ("chain", "TLSv1.2: a certificate for another name is accepted"),
    ("TLS 1.3 chain", "TLSv1.3: a certificate for another name is accepted"),
    ("server name", "the ClientHello does not carry the server name"),
    ("exception", "SystemError: error return without exception set"),
    ("data", "a message arrives altered or not at all"),
    ("close_notify", "close_notify does not arrive"),
    ("resumed", "described wrongly"),
    ("alert", "does not arrive"),
]


@pytest.mark.parametrize(("broken", "words"), CASES, ids=[row[0] for row in CASES])
def test_each_broken_promise_is_found(broken: str, words: str) -> None:
    assert words in str(selftest.defect(Altered(broken)))


def test_every_backend_in_use_passes(backend: Backend) -> None:
    assert selftest.defect(backend) is None


def test_the_altered_backend_fails_by_its_alteration_alone() -> None:
    assert selftest.defect(Altered("nothing")) is None


@pytest.mark.parametrize("certificate", ["_ROOT", "_OTHER_ROOT", "_LEAF"])
def test_the_certificates_are_valid_at_any_time_a_clock_can_show(certificate: str) -> None:
    parsed = x509.load_der_x509_certificate(b64decode(getattr(selftest, certificate)))
    assert parsed.not_valid_before_utc < datetime.fromtimestamp(0, UTC), "machines without a battery start in 1970"
    assert parsed.not_valid_after_utc.year == 9999


@pytest.mark.parametrize("file", ["keys.log", "no directory/keys.log"], ids=["writable", "not writable"])
def test_the_key_log_of_the_user_is_left_alone(
    file: str, tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / file))
    assert selftest.defect(backend) is None
    assert list(tmp_path.iterdir()) == []


# Policies of OpenSSL's configuration (config(5)) that forbid handshakes which a certificate on P-256 needs.
POLICIES = {
    "groups": "Groups = X25519",
    "signature algorithms": "SignatureAlgorithms = RSA-PSS+SHA256",
    "versions": "MinProtocol = TLSv1.3",
    "security level": "CipherString = DEFAULT@SECLEVEL=5",
    "client certificates": "VerifyMode = Require",
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_policy_of_the_system_takes_no_backend_away(policy: str, tmp_path: Path) -> None:
    file = tmp_path / "openssl.cnf"
    file.write_text(f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n{policy}\n")
    code = "import logging; logging.basicConfig(); from wssure.tls import backends; print(*backends.available())"
    environment = {**os.environ, "OPENSSL_CONF": str(file)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.split() == list(backends.available())
    assert "self-test" not in run.stderr


class Deaf(Altered):
    """A backend that makes no engine, as if a policy forbade it."""

    def __init__(self, version: str) -> None:
        super().__init__("exception")
        self.version = version


@pytest.mark.parametrize(
    ("control", "passes"),
    [(Deaf("one"), True), (Deaf("another"), False), (StdlibBackend(), False)],
    ids=["the library fails in general", "another library fails", "the library works"],
)
def test_only_a_failure_of_the_same_library_excuses_one(control: Backend, passes: bool) -> None:
    tested = Deaf("one" if isinstance(control, Deaf) else control.version)
    assert (selftest.defect(tested, control) is None) is passes


class Broken(Altered):
    """The same without arguments, as a backend is made."""

    def __init__(self) -> None:
        super().__init__("name")


@pytest.fixture
def openssl_fails(monkeypatch: pytest.MonkeyPatch):
    """Put a backend that fails its self-test in the place of the direct OpenSSL backend."""
    monkeypatch.setattr(selftest, "Broken", Broken, raising=False)
    monkeypatch.setitem(backends._OWN, "openssl", ("wssure.tls.selftest", "Broken"))
    backends._loaded.clear()
    yield
    backends._loaded.clear()


def test_the_default_falls_back_to_stdlib_with_one_warning(
    openssl_fails: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(backends.VARIABLE, raising=False)
    with caplog.at_level(logging.WARNING, "wssure.tls"):
        for _ in range(3):
            assert backends.backend().name == "stdlib"
    assert [record.getMessage().count("another name is accepted") for record in caplog.records] == [1]


def test_a_backend_that_fails_its_self_test_cannot_be_chosen(openssl_fails: None) -> None:
    assert "openssl" not in backends.available()
    assert "self-test" in str(backends.problem("openssl"))
    with pytest.raises(UsageError, match="another name is accepted") as caught:
        backends.backend("openssl")
    assert "stdlib" in caught.value.failure.fix


class Met(Broken):
    """A backend that two threads make at the same time."""

    meeting = threading.Barrier(2)

    def __init__(self) -> None:
        super().__init__()
        self.meeting.wait()


def test_threads_that_come_first_together_get_one_answer_and_one_warning(
    openssl_fails: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "Broken", Met)
    with caplog.at_level(logging.WARNING, "wssure.tls"), ThreadPoolExecutor(2) as threads:
        first, second = threads.map(backends.problem, ["openssl", "openssl"])
    assert first is second
    assert len(caplog.records) == 1


# The variable that chooses for a program which names no backend.


@pytest.mark.parametrize("name", EXPECTED)
def test_the_environment_chooses_when_the_program_does_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.VARIABLE, name)
    assert backends.backend().name == name
    assert backends.backend("stdlib").name == "stdlib"


def test_an_empty_variable_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.VARIABLE, "")
    assert backends.backend().name == backends.available()[0]


def test_an_unknown_name_in_the_environment_is_a_usage_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.VARIABLE, "opensll")
    with pytest.raises(UsageError, match='WSSURE_BACKEND got "opensll"'):
        backends.backend()
