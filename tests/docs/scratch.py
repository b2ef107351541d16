"""The folder, the server and the words with which the commands and programs of the pages run.

The rules, and there are no others:

* `WORDS` says what a word that a reader fills in stands for, such as URL or FILE. All other words are run as they stand.
* `check` and `connect` reach every address at the echo server on loopback: its address, port and CA are added as flags.
* A listener takes a free port; `hello --listen` ends after one client, and `serve` by SIGTERM.
* `getent` is asked for localhost, and HOST:PORT is the echo server.
* `jq` and `journalctl` are stand-ins of a few lines.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from tests.docs.commands import ROOT

from wssure import Site, TLSSettings, WebSocket, connect, serve

HERE = "127.0.0.1"
NAMES = ("b.example.net", "a.example.net", "echo.websocket.org", "host.example", "echo.example.net", "192.0.2.7")
VECTORS = ROOT / "tests" / "vectors" / "libwebsockets"
GOOD, BAD = "lws433-mbed340full-ok-addr-eq-host.hex", "lws433-mbed340full-skiphost.hex"
CODE = """#include <libwebsockets.h>
int main(void)
{
	struct lws_context_creation_info info = {0};
	struct lws_client_connect_info ccinfo = {0};
	struct lws_context *context;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_filepath = "ca.pem";
	context = lws_create_context(&info);
	ccinfo.address = "b.example.net";
	ccinfo.host = ccinfo.address;
	ccinfo.ssl_connection = LCCSCF_USE_SSL |
		LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	ccinfo.context = context;
	return !lws_client_connect_via_info(&ccinfo);
}
"""
# Runs a program in which the names of the pages are those of this machine.
RUNNER = """import runpy, socket, sys
real = socket.getaddrinfo
def resolve(host, *rest, **more):
    return real("127.0.0.1" if host in {names!r} else host, *rest, **more)
socket.getaddrinfo = resolve
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
JQ = """import json, re, sys
found = [json.load(sys.stdin)]
for name, every in re.findall(r"\\.(\\w+)(\\[\\])?", sys.argv[1]):
    found = [part for value in found for part in (value[name] if every else [(value or {}).get(name)])]
print(*map(json.dumps, found), sep="\\n")
"""
WORDS = {
    "URL": "wss://b.example.net/",
    "YOUR.SERVER": "b.example.net",
    "OTHER-NAME": "a.example.net",
    "OTHER": "a.example.net",
    "SAME_ADDRESS": HERE,
    "IPV4": HERE,
    "IP": HERE,
    "ADDRESS": HERE,
    "NAME": "b.example.net",
    "PATH...": "client.c",
    "PATH": "chat",
    "FILE": "good.bin",
    "A B": "good.bin bad.bin",
    "ID": "tls.sni-missing",
    "TEXT": "0x7780",
    "VALUE": "tls.alpn",
    "PORT": "443",
    "X": "4.3.3",
    "Y": "3.6.6",
}
_WORD = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, WORDS))})(?![\w-])")
_CONNECTING = re.compile(r"wssure (?:check|connect) [^|<>&]*")


