"""The shim on libraries that behave like older ones, and on a library of another configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mbedtls.tests.identities import GOOD

from wssure_mbedtls.backend import MbedTLSBackend

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IMITATION = f"-O0 -include {HERE / 'imitation.h'}"
# The shim sees other headers than the library was built with: members of structures are gone.
GONE = (
    "SSL_RENEGOTIATION",
    "KEY_EXCHANGE_PSK_ENABLED",
    "KEY_EXCHANGE_DHE_PSK_ENABLED",
    "KEY_EXCHANGE_ECDHE_PSK_ENABLED",
    "KEY_EXCHANGE_RSA_PSK_ENABLED",
    "CMAC_C",
)
OTHER_HEADERS = "".join(f"#undef MBEDTLS_{name}\n" for name in GONE) + "#define MBEDTLS_DEPRECATED_REMOVED\n"

Build = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a function: C flags -> the environment in which that build of the shim is used."""
    folder = tmp_path_factory.mktemp("variants")
    made: dict[str, dict[str, str]] = {}

    def build(flags: str) -> dict[str, str]:
        if flags not in made:
            target = folder / str(len(made))
            target.mkdir()
            arguments = ["build", "--build-base", target / "objects", "--build-lib", target, "egg_info", "-e", target]
            subprocess.run(
                [sys.executable, "setup.py", "-q", *arguments],
                cwd=HERE.parent,
                env={**os.environ, "WSSURE_CFLAGS": flags, "WSSURE_CYTHON_FOLDER": str(folder / "cython")},
                check=True,
                timeout=250,
            )
            made[flags] = {**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"}
        return made[flags]

    return build


def identities(environment: dict[str, str]) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "mbedtls.tests.identities"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def passed(found: dict[str, Any]) -> dict[str, set[str]]:
    return {
        version: {case for case, why in outcomes.items() if why is None}
        for version, outcomes in found["outcomes"].items()
    }


@pytest.mark.timeout(300)
def test_a_library_that_ignores_the_connections_callback_verifies_all_the_same(
    backend: MbedTLSBackend, variant: Build
) -> None:
    if not backend.capabilities.tls13:
        pytest.skip("the libraries that do so have TLS 1.3")
    found = identities(variant(f"{IMITATION} -DIMITATE_3_4"))
    assert passed(found) == {"TLSv1.2": GOOD, "TLSv1.3": GOOD}
    assert not any(found["engines alone"].values())
    # Such a library offers no server both versions: the range is cut to TLS 1.2, and nothing raw comes out.
    assert found["default settings"] == "TLSv1.2"
    assert "makes no connection with these settings" in found["both versions"]
    assert "-0x7080" in found["both versions"]


@pytest.mark.timeout(300)
def test_a_library_that_never_calls_back_is_stopped_by_the_link(variant: Build) -> None:
    found = identities(variant(f"{IMITATION} -DIMITATE_SILENCE"))
    # Alone, its engines accept a server for another address: this is what the link is there for.
    assert all(found["engines alone"].values())
    for outcomes in found["outcomes"].values():
        assert {case for case, why in outcomes.items() if why is None} <= {"another name, unverified"}
        assert "did not verify the peer" in outcomes["right name"]
        assert "did not verify the peer" in outcomes["another address"]


@pytest.mark.timeout(300)
def test_a_ticket_of_another_version_resumes_nothing(backend: MbedTLSBackend, variant: Build) -> None:
    if not backend.capabilities.tls13:
        pytest.skip("its tickets know one version only")
    plain, confused = identities(variant("-O0")), identities(variant(f"{IMITATION} -DIMITATE_CONFUSION"))
    assert plain["twice"] == {"TLSv1.2": True, "TLSv1.3": True}
    assert passed(plain) == {"TLSv1.2": GOOD, "TLSv1.3": GOOD}
    assert (plain["default settings"], plain["both versions"]) == ("TLSv1.3", None)
    assert confused["twice"]["TLSv1.2"] is not True
    assert confused["twice"]["TLSv1.3"] is True


@pytest.mark.timeout(300)
def test_a_library_of_another_configuration_is_refused_at_import(
    backend: MbedTLSBackend, variant: Build, tmp_path: Path
) -> None:
    headers = tmp_path / "other.h"
    headers.write_text(OTHER_HEADERS)
    environment = variant(f'-O0 -DMBEDTLS_USER_CONFIG_FILE="{headers}"')
    run = subprocess.run(
        [sys.executable, "-c", "from wssure_mbedtls.backend import MbedTLSBackend; MbedTLSBackend()"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert run.returncode == 1, run.stderr
    last = run.stderr.splitlines()[-1]
    assert last.startswith("ImportError: wssure-mbedtls was compiled for another configuration of Mbed TLS")
    for name in ("SSL_RENEGOTIATION", "KEY_EXCHANGE_PSK_ENABLED"):
        assert f"MBEDTLS_{name} (without it at compile time, with it in the library)" in last
    if backend.library.number < 0x04000000:
        # In 4.x TF-PSA-Crypto decides these.
        assert "MBEDTLS_CMAC_C (without it at compile time, with it in the library)" in last
        assert "MBEDTLS_DEPRECATED_REMOVED (with it at compile time, without it in the library)" in last
    assert "make mbedtls" in last
