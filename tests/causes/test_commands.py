"""The openssl commands on the pages of certificate causes make certificates that verify, strictly, on every backend."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.causes.conftest import NAME
from tests.causes.live import works
from tests.peers import scripts
from tests.peers.certificates import server_context
from tests.peers.listener import listening

from wssure import TLSSettings
from wssure.diagnose.causes import find
from wssure.fixes import SENTENCES

HERE = "127.0.0.1"
OPENSSL = shutil.which("openssl") or "openssl"


def commands(cause: str) -> list[str]:
    """Return the openssl commands on the page of a cause, each in one line."""
    found = find(cause)
    assert found is not None
    assert found.page is not None
    spans = re.findall(r"`(openssl [^`]+)`", found.page)
    return [" ".join(span.split()) for span in spans]


def run(command: str, folder: Path) -> str:
    """Run a command as printed, in a shell, with the name of the server in place of NAME."""
    done = subprocess.run(
        ["sh", "-c", command.replace("NAME", NAME).replace("192.0.2.7", HERE)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ca.pem and ca.key, made by the command of the fix that is printed."""
    folder = tmp_path_factory.mktemp("authority")
    printed = re.search(r"openssl req .*", SENTENCES["cert.not-a-ca"])
    assert printed is not None
    run(printed.group(), folder)
    return folder


def copy_of(authority: Path, folder: Path) -> Path:
    for name in ("ca.pem", "ca.key"):
        shutil.copy(authority / name, folder / name)
    return folder


def connects(folder: Path, backend: str, url: str = f"wss://{NAME}:{{port}}/", **more) -> bool:
    pem = folder / "site.pem"
    pem.write_bytes((folder / "server.pem").read_bytes() + (folder / "server.key").read_bytes())
    with listening(scripts.over_tls(server_context(pem), scripts.upgrades())) as port:
        settings = TLSSettings(ca=folder / "ca.pem", strict=True)
        return works(url.format(port=port), backend=backend, tls=settings, **more)


@pytest.mark.parametrize("cause", ["cert.not-a-ca", "cert.strict"])
def test_the_commands_for_a_ca_and_a_server_make_certificates_that_verify_strictly(cause, backend, tmp_path):
    first, second, *checks = commands(cause)
    run(first, tmp_path)
    run(second, tmp_path)
    for check in checks:
        assert "server.pem: OK" in run(check, tmp_path)
    assert "OK" in run(f"openssl verify -x509_strict -verify_hostname {NAME} -CAfile ca.pem server.pem", tmp_path)
    assert connects(tmp_path, backend, address=HERE)


def test_the_command_for_a_device_makes_a_certificate_for_its_address(authority, backend, tmp_path):
    (command,) = commands("cert.ip-as-dns")
    run(command, copy_of(authority, tmp_path))
    assert connects(tmp_path, backend, url=f"wss://{HERE}:{{port}}/")


@pytest.mark.parametrize("cause", ["cert.path-length", "cert.name-constraints"])
def test_the_command_for_a_ca_below_makes_one_that_may_issue_for_the_name(authority, cause, backend, tmp_path):
    (command,) = commands(cause)
    run(command, copy_of(authority, tmp_path))
    leaf = commands("cert.strict")[1].replace("-CA ca.pem -CAkey ca.key", "-CA sub.pem -CAkey sub.key")
    run(leaf, tmp_path)
    assert "OK" in run("openssl verify -x509_strict -CAfile ca.pem -untrusted sub.pem server.pem", tmp_path)
    with (tmp_path / "server.pem").open("ab") as chain:
        chain.write((tmp_path / "sub.pem").read_bytes())
    # Mbed TLS refuses every sent certificate with critical name constraints; as a trust anchor it takes it.
    if cause == "cert.name-constraints" and backend == "mbedtls":
        shutil.copy(tmp_path / "sub.pem", tmp_path / "ca.pem")
        run(leaf, tmp_path)
    assert connects(tmp_path, backend, address=HERE)


def test_the_commands_that_compare_a_signature_tell_a_right_one_from_a_wrong_one(authority, tmp_path):
    ids, other_ids, verify = commands("cert.bad-signature")
    run(commands("cert.strict")[1], copy_of(authority, tmp_path))
    wanted = re.findall(r"(?:[0-9A-F]{2}:){19}[0-9A-F]{2}", run(ids, tmp_path))
    assert wanted == re.findall(r"(?:[0-9A-F]{2}:){19}[0-9A-F]{2}", run(other_ids, tmp_path))
    assert "server.pem: OK" in run(verify, tmp_path)
    run(commands("cert.strict")[0], tmp_path)  # the CA again, under the same name
    assert wanted != re.findall(r"(?:[0-9A-F]{2}:){19}[0-9A-F]{2}", run(other_ids, tmp_path))
    with pytest.raises(AssertionError):
        run(verify, tmp_path)


def test_the_command_that_reads_a_certificate_reads_it(authority, tmp_path):
    run(commands("cert.strict")[1], copy_of(authority, tmp_path))
    assert f"DNS:{NAME}" in run(commands("cert.malformed")[0], tmp_path)


def test_the_command_of_the_fix_for_a_certificate_without_a_san(backend, tmp_path):
    """A self-signed certificate is its own CA here: what counts is the name in it."""
    command = commands("cert.no-san")[-1]  # the one before is the old one, which makes such a certificate
    run(command.replace("k.pem", "server.key").replace("c.pem", "server.pem"), tmp_path)
    shutil.copy(tmp_path / "server.pem", tmp_path / "ca.pem")
    pem = tmp_path / "site.pem"
    pem.write_bytes((tmp_path / "server.pem").read_bytes() + (tmp_path / "server.key").read_bytes())
    with listening(scripts.over_tls(server_context(pem), scripts.upgrades())) as port:
        assert works(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=tmp_path / "ca.pem"))
