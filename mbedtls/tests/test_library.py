"""The installed library: what it lacks is named at import, and nothing that depends on it is promised."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wssure.aio.client_tls import backend_of
from wssure.diagnose import conclude
from wssure.errors import UsageError
from wssure.evidence import Stage
from wssure.facts import VerifyDefect
from wssure.name import DnsName, IpName
from wssure.tls.settings import TLSSettings
from wssure_mbedtls import _mbedtls
from wssure_mbedtls.backend import MbedTLSBackend
from wssure_mbedtls.errors import (
    FLAGS,
    REASONS,
    describe,
    hexadecimal,
    key_trouble,
    name_of,
    own_error,
    unreadable,
    verify_defect,
)
from wssure_mbedtls.library import examine, version_text

V2, V34, V3 = 0x021C0300, 0x03040000, 0x03060600
FLAG_NAMES = {
    "expired", "not-yet-valid", "self-signed", "self-signed-in-chain", "issuer-not-found", "hostname", "ip-mismatch",
    "purpose", "weak-key", "weak-signature", "revoked", "pin-mismatch", "no-san", "name-constraints",
    "no-revocation-status", "other",
}  # fmt: skip


def without(*missing: str):
    return lambda feature: feature not in missing


LACKS = {
    "SNI": (without("MBEDTLS_SSL_SERVER_NAME_INDICATION"), (16384, True, True), "no SNI can be sent"),
    "ALPN": (without("MBEDTLS_SSL_ALPN"), (16384, True, True), "MBEDTLS_SSL_ALPN"),
    "debug": (without("MBEDTLS_DEBUG_C"), (16384, True, True), "alert numbers"),
    "buffers": (without(), (4096, True, True), "MBEDTLS_SSL_IN_CONTENT_LEN is 4096"),
}


@pytest.mark.parametrize("case", LACKS)
def test_what_was_compiled_out_is_named_and_not_crashed_on(case: str, caplog: pytest.LogCaptureFixture) -> None:
    has, compiled, words = LACKS[case]
    with caplog.at_level(logging.WARNING, "wssure.tls"):
        library = examine(has, (V3, V3), compiled, {})
        MbedTLSBackend(library).warn()
    assert any(words in lack for lack in library.missing)
    assert words in caplog.text
    assert library.capabilities.alert_sent == (case != "debug")


def test_a_library_that_cannot_tell_is_taken_at_its_word(caplog: pytest.LogCaptureFixture) -> None:
    library = examine(lambda feature: None, (V3, V3), (16384, True, True), {})
    assert library.missing == ()
    assert library.sni
    assert not caplog.text


def test_a_name_is_not_connected_to_where_sni_cannot_be_sent() -> None:
    crippled = MbedTLSBackend(examine(without("MBEDTLS_SSL_SERVER_NAME_INDICATION"), (V3, V3), (16384, True, True), {}))
    with pytest.raises(UsageError, match="MBEDTLS_SSL_SERVER_NAME_INDICATION"):
        crippled.client(TLSSettings(verify="none"), DnsName("a.example"))
    assert crippled.client(TLSSettings(verify="none"), IpName("192.0.2.7")) is not None


def test_tls13_only_is_refused_in_words_where_there_is_none() -> None:
    old = MbedTLSBackend(examine(without(), (V2, V2), (16384, False, True), {}))
    assert not old.capabilities.tls13
    with pytest.raises(UsageError, match=r"has TLS 1\.2 only"):
        old.client(TLSSettings(verify="none", min_version="TLSv1.3"), DnsName("a.example"))


def test_a_key_log_is_refused_in_words_where_there_is_none(tmp_path: Path) -> None:
    mute = MbedTLSBackend(examine(without(), (V2, V2), (16384, False, False), {}))
    with pytest.raises(UsageError, match="MBEDTLS_SSL_EXPORT_KEYS"):
        mute.client(TLSSettings(verify="none", keylog=tmp_path / "keys"), DnsName("a.example"))


def test_an_end_of_life_library_works_and_warns(caplog: pytest.LogCaptureFixture) -> None:
    for number in (V2, V34, V3 - 0x010000):
        old = MbedTLSBackend(examine(without(), (number, number), (16384, False, True), {}))
        assert not caplog.text  # a help text that lists the backends loads them, too
        assert backend_of(old) is backend_of(old) is old
        assert caplog.text.count("end of life") == 1
        caplog.clear()
    backend_of(MbedTLSBackend(examine(without(), (V3, V3), (16384, True, True), {})))
    assert not caplog.text


def test_another_library_than_the_one_compiled_for_is_an_import_error() -> None:
    with pytest.raises(ImportError, match=r"compiled for Mbed TLS 2\.28\.3 and finds 3\.6\.6"):
        examine(without(), (V3, V2), (16384, True, True), {})
    examine(without(), (V3, V3 - 0x0200), (16384, True, True), {})  # another patch level has the same ABI


def test_another_configuration_than_the_one_compiled_for_is_an_import_error() -> None:
    compiled = {"MBEDTLS_SSL_PROTO_TLS1_3": True, "MBEDTLS_SSL_PROTO_DTLS": True, "MBEDTLS_SSL_RENEGOTIATION": False}
    has = {"MBEDTLS_SSL_PROTO_TLS1_3": False, "MBEDTLS_SSL_PROTO_DTLS": True, "MBEDTLS_SSL_RENEGOTIATION": True}.get
    with pytest.raises(ImportError) as caught:
        examine(has, (V3, V3), (16384, True, True), compiled)
    text = str(caught.value)
    assert "MBEDTLS_SSL_PROTO_TLS1_3 (with it at compile time, without it in the library)" in text
    assert "MBEDTLS_SSL_RENEGOTIATION (without it at compile time, with it in the library)" in text
    assert "SSL_PROTO_DTLS" not in text
    assert "Mbed TLS 3.6.6" in text
    assert "make mbedtls" in text


def test_a_library_that_cannot_tell_its_configuration_must_be_the_very_same_version() -> None:
    options = {"MBEDTLS_SSL_PROTO_DTLS": True}
    examine(lambda feature: None, (V3, V3), (16384, True, True), options)
    with pytest.raises(ImportError, match=r"3\.6\.6 and finds 3\.6\.4, .*MBEDTLS_VERSION_FEATURES"):
        examine(lambda feature: None, (V3 - 0x0200, V3), (16384, True, True), options)


def test_the_headers_and_the_library_agree_on_every_option() -> None:
    options = _mbedtls.options()
    assert len(options) > 20
    assert options["MBEDTLS_X509_CRT_PARSE_C"]
    assert {name for name, compiled in options.items() if _mbedtls.has(name) not in (None, compiled)} == set()


def test_a_library_before_3_5_offers_servers_one_version(backend: MbedTLSBackend) -> None:
    old = examine(without("MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE"), (V34, V34), (16384, True, True), {})
    assert old.highest_of_server(TLSSettings()) == "TLSv1.2"
    assert old.highest_of_server(TLSSettings(min_version="TLSv1.3")) == "TLSv1.3"
    assert backend.library.highest_of_server(TLSSettings()) == (
        "TLSv1.3" if backend.library.number >= V3 else "TLSv1.2"
    )
    assert any("TLS 1.2 and TLS 1.3 together in servers" in lack for lack in old.missing)
    assert any("an OpenSSL server refuses" in lack for lack in old.missing)


def test_the_backend_says_which_library_it_is(backend: MbedTLSBackend) -> None:
    assert backend.name == "mbedtls"
    assert backend.version == f"Mbed TLS {version_text(backend.library.number)}"
    expected = os.environ.get("WSSURE_MBEDTLS_EXPECT")
    if expected:  # the script that runs one build after the other says which one this is
        assert backend.version.removeprefix("Mbed TLS ").startswith(expected)


def test_every_flag_has_a_place_in_the_vocabulary() -> None:
    for flag in [1 << bit for bit in range(20)]:
        assert flag in FLAGS
        assert verify_defect(flag, 0)[0] in FLAG_NAMES
    for reason in range(1, 9):
        assert verify_defect(8, reason)[0] in FLAG_NAMES
    assert verify_defect(1 << 30, 0)[0] == "other"


def test_every_flag_reason_and_unreadable_certificate_has_a_cause() -> None:
    found = [(*verify_defect(1 << bit, 0), 1 << bit) for bit in range(32)]
    found += [(*verify_defect(8, reason), 8) for reason in REASONS]
    found += [(*told, -number) for number in range(0x8000) if (told := unreadable(-number)) is not None]
    assert {"critical-extension", "malformed"} <= {flag for flag, *_ in found}
    for flag, text, word, number in {(told[0], told[2]): told for told in found}.values():
        for depth in (0, 1, None):
            cause = conclude(Stage.TLS, (VerifyDefect(depth, flag, number, text, word),)).cause
            assert cause.startswith("cert."), (flag, text, word)


NUMBERS = [
    (-0x7780, V2, "SSL_FATAL_ALERT_MESSAGE"),
    (-0x7780, V3, "SSL_FATAL_ALERT_MESSAGE"),
    (-0x6600, V2, None),
    (-0x6600, V3, "SSL_ILLEGAL_PARAMETER"),
    (-0x6E80, V2, "SSL_BAD_HS_PROTOCOL_VERSION"),
    (-0x6E80, V3, "SSL_BAD_PROTOCOL_VERSION"),
    (-0x7580, V2, "SSL_CERTIFICATE_TOO_LARGE"),
    (-0x7580, V3, "SSL_NO_APPLICATION_PROTOCOL"),
    (-1, V3, None),
]


@pytest.mark.parametrize(("number", "version", "name"), NUMBERS)
def test_a_number_is_read_by_version(number: int, version: int, name: str | None) -> None:
    assert name_of(number, version) == name
    assert describe(number, "", version) == f"{name or 'no text'} ({hexadecimal(number)})"


def test_numbers_are_written_as_the_library_writes_them() -> None:
    assert hexadecimal(-30592) == "-0x7780"
    assert hexadecimal(-0x2700) == "-0x2700"
    assert key_trouble(-0x3C80) == key_trouble(-0x3C80 - 0x14)
    assert key_trouble(-0x7780) is None


OWN = [
    (-0x7480, V3, 0, True, "no-client-certificate"),
    (-0x6E00, V3, 0, True, "no-shared-cipher"),
    (-0x6E00, V3, 0, False, None),
    (-0x6E00, V2, 0, True, None),
    (-0x7380, V2, 0, True, "no-shared-cipher"),
    (-0x6980, V2, 0, True, "no-shared-cipher"),
    (-0x5D80, V3, 0, False, "no-hostname"),
    (-0x7B00, V2, 1, False, "dh-key-too-small"),
    (-0x6E00, V3, 2, False, "no-safe-renegotiation"),
    (-0x7200, V3, 3, False, "record-too-large"),
    (-0x7200, V3, 0, False, "refused-record"),
]


@pytest.mark.parametrize(("number", "version", "cause", "server", "reason"), OWN)
def test_why_we_gave_up_is_said_only_where_it_is_known(
    number: int, version: int, cause: int, server: bool, reason: str | None
) -> None:
    assert own_error(number, version, cause, server) == reason


FORK = """
import os, sys
from wssure.name import DnsName
from wssure.tls.settings import TLSSettings
from wssure.wire.hello import find_client_hello
from wssure_mbedtls import _mbedtls
from wssure_mbedtls.backend import MbedTLSBackend

backend = MbedTLSBackend()

def hello():
    client = backend.client(TLSSettings(verify="none"), DnsName("a.example"))
    client.handshake()
    found = find_client_hello(bytes(client.outgoing()))
    return found.random.hex() + " " + "".join(extension.data.hex() for extension in found.extensions if extension.id == 51)

hello()
reading, writing = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        os.write(writing, hello().encode() + b"\\n")
        os._exit(0)
for _ in range(2):
    assert os.wait()[1] == 0
os.write(writing, hello().encode() + b"\\n")
os.close(writing)
print(os.fdopen(reading).read(), end="")
"""


def test_forked_children_share_no_random_numbers() -> None:
    out = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True)
    lines = [line.split(" ") for line in out.stdout.splitlines()]
    assert len(lines) == 3
    for column in zip(*lines, strict=True):
        assert len(set(column)) == 3 or not any(column), column


def test_without_the_headers_the_build_names_the_package(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(tmp_path), "--build-temp", str(tmp_path)],
        cwd=root,
        env={**os.environ, "WSSURE_MBEDTLS_PREFIX": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "apt-get install libmbedtls-dev" in run.stderr
    assert "works without it" in run.stderr
