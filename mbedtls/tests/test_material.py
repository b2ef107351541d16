"""What a caller hands over: each mistake is a UsageError that says what and where, before any I/O."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from mbedtls.tests.pump import shake
from tests.tls.chains import issue, key_pem

from wssure.errors import UsageError
from wssure.name import DnsName
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

NAME = DnsName("a.example")
LEAF = issue(None, "a.example")
EDWARDS = issue(None, "a.example", key=ed25519.Ed25519PrivateKey.generate())
# Right in form, wrong in content: a SEQUENCE of one empty SEQUENCE.
HOLLOW = b"-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----\n"
BROKEN_KEY = b"-----BEGIN PRIVATE KEY-----\nMAIwAA==\n-----END PRIVATE KEY-----\n"

MISTAKES = {
    "no PEM": ({"cert": b"hello", "key": LEAF.key_pem}, "usage.cert", "no PEM"),
    "no X.509": ({"cert": HOLLOW, "key": LEAF.key_pem}, "usage.cert", "Mbed TLS cannot use"),
    "key without content": ({"cert": LEAF.pem, "key": BROKEN_KEY}, "usage.key", "Mbed TLS cannot use"),
    "key of another": ({"cert": LEAF.pem, "key": issue().key_pem}, "usage.key", "does not belong to the first"),
    "key is a certificate": ({"cert": LEAF.pem, "key": LEAF.pem}, "usage.key", "no private key"),
    "encrypted key": ({"cert": LEAF.pem, "key": key_pem(LEAF.key, b"x")}, "usage.key", "encrypted"),
    "Ed25519": ({"cert": EDWARDS.pem, "key": EDWARDS.key_pem}, "usage.cert", "Mbed TLS cannot use"),
    "Ed25519 key": ({"cert": LEAF.pem, "key": EDWARDS.key_pem}, "usage.key", "RSA and ECDSA"),
    "no file": ({"cert": "/nonexistent/cert.pem", "key": LEAF.key_pem}, "usage.cert", "/nonexistent/cert.pem"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_wrong_identity_is_a_usage_error_on_both_sides(backend: MbedTLSBackend, case: str) -> None:
    given, cause, words = MISTAKES[case]
    for make in (
        lambda: backend.client(TLSSettings(verify="none", **given), NAME),
        lambda: backend.server(Site(("a.example",), **given), TLSSettings()),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            make()
        assert caught.value.failure is not None
        assert caught.value.failure.cause == cause
        assert caught.value.failure.fix
        assert "PRIVATE KEY-----\nM" not in str(caught.value), "never the key itself"


def test_a_message_names_the_file_not_the_content(backend: MbedTLSBackend, tmp_path: Path) -> None:
    cert, key = tmp_path / "chain.pem", tmp_path / "other.pem"
    cert.write_bytes(LEAF.pem)
    key.write_bytes(issue().key_pem)
    with pytest.raises(UsageError) as caught:
        backend.server(Site(("a.example",), cert=cert, key=key), TLSSettings())
    assert str(cert) in str(caught.value)
    assert str(key) in str(caught.value)


def test_trust_anchors_the_library_cannot_read_are_a_usage_error(backend: MbedTLSBackend) -> None:
    with pytest.raises(UsageError, match="no certificate Mbed TLS can read"):
        backend.client(TLSSettings(ca=HOLLOW), NAME)
    with pytest.raises(UsageError, match="no certificate Mbed TLS can read") as caught:
        backend.server(Site(("a.example",), cert=LEAF.pem, key=LEAF.key_pem, client_ca=HOLLOW), TLSSettings())
    assert caught.value.failure is not None
    assert caught.value.failure.cause == "usage.client_ca"


def test_one_unreadable_anchor_spoils_no_bundle(backend: MbedTLSBackend) -> None:
    server = backend.server(Site(("a.example",), cert=LEAF.pem, key=LEAF.key_pem), TLSSettings())
    client = backend.client(TLSSettings(ca=HOLLOW + LEAF.pem), NAME)
    assert shake(client, server) == [None, None]


@pytest.mark.parametrize("form", ["PEM bytes", "DER bytes", "file", "directory", "hashed directory"])
def test_trust_anchors_are_read_from_every_form(backend: MbedTLSBackend, tmp_path: Path, form: str) -> None:
    bundle = tmp_path / "ca"
    given: bytes | Path = bundle
    if form == "PEM bytes":
        given = LEAF.pem
    elif form == "DER bytes":
        given = LEAF.der
    elif form == "file":
        bundle.write_bytes(issue().pem + LEAF.pem)
    else:
        bundle.mkdir()
        (bundle / "README").write_text("not a certificate")
        (bundle / ("0a1b2c3d.0" if form == "hashed directory" else "mine.pem")).write_bytes(LEAF.pem)
        (bundle / "0a1b2c3d.r0").write_text("not a certificate either")
    server = backend.server(Site(("a.example",), cert=LEAF.pem, key=LEAF.key_pem), TLSSettings())
    assert shake(backend.client(TLSSettings(ca=given), NAME), server) == [None, None]


def test_the_systems_trust_store_is_read(backend: MbedTLSBackend) -> None:
    server = backend.server(Site(("a.example",), cert=LEAF.pem, key=LEAF.key_pem), TLSSettings())
    refused, _ = shake(backend.client(TLSSettings(), NAME), server)
    assert refused is not None
    assert refused.verification


def test_an_ssl_context_is_refused_in_words(backend: MbedTLSBackend) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    site = Site(("a.example",), cert=LEAF.pem, key=LEAF.key_pem)
    for make in (
        lambda: backend.client(context, NAME),  # type: ignore[arg-type]
        lambda: backend.server(site, context),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError, match=r"ssl\.SSLContext.*mbedtls") as caught:
            make()
        assert caught.value.failure is not None
        assert "TLSSettings" in caught.value.failure.fix


def test_too_many_protocols_are_a_usage_error(backend: MbedTLSBackend) -> None:
    with pytest.raises(UsageError, match="17 protocols"):
        backend.client(TLSSettings(verify="none", alpn=tuple(f"p{n}" for n in range(17))), NAME)


def test_every_curve_of_a_usual_key_is_taken(backend: MbedTLSBackend) -> None:
    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
        leaf = issue(None, "a.example", key=ec.generate_private_key(curve))
        server = backend.server(Site(("a.example",), cert=leaf.pem, key=leaf.key_pem), TLSSettings())
        assert shake(backend.client(TLSSettings(ca=leaf.pem), NAME), server) == [None, None]


def test_a_changed_file_is_read_again(backend: MbedTLSBackend, tmp_path: Path) -> None:
    cert = tmp_path / "site.pem"
    site = Site(("a.example",), cert=cert)
    seen = []
    for leaf in (LEAF, issue(None, "a.example")):
        cert.write_bytes(leaf.pem + leaf.key_pem)
        client = backend.client(TLSSettings(verify="none"), NAME)
        assert shake(client, backend.server(site, TLSSettings())) == [None, None]
        seen.append(client.info().peer_certificate)
    assert seen[0] == LEAF.der != seen[1]


def test_traffic_secrets_are_written_in_the_form_wireshark_reads(
    backend: MbedTLSBackend, site: Site, ca_pem: bytes, version: str, tmp_path: Path
) -> None:
    path = tmp_path / "keys.log"
    settings = TLSSettings(ca=ca_pem, min_version=version, max_version=version, keylog=path)
    client = backend.client(settings, NAME)
    assert shake(client, backend.server(site, TLSSettings())) == [None, None]
    lines = [line.split(" ") for line in path.read_text().splitlines()]
    labels = {line[0] for line in lines}
    if version == "TLSv1.2":
        assert labels == {"CLIENT_RANDOM"}
        assert len(bytes.fromhex(lines[0][2])) == 48
    else:
        sides = ("CLIENT", "SERVER")
        assert labels == {f"{s}_HANDSHAKE_TRAFFIC_SECRET" for s in sides} | {f"{s}_TRAFFIC_SECRET_0" for s in sides}
    assert len({line[1] for line in lines}) == 1
    assert all(len(bytes.fromhex(line[1])) == 32 for line in lines)
