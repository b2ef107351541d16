"""The world of `check --fetch`, in a network namespace: an address that counts as public, names that lead there and elsewhere,
a publisher on port 80 of either, and TLS servers that send too little. Run as `python -m tests.tools.probe.fetching`; prints JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import json
import socket
import ssl
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from tests.backends import EXPECTED
from tests.peers.listener import listening
from tests.peers.namespace import furnish
from tests.peers.pki import Holder, answer, holder
from tests.peers.resolver import Addresses, Reply, start_resolver
from tests.peers.scripts import over_tls, upgrades

import wssure
from wssure import TLSSettings
from wssure.tools.cli.main import guarded
from wssure.tools.probe.fetch import Fetcher

HOST = "b.example.net"
# Global to every list of special addresses; in this namespace it is on loopback and nowhere else.
PUBLIC = "93.184.215.14"
INSIDE = "127.0.0.1"
# netdevice(7), linux/sockios.h.
_SET_ADDRESS = 0x8916


class Turning(Reply):
    """A name that leads to the public address in its first lookup (A and AAAA), and to loopback from then on."""

    def __init__(self) -> None:
        object.__setattr__(self, "code", "no error")
        object.__setattr__(self, "asked", 0)

    def __getattribute__(self, name: str) -> Any:
        if name != "addresses":
            return object.__getattribute__(self, name)
        object.__setattr__(self, "asked", self.asked + 1)
        return (PUBLIC,) if self.asked <= 2 else (INSIDE,)


class Counted(Reply):
    """A name that leads to the public address, and counts how often it was asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name == "addresses":
            object.__setattr__(self, "asked", self.asked + 1)
        return object.__getattribute__(self, name)


def counted() -> Counted:
    reply = Counted(addresses=(PUBLIC,))
    object.__setattr__(reply, "asked", 0)
    return reply


PUBLISHERS = {"ca.example.net": counted(), "ocsp.example.net": counted()}
NAMES = {
    **PUBLISHERS,
    "inside.example.net": Addresses(INSIDE),
    "mixed.example.net": Addresses(PUBLIC, "10.0.0.1"),
    "mapped.example.net": Addresses("::ffff:127.0.0.1"),
    "translated.example.net": Addresses("64:ff9b::7f00:1"),
    "tunnelled.example.net": Addresses("2002:7f00:1::1"),
    "local.example.net": Addresses("fe80::1"),
    "unique.example.net": Addresses("fd00::1"),
    "shared.example.net": Addresses("100.64.0.1"),
}


def add_public_address() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        address = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(PUBLIC))
        fcntl.ioctl(handle, _SET_ADDRESS, struct.pack("16s16s8x", b"lo:1", address))


