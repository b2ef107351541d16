"""A real libwebsockets client, built per mistake, and a socket that records what it sends.

WSSURE_LWS_PREFIX names another installed libwebsockets, such as one built on Mbed TLS; without it the system's is used.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TEMPLATE = (Path(__file__).parent / "client.c.in").read_text()
GOOD = {
    "OPTIONS": "LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT",
    "ADDRESS": "argv[1]",
    "HOST": 'i.host = "echo.example.net";',
    "FLAGS": "LCCSCF_USE_SSL",
}
COMPILER = shutil.which("cc") or shutil.which("gcc")


def _flags() -> list[str] | None:
    """Return the compiler's flags for libwebsockets, None where it is not installed."""
    if COMPILER is None or shutil.which("pkg-config") is None:
        return None
    prefix = os.environ.get("WSSURE_LWS_PREFIX")
    # A build by CMake installs into a folder of the architecture, such as lib/x86_64-linux-gnu.
    folders = sorted({path.parent for path in Path(prefix).glob("lib*/**/libwebsockets.pc")}) if prefix else []
    environment = os.environ | ({"PKG_CONFIG_PATH": ":".join(map(str, folders))} if prefix else {})
    command = ["pkg-config", "--cflags", "--libs", "libwebsockets"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if asked.returncode != 0:
        return None
    headers = [f"-I{prefix}/mbedtls/include"] if prefix else []
    return headers + asked.stdout.split() + [f"-Wl,-rpath,{folder.parent}" for folder in folders]


FLAGS = _flags()


@dataclass(frozen=True)
class Ran:
    """One run of a client.

    Attributes:
        sent: The first bytes it sent; empty where it connected and sent none, None where it never connected.
        code: Its exit code; negative for a signal.
        log: What it wrote to stderr.
    """

    sent: bytes | None
    code: int
    log: str


def source_of(**changes: str) -> str:
    text = TEMPLATE
    for name, value in {**GOOD, **changes}.items():
        text = text.replace(f"@{name}@", value)
    return text


@pytest.fixture(scope="session")
def lws_flags() -> list[str]:
    if FLAGS is None:
        pytest.skip("libwebsockets and a C compiler are not installed (Debian: libwebsockets-dev gcc pkg-config)")
    return FLAGS


@pytest.fixture(scope="session")
def lws_tls(lws_flags: list[str]) -> str:
    """The TLS library below: `mbedtls` or `openssl`."""
    command = [COMPILER, "-dM", "-E", "-include", "libwebsockets.h", "-x", "c", "/dev/null", *lws_flags]
    macros = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "mbedtls" if "#define LWS_WITH_MBEDTLS" in macros else "openssl"


@pytest.fixture
def build(lws_flags: list[str], tmp_path: Path) -> Callable[[str], Path]:
    def built(text: str) -> Path:
        file, program = tmp_path / "client.c", tmp_path / "client"
        file.write_text(text)
        subprocess.run([COMPILER, "-O0", "-o", program, file, *lws_flags], check=True, capture_output=True)
        return program

    return built


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def run(build: Callable[[str], Path], listener: socket.socket) -> Callable[[str], Ran]:
    def ran(text: str) -> Ran:
        port = listener.getsockname()[1]
        command = [build(text), "127.0.0.1", str(port)]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace"
        ) as process:
            try:
                sent = _first_bytes(listener, process)
                _, log = process.communicate()
            finally:
                process.kill()
        return Ran(sent, process.returncode, log)

    return ran


def _first_bytes(listener: socket.socket, process: subprocess.Popen[str]) -> bytes | None:
    listener.settimeout(0.1)
    while True:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            if process.poll() is not None:
                return None
            continue
        with peer:
            peer.settimeout(60)
            return _flight(peer)


def _flight(peer: socket.socket) -> bytes:
    """Return what came up to the end of the first TLS record, or of the first line of anything else."""
    data = b""
    while True:
        try:
            more = peer.recv(4096)
        except OSError:
            return data
        data += more
        if (
            not more
            or (data[0] == 22 and len(data) >= 5 + int.from_bytes(data[3:5]))
            or (data[0] != 22 and b"\n" in data)
        ):
            return data
