"""The first screen: the same connection by four clients, the name that each sends, and the answer of the server."""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from wssure import TLSSettings, WebSocket, connect, serve
from wssure.errors import WssError
from wssure.frozen import frozen
from wssure.tls import backends
from wssure.tools.cli.demo_incident import Screen
from wssure.tools.demo.front import Front, front
from wssure.tools.demo.recordings import recording
from wssure.tools.demo.replay import replay
from wssure.tools.demo.throwaway import ThrowawayCA
from wssure.wire.hello import find_client_hello

NAME: Final = "echo.example.net"
# The name in the recordings.
RECORDED: Final = "localhost"
# Names the folder of a libwebsockets on Mbed TLS; `make demo` sets it, empty if there is none yet.
LIVE: Final = "WSSURE_DEMO_LWS"


@frozen
class Client:
    """One row of the screen.

    Args:
        title: The client and its settings.
        sent: The server_name on the wire; None if there was none, "-" if the client did not run.
        answer: What the server did.
    """

    title: str
    sent: str | None
    answer: str

    def to_json(self) -> dict[str, object]:
        """Return the row as a JSON object."""
        return {"client": self.title, "server_name": self.sent, "answer": self.answer}


def command() -> str:
    """Return how `wssure` is called here: the name if the PATH has it, else the path of this environment."""
    script = Path(sys.executable).with_name("wssure")
    if shutil.which("wssure") or not script.exists():
        return "wssure"
    here = Path.cwd()
    return str(script.relative_to(here) if script.is_relative_to(here) else script)


async def show_clients(say: Screen) -> list[dict[str, object]]:
    """Connect with each client and print the table, the cause, the fix and the next commands.

    Returns:
        The rows, as JSON objects.
    """
    ca = ThrowawayCA.make()
    sites = [ca.site(NAME), ca.site("other.example.net"), ca.site(RECORDED)]
    async with serve(_nothing, "127.0.0.1", sites=sites, strict_sni="close") as server, front(server.port) as door:
        folder = os.environ.get(LIVE)
        rows = await (_live(door, ca, Path(folder)) if folder else _recorded(door))
        rows += [await _ours(door, ca, backend) for backend in ("mbedtls", "openssl")]
    say.line("A server with several sites closes the connection of a client that does not")
    say.line("say which site it wants (server name, SNI). Four clients, on this machine:")
    say.line()
    say.line(f"  {'client':<42}{'sends the name':<18}server")
    for row in rows:
        say.line(f"  {row.title:<42}{row.sent or 'NO NAME':<18}{row.answer}")
    say.line()
    say.line("Cause: the flag LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK. It turns a check off,")
    say.line("and on Mbed TLS the name as well. Fix: remove the flag, and configure a CA.")
    _next(say)
    return [row.to_json() for row in rows]


def _next(say: Screen) -> None:
    name = command()
    last = (f"{name} demo incident", "the bytes")
    if os.environ.get(LIVE) == "":
        last = ("make prove FILE=client.c", "your client, live")
    say.line()
    for words, meaning in (
        (f"{name} lint --tls mbedtls --fix client.c", "correct a client"),
        (f"{name} hello --listen 8443", "what a board sends"),
        last,
    ):
        say.line(f"  {words:<{len(name) + 35}} {meaning}")


async def _nothing(ws: WebSocket) -> None:
    await ws.wait_closed()


async def _live(door: Front, ca: ThrowawayCA, folder: Path) -> list[Client]:
    """Run libwebsockets on Mbed TLS with and without the flag."""
    with tempfile.TemporaryDirectory() as temporary:
        trust = Path(temporary) / "ca.pem"
        trust.write_bytes(ca.pem)
        arguments = ("127.0.0.1", str(door.port), NAME, str(trust))
        plain = await _run(door, str(folder / "bin" / "client"), *arguments)
        relaxed = await _run(door, str(folder / "bin" / "client"), *arguments, "skip")
    return [
        Client(_library(folder), *plain),
        Client("  the same, check of the name turned off", *relaxed),
    ]


async def _run(door: Front, *arguments: str) -> tuple[str | None, str]:
    process = await asyncio.create_subprocess_exec(*arguments)
    code = await process.wait()
    return _last(door), "answers" if code == 0 else "closes"


def _library(folder: Path) -> str:
    match = re.search(r'LWS_LIBRARY_VERSION\s+"([\d.]+)', (folder / "include" / "lws_config.h").read_text())
    below = sorted((folder / "mbedtls" / "lib").glob("libmbedtls.so.*.*"))
    version = below[0].name.removeprefix("libmbedtls.so.") if below else ""
    return f"libwebsockets {match[1] if match else ''} on Mbed TLS {version}".rstrip()


async def _recorded(door: Front) -> list[Client]:
    """Replay the recorded ClientHellos of libwebsockets 4.3.3 on Mbed TLS 3.4.0."""
    rows = []
    for case, title in (
        ("with-sni", "libwebsockets on Mbed TLS (recorded)"),
        ("without-sni", "  the same, check of the name turned off"),
    ):
        hello = recording(case)
        reply = await replay(hello, "127.0.0.1", door.port, quiet_s=0.3)
        rows.append(Client(title, find_client_hello(hello).server_name, "answers" if reply.data else "closes"))
    return rows


async def _ours(door: Front, ca: ThrowawayCA, backend: str) -> Client:
    """Connect with one of our backends, the check of the name turned off."""
    label = {"mbedtls": "Mbed TLS", "openssl": "OpenSSL"}[backend]
    title = f"wssure on {label}, the check turned off"
    if backend not in backends.available():
        return Client(title, "-", "(make mbedtls)" if backend == "mbedtls" else "(needs gcc)")
    try:
        tls = TLSSettings(ca=ca.pem, verify="chain")
        async with connect(f"wss://{NAME}:{door.port}/", address="127.0.0.1", tls=tls, backend=backend):
            return Client(title, _last(door), "answers")
    except WssError as error:
        return Client(title, _last(door), f"failed: {error}")


def _last(door: Front) -> str | None:
    return door.seen[-1] if door.seen else None