class Scratch:
    """A folder with the files that the pages name, and the port of the echo server.

    Args:
        folder: Its files.
        port: The port of the echo server.
        plain: The port of the same without TLS.
        proxy: The port of an HTTP proxy.
    """

    def __init__(self, folder: Path, port: int, plain: int, proxy: int) -> None:
        self.folder, self.port, self.plain, self.proxy = folder, port, plain, proxy
        self.hello = "".join((VECTORS / GOOD).read_text().split())

    def filled(self, command: str) -> str:
        """Return the command with the words that the rules replace."""
        text = command.replace("HOST:PORT", f"{HERE}:{self.port}").replace(
            "getent ahosts NAME", "getent ahosts localhost"
        )
        text = _WORD.sub(lambda word: WORDS[word[0]], text)
        text = re.sub(r"\b16030100f5010000f10303\.\.\.", self.hello, text)
        text = re.sub(r"s_client (-\w+) \.\.\.", rf"s_client \1 -connect {HERE}:{self.port}", text)
        text = text.replace("proxy.example:3128", f"{HERE}:{self.proxy}")
        return _CONNECTING.sub(lambda found: self._reaching(found[0].rstrip()) + " ", text).strip()

    def _reaching(self, command: str) -> str:
        port = self.plain if " ws://" in command and ":443" not in command else self.port
        trust = "" if "--cacert" in command or " ws://" in command else " --cacert ca.pem"
        return f"{command} --address {HERE} --address-port {port}{trust}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a shell command: this interpreter's programs, and curl's settings in the folder."""
        path = os.pathsep.join((str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
        return {**os.environ, "PATH": path, "HOME": str(self.folder), "CURL_HOME": str(self.folder)}


def furnish(folder: Path, ca: trustme.CA, port: int, plain: int, proxy: int) -> Scratch:
    """Write the files that the pages name."""
    issued = ca.issue_cert(*NAMES)
    chain, key = b"".join(one.bytes() for one in issued.cert_chain_pems), issued.private_key_pem.bytes()
    files: dict[str, bytes] = {"ca.pem": ca.cert_pem.bytes(), "chain.pem": chain, "cert.pem": chain, "key.pem": key}
    for letter, names in {"a": ("a.example.net",), "b": ("b.example.net", "*.b.example.net")}.items():
        site = ca.issue_cert(*names)
        files[f"{letter}.pem"] = b"".join(one.bytes() for one in site.cert_chain_pems)
        files[f"{letter}.key"] = site.private_key_pem.bytes()
    files["client.pem"] = files["server.pem"] = chain
    files["client.key"] = key
    good, bad = (bytes.fromhex((VECTORS / name).read_text()) for name in (GOOD, BAD))
    files |= {
        "good.bin": good,
        "capture.bin": good,
        "bad.bin": bad,
        "board.bin": bad,
        "dump.txt": good.hex(" ").encode(),
    }
    log = (VECTORS.parent / "reports.tsv").read_text(encoding="utf-8").splitlines()[0]
    files["client.log"] = b"mbedtls connect -1 5 0\n" + log.encode()
    for name in ("client.c", "path/to/client.c", "src/client.c"):
        files[name] = CODE.encode()
    files["bin/jq.py"] = JQ.encode()
    files["bin/jq"] = f'#!/bin/sh\nexec "{sys.executable}" "$(dirname "$0")/jq.py" "$@"\n'.encode()
    files["bin/journalctl"] = b"#!/bin/sh\necho 'mbedtls connect -1 5 0'\n"
    files[".curlrc"] = f'connect-to = "::{HERE}:{port}"\ncacert = "ca.pem"\nmax-time = 60\n'.encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for name in ("jq", "journalctl"):
        (folder / "bin" / name).chmod(0o755)
    shutil.copytree(VECTORS, folder / "tests" / "vectors" / "libwebsockets")
    return Scratch(folder, port, plain, proxy)


async def _echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


@contextlib.contextmanager
def echoing(sites: list[Site] | None) -> Iterator[int]:
    """Serve an echo for these sites, or without TLS, in a thread; gives the port."""
    ready, stop = threading.Event(), threading.Event()
    ports: list[int] = []

    async def main() -> None:
        async with serve(_echo, HERE, sites=sites, subprotocols=["chat"]) as server:
            ports.append(server.port)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join()


def site(ca: trustme.CA) -> Site:
    """Return the site that answers for each name of the pages."""
    issued = ca.issue_cert(*NAMES)
    return Site(NAMES, b"".join(one.bytes() for one in issued.cert_chain_pems), issued.private_key_pem.bytes())


def speaks_to(port: int, ca: Path, name: str, *, plain: bool = False) -> str:
    """Connect to a listener that a command has opened, and return the echo."""

    async def run() -> str:
        url = f"ws://{HERE}:{port}/" if plain else f"wss://{name}:{port}/"
        arguments = {} if plain else {"address": HERE, "tls": TLSSettings(ca=str(ca))}
        async with connect(url, **arguments) as ws:  # type: ignore[arg-type]
            await ws.send("hello")
            return str(await ws.recv())

    return asyncio.run(run())


def pin_of(pem: bytes) -> str:
    """Return the pin of the key of the first certificate of a PEM text."""
    key = load_pem_x509_certificate(pem).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"sha256/{base64.b64encode(digest).decode()}"


def started(program: str | Path, scratch: Scratch, *words: str) -> subprocess.Popen[str]:
    """Start a program, its text or its file, in the folder; the names of the pages are those of this machine."""
    if isinstance(program, str):
        (scratch.folder / "program.py").write_text(program, "utf-8")
        program = Path("program.py")
    (scratch.folder / "runner.py").write_text(RUNNER.format(names=NAMES), "utf-8")
    return subprocess.Popen(
        [sys.executable, "-W", "error", "runner.py", str(program), *words],
        cwd=scratch.folder,
        env={**scratch.environment, "SSL_CERT_FILE": "ca.pem"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextlib.contextmanager
def listening(program: str | Path, scratch: Scratch, *words: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run a server until the block ends; gives its process and the ports that its first line says."""
    with started(program, scratch, *words) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()
            yield process, [int(port) for port in re.findall(r"\d+", line)]
        finally:
            process.kill()