def document(body: bytes, *, status: str = "200 OK", head: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


class Publisher:
    """Answers on port 80 with what a table has for the path, and keeps every request."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages = pages
        self.requests: list[str] = []

    def talk(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        text = head.partition(b"\r\n\r\n")[0].decode("latin-1")
        self.requests.append(text)
        page = self.pages.get(text.split(" ")[1], document(b"", status="404 Not Found"))
        if page == b"silence":
            connection.settimeout(60)
            connection.recv(1)
            return
        if page == b"endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        connection.sendall(page)


class World:
    """The certificates of one run, and what is published about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = holder("Example Root", ca=True)
        self.middle = holder("Example Intermediate", self.root, ca=True)
        self.stranger = holder("Strange Root", ca=True)
        self.impostor = holder("Example Intermediate", ca=True)
        self.ca = folder / "root.pem"
        self.ca.write_bytes(self.root.pem)
        bundle = pkcs7.serialize_certificates([self.root.certificate, self.middle.certificate], Encoding.DER)
        self.pages = {
            "/i.der": document(self.middle.der),
            "/i.pem": document(self.middle.pem),
            "/i.p7c": document(bundle),
            "/impostor.der": document(self.impostor.der),
            "/stranger.der": document(self.stranger.der),
            "/garbage": document(b"<html>sign in</html>"),
            "/moved": document(b"", status="302 Found", head="Location: http://ca.example.net/i.der\r\n"),
            "/exact": document(b"x" * 65536),
            "/large": document(b"x" * 65537),
            "/endless": b"endless",
            "/silent": b"silence",
            "/short": document(b"x" * 10)[:-1],
            "/cookie": document(self.middle.der, head="Set-Cookie: a=b\r\n"),
            "/header": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            "/not-http": b"220 mail.example.net ESMTP\r\n",
        }
        self.public = Publisher(self.pages)
        self.trap = Publisher(self.pages)

    def leaf(self, aia: str = "", ask: str = "", issuer: Holder | None = None, host: str = HOST) -> Holder:
        return holder("leaf", issuer or self.middle, host=host, aia=aia, ask=ask)

    @contextlib.contextmanager
    def served(self, leaf: Holder, *above: Holder) -> Iterator[int]:
        file = self.folder / "chain.pem"
        file.write_bytes(leaf.pem + b"".join(one.pem for one in above) + leaf.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        with listening(over_tls(context, upgrades())) as port:
            yield port

    def check(
        self, backend: str, leaf: Holder, *above: Holder, flags: tuple[str, ...] = ("--fetch",)
    ) -> dict[str, Any]:
        """Check an endpoint; return the JSON object, what people read, and the requests that came to port 80."""
        self.public.requests.clear()
        lookups = sum(one.asked for one in PUBLISHERS.values())
        with self.served(leaf, *above) as port:
            words = ["check", f"wss://{HOST}:{port}/", "--address", INSIDE, "--cacert", str(self.ca)]
            words += ["--backend", backend, "--probe-budget", "8", *flags]
            printed, said = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
                guarded([*words, "--json"])
        return {
            **json.loads(printed.getvalue()),
            "requests": list(self.public.requests),
            "lookups": sum(one.asked for one in PUBLISHERS.values()) - lookups,
            "said": said.getvalue(),
        }


def chains(world: World, backend: str) -> dict[str, Any]:
    """Look at servers that fail, each with its own way of being published."""

    def at(path: str, **more: Any) -> Holder:
        return world.leaf(f"http://ca.example.net{path}", **more)

    ask = "http://ocsp.example.net/ocsp"
    found = {path: world.check(backend, at(path)) for path in ("/i.der", "/i.pem", "/i.p7c", "/cookie")}
    found["without the flag"] = world.check(backend, at("/i.der", ask=ask), flags=())
    for path in ("/impostor.der", "/garbage", "/moved", "/large", "/nothing-here"):
        found[path] = world.check(backend, at(path))
    found["stranger"] = world.check(backend, at("/stranger.der", issuer=world.stranger))
    found["inside"] = world.check(backend, world.leaf("http://inside.example.net/i.der"))
    for status in ocsp.OCSPCertStatus:
        leaf = at("/i.der", ask=ask)
        world.pages["/ocsp"] = document(answer(leaf, world.middle, status))
        found[f"missing, {status.name}"] = world.check(backend, leaf)
        found[f"healthy, {status.name}"] = world.check(backend, leaf, world.middle)
        found[f"healthy, {status.name}, no flag"] = world.check(backend, leaf, world.middle, flags=("--deep",))
    leaf = at("/i.der", ask=ask, host="other.example.net")
    world.pages["/ocsp"] = document(answer(leaf, world.middle, ocsp.OCSPCertStatus.REVOKED))
    found["another name, REVOKED"] = world.check(backend, leaf, world.middle)
    del world.pages["/ocsp"]
    found["no answer"] = world.check(backend, leaf, world.middle)
    return found


URLS = [
    "http://inside.example.net/i.der",
    "http://mixed.example.net/i.der",
    "http://mapped.example.net/i.der",
    "http://translated.example.net/i.der",
    "http://tunnelled.example.net/i.der",
    "http://local.example.net/i.der",
    "http://unique.example.net/i.der",
    "http://shared.example.net/i.der",
    "http://localhost/i.der",
    "http://127.0.0.1/i.der",
    "http://[::1]/i.der",
    "http://0.0.0.0/i.der",
    "http://nowhere.example.net/i.der",
    "http://ca.example.net/moved",
    "http://ca.example.net/exact",
    "http://ca.example.net/large",
    "http://ca.example.net/endless",
    "http://ca.example.net/silent",
    "http://ca.example.net/short",
    "http://ca.example.net/header",
    "http://ca.example.net/not-http",
    "http://ca.example.net/i.der",
]


async def one_fetch(url: str, *, left_s: float = 20) -> dict[str, Any]:
    fetcher = Fetcher(time.monotonic() + left_s)
    body = await fetcher.get("aia", url)
    return {**fetcher.facts[-1].to_json()["value"], "body_bytes": None if body is None else len(body)}


async def turned(world: World) -> dict[str, Any]:
    """Fetch twice from a name that turns inside after its first lookup."""
    world.public.requests.clear()
    first = await one_fetch("http://turning.example.net/i.der")
    return {
        "first": first,
        "came": len(world.public.requests),
        "then": await one_fetch("http://turning.example.net/i.pem"),
    }


async def many(world: World) -> dict[str, Any]:
    """Ask for more than the most."""
    world.public.requests.clear()
    fetcher = Fetcher(time.monotonic() + 20)
    for number in range(6):
        await fetcher.get("aia", f"http://ca.example.net/i.der?{number}")
    return {"facts": [fact.to_json()["value"] for fact in fetcher.facts], "came": len(world.public.requests)}


async def library(world: World, *, fetch: bool) -> dict[str, Any]:
    """Fail by the library, and let it diagnose."""
    world.public.requests.clear()
    with world.served(world.leaf("http://ca.example.net/i.der")) as port:
        try:
            await wssure.connect(f"wss://{HOST}:{port}/", address=INSIDE, tls=TLSSettings(ca=str(world.ca)))
        except wssure.ConnectFailed as error:
            before = len(world.public.requests)
            failure = await wssure.investigate(error, budget_s=8, **({"fetch": True} if fetch else {}))
    return {
        "cause": failure.cause,
        "confidence": failure.confidence,
        "before": before,
        "came": len(world.public.requests),
    }


def run(world: World) -> dict[str, Any]:
    """Run everything, one after the other."""
    wanted: dict[str, Callable[[], Any]] = {
        "chains": lambda: {backend: chains(world, backend) for backend in EXPECTED},
        "urls": lambda: {url: asyncio.run(one_fetch(url)) for url in URLS},
        "late": lambda: asyncio.run(one_fetch("http://ca.example.net/i.der", left_s=0)),
        "turned": lambda: asyncio.run(turned(world)),
        "many": lambda: asyncio.run(many(world)),
        "library": lambda: asyncio.run(library(world, fetch=False)),
        "library, fetch": lambda: asyncio.run(library(world, fetch=True)),
    }
    found = {name: call() for name, call in wanted.items()}
    return {**found, "trapped": world.trap.requests}


def main() -> None:
    furnish()
    add_public_address()
    with (
        tempfile.TemporaryDirectory() as folder,
        start_resolver({**NAMES, "turning.example.net": Turning()}),
    ):
        world = World(Path(folder))
        with listening(world.public.talk, PUBLIC, 80), listening(world.trap.talk, INSIDE, 80):
            print(json.dumps(run(world)))


if __name__ == "__main__":
    main()
