"""tools/mbedtls-prefix.sh: each source tree has its own prefix, so that no build links against another's library."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [
    "sh",
    "dirname",
    "basename",
    "cat",
    "cut",
    "find",
    "head",
    "mkdir",
    "mv",
    "rm",
    "sed",
    "sha256sum",
    "sort",
    "tee",
    "touch",
]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with the commands that every Debian has, and no cmake."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def cmake(tools: Path) -> None:
    (tools / "cmake").write_text(
        '#!/bin/sh\nfor word; do case $word in -DCMAKE_INSTALL_PREFIX=*) mkdir -p "${word#*=}" ;; esac; done\n'
    )
    (tools / "cmake").chmod(0o755)


def tree(folder: Path, version: str, option: str) -> Path:
    """Make the part of a source tree that tells version and configuration."""
    headers = folder / "include" / "mbedtls"
    headers.mkdir(parents=True)
    (folder / "CMakeLists.txt").write_text("project(mbedtls)\n")
    (headers / "build_info.h").write_text(f'#define MBEDTLS_VERSION_STRING         "{version}"\n')
    (headers / "mbedtls_config.h").write_text(f"{option}\n")
    return folder


def prefix(source: Path, tools: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "tools" / "mbedtls-prefix.sh"), "source", str(source)],
        env={"PATH": str(tools), "WSSURE_CACHE": str(cache), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.usefixtures("cmake")
def test_each_version_and_configuration_has_a_prefix_of_its_own(tools: Path, tmp_path: Path) -> None:
    trees = [
        tree(tmp_path / "a", "3.4.0", "//#define MBEDTLS_SSL_PROTO_TLS1_3"),
        tree(tmp_path / "b", "3.4.0", "#define MBEDTLS_SSL_PROTO_TLS1_3"),
        tree(tmp_path / "c", "3.6.0", "#define MBEDTLS_SSL_PROTO_TLS1_3"),
    ]
    cache = tmp_path / "cache"
    found = [prefix(source, tools, cache).stdout.strip() for source in trees]
    assert [Path(text).name.split("-")[1] for text in found] == ["3.4.0", "3.4.0", "3.6.0"]
    assert len(set(found)) == 3
    # The same tree in another place is the same library, and an earlier one stays as it was.
    moved = trees[0].rename(tmp_path / "moved")
    assert prefix(moved, tools, cache).stdout.strip() == found[0]
    assert all(Path(text, ".complete").exists() for text in found)


def test_a_missing_cmake_is_named_with_its_package(tools: Path, tmp_path: Path) -> None:
    run = prefix(tree(tmp_path / "a", "3.4.0", ""), tools, tmp_path / "cache")
    assert run.returncode == 3
    assert "apt-get install cmake" in run.stderr


def test_a_folder_that_is_no_source_tree_is_refused(tools: Path, tmp_path: Path) -> None:
    run = prefix(tmp_path, tools, tmp_path / "cache")
    assert run.returncode == 2
    assert "holds no CMakeLists.txt" in run.stderr


def test_a_version_that_cannot_be_built_is_not_tested():
    done = subprocess.run(
        ["sh", str(ROOT / "tools" / "mbedtls-test.sh"), "--version"],
        env={**os.environ, "WSSURE_MBEDTLS_VERSIONS": "none-such", "PYTHON": "echo"},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 2
    assert done.stdout == "mbedtls-test: none-such\n"
