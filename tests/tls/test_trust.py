"""What is given as a CA, certificate or key is read whole, or refused with what it is and where it stands."""

from __future__ import annotations

import base64
import os
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from tests.tls.certificates import der_of, issue, key_pem, make_key

from wssure.errors import UsageError
from wssure.tls.trust import digest, load_anchors, load_identity, stamp, system_anchors


@pytest.fixture(scope="module")
def pair_pem(ca) -> bytes:
    return issue(ca, "a.example.net")


def split(pem: bytes) -> tuple[bytes, bytes]:
    at = pem.index(b"-----BEGIN PRIVATE KEY")
    return pem[:at], pem[at:]


def test_anchors_come_from_a_file_bytes_text_or_der(ca_pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(b"# a comment\n" + ca_pem + b"trailing words\n" + ca_pem)
    der = der_of(ca_pem)
    assert load_anchors(path).certificates == (der, der)
    assert load_anchors(str(path)).source == str(path)
    assert load_anchors(ca_pem).certificates == (der,)
    assert load_anchors(ca_pem.decode()).certificates == (der,)
    assert load_anchors(der + der).certificates == (der, der)


def test_a_plain_directory_is_read_and_a_hashed_one_left_to_the_library(ca_pem: bytes, tmp_path: Path) -> None:
    plain, hashed = tmp_path / "plain", tmp_path / "hashed"
    plain.mkdir()
    hashed.mkdir()
    (plain / "README").write_text("not a certificate")
    (plain / "one.pem").write_bytes(ca_pem)
    (plain / "two.der").write_bytes(der_of(ca_pem))
    (plain / "sub").mkdir()
    (hashed / "0123abcd.0").write_bytes(ca_pem)
    assert load_anchors(plain).certificates == (der_of(ca_pem),)
    assert load_anchors(hashed).directory == str(hashed)
    assert load_anchors(hashed).certificates == ()
    (plain / "one.pem").unlink()
    (plain / "two.der").unlink()
    with pytest.raises(UsageError, match="holds no certificate"):
        load_anchors(plain)


def test_the_system_store_is_named_or_its_absence_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ca_pem: bytes
) -> None:
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        pytest.skip("this system has no trust store")
    found = system_anchors()
    assert found.source == "system"
    assert found.file or found.directory
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert system_anchors().file == str(bundle)
    assert system_anchors().directory is None


def test_an_empty_system_store_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"# nothing here\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        system_anchors()
    assert caught.value.failure is not None
    assert caught.value.failure.cause == "cert.no-trust-store"
    assert str(bundle) in str(caught.value)


BAD_ANCHORS = [
    ("no-pem", b"hello", "no PEM"),
    ("empty", b" \n", "is empty"),
    ("no-end", b"-----BEGIN CERTIFICATE-----\nMIIB", "without its end"),
    ("broken-base64", b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "broken base64"),
    ("no-der", b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "no certificate"),
    ("key", key_pem(make_key()), "PRIVATE KEY but no certificate"),
    ("cut-der", b"0\x82\x10\x00\x30", "neither PEM nor DER"),
]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in BAD_ANCHORS], ids=[row[0] for row in BAD_ANCHORS])
def test_what_holds_no_certificate_is_refused(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(data)
    for given_ca, named in ((data, "the ca bytes"), (path, str(path))):
        with pytest.raises(UsageError, match=words) as caught:
            load_anchors(given_ca)
        assert named in str(caught.value)
        assert caught.value.failure.cause == "usage.ca"
        assert caught.value.failure.fix


def test_what_cannot_be_read_is_refused_with_the_systems_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.pem, which cannot be read: No such file"):
        load_anchors(tmp_path / "nowhere.pem", "client_ca")
    with pytest.raises(UsageError, match="cannot be read"):
        load_anchors("nul\0byte")
    with pytest.raises(UsageError, match="cannot be read"):
        load_identity(tmp_path, None)
    with pytest.raises(UsageError, match="expected a path or bytes"):
        load_anchors(7)


def test_chain_and_key_may_come_together_or_apart(pair_pem: bytes, ca_pem: bytes, tmp_path: Path) -> None:
    certificate, key = split(pair_pem)
    path = tmp_path / "key.pem"
    path.write_bytes(key)
    whole = load_identity(key + certificate + ca_pem, None)
    assert whole.certificates == (der_of(certificate), der_of(ca_pem))
    apart = load_identity(certificate, path)
    assert apart.key_pem.strip() == whole.key_pem.strip() == key.strip()
    assert "PRIVATE" not in repr(whole)


def test_a_key_that_is_none_or_locked_is_refused(pair_pem: bytes, ca_pem: bytes) -> None:
    certificate, _ = split(pair_pem)
    lock = serialization.BestAvailableEncryption(b"secret")
    modern = make_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    old = make_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, lock)
    for locked in (modern, old):
        with pytest.raises(UsageError, match="encrypted private key") as caught:
            load_identity(certificate, locked)
        assert caught.value.failure.cause == "usage.key"
        assert "decrypt it" in caught.value.failure.fix
    with pytest.raises(UsageError, match="CERTIFICATE but no private key"):
        load_identity(certificate, ca_pem)
    with pytest.raises(UsageError, match="CERTIFICATE but no private key"):
        load_identity(certificate, None)


def test_no_error_repeats_a_key(pair_pem: bytes) -> None:
    _, key = split(pair_pem)
    with pytest.raises(UsageError) as caught:
        load_identity(key, None)
    assert key.split()[4].decode() not in str(caught.value) + caught.value.failure.fix


def test_a_changed_file_changes_stamp_and_digest(ca_pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(ca_pem)
    before, before_digest = stamp(path, None, b"bytes"), digest(path)
    assert stamp(path) == before
    replacement = tmp_path / "new"
    replacement.write_bytes(trustme.CA().cert_pem.bytes())
    os.replace(replacement, path)
    assert stamp(path) != before
    assert digest(path) != before_digest
    path.unlink()
    assert stamp(path)[0][1:] == (0, 0, 0)


def test_a_file_replaced_in_a_directory_changes_its_stamp(ca_pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(ca_pem)
    before = stamp(tmp_path)
    path.write_bytes(ca_pem + b"\n")
    assert stamp(tmp_path) != before


def test_bytes_have_a_digest_and_no_stamp() -> None:
    assert stamp(b"x") == ()
    assert digest(b"x") != digest(b"y")
    assert digest(b"x") != digest(None)


@given(st.binary(max_size=200))
def test_no_bytes_make_another_error(data: bytes) -> None:
    for block in (data, b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(data) + b"\n-----END CERTIFICATE-----\n"):
        for load in (load_anchors, lambda found: load_identity(found, None)):
            try:
                load(block)
            except UsageError:
                pass
