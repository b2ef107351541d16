"""A program that connects to right and wrong servers in memory and prints the outcomes as one JSON object.

It runs by itself, on whichever build of the shim stands on PYTHONPATH: two builds cannot be loaded by one process.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mbedtls.tests.pump import shake
from mbedtls.tests.test_verification import pins_of
from tests.tls.chains import Issued, issue
from tests.tls.pair import make_pair

from wssure.errors import UsageError
from wssure.name import DnsName, IpName, ServerName
from wssure.tls.settings import Site, TLSSettings
from wssure_mbedtls.backend import MbedTLSBackend

NAME, ADDRESS = DnsName("a.example"), IpName("192.0.2.7")
ROOT = issue(name="root", is_ca=True)
RIGHT = issue(ROOT, "a.example", "192.0.2.7")
OTHER = issue(ROOT, "b.example", "192.0.2.8")
BARE = issue(ROOT, name="a.example")
CLIENT = issue(ROOT, "client.example", eku=("client",))
STRANGER = issue(None, "client.example")
PINS = (pins_of(RIGHT)["key"],)

# What the server shows, whom the client wants, and what else it was told.
CLIENTS: dict[str, tuple[Issued, ServerName, dict[str, Any]]] = {
    "right name": (RIGHT, NAME, {}),
    "right address": (RIGHT, ADDRESS, {}),
    "another name": (OTHER, NAME, {}),
    "another address": (OTHER, ADDRESS, {}),
    "only a common name": (BARE, NAME, {}),
    "another name, chain only": (OTHER, NAME, {"verify": "chain"}),
    "another name, unverified": (OTHER, NAME, {"verify": "none"}),
    "right pin": (RIGHT, NAME, {"pins": PINS}),
    "wrong pin": (OTHER, NAME, {"pins": PINS}),
}
# What a client shows to a server that asks for a certificate.
SERVERS = {"known client": CLIENT, "unknown client": STRANGER, "no client certificate": None}
GOOD = {
    "right name",
    "right address",
    "another name, chain only",
    "another name, unverified",
    "right pin",
    "known client",
}


def site(issued: Issued, client_ca: bytes | None = None) -> Site:
    return Site(("a.example",), cert=issued.pem, key=issued.key_pem, client_ca=client_ca)


def outcomes(backend: MbedTLSBackend, version: str) -> dict[str, str | None]:
    """Return for each case None if both ends finished, else why they did not."""
    settings = TLSSettings(ca=ROOT.pem, min_version=version, max_version=version)  # type: ignore[arg-type]
    found: dict[str, str | None] = {}
    for case, (shown, name, change) in CLIENTS.items():
        told = TLSSettings(ca=ROOT.pem, min_version=version, max_version=version, **change)  # type: ignore[arg-type]
        pair = make_pair(backend, backend, settings=told, sites=[site(shown)], name=name, server_settings=settings)
        pair.shake()
        found[case] = pair.client.failure.text if pair.client.failure else None
    for case, client in SERVERS.items():
        own = {} if client is None else {"cert": client.pem, "key": client.key_pem}
        told = TLSSettings(ca=ROOT.pem, min_version=version, max_version=version, **own)  # type: ignore[arg-type]
        guarded = site(RIGHT, client_ca=ROOT.pem)
        pair = make_pair(backend, backend, settings=told, sites=[guarded], name=NAME, server_settings=settings)
        pair.shake()
        found[case] = pair.server.failure.text if pair.server.failure else None
    return found


def engines_alone(backend: MbedTLSBackend, version: str) -> bool:
    """Tell whether two bare engines, without the link, finish a handshake for the wrong address."""
    settings = TLSSettings(ca=ROOT.pem, min_version=version, max_version=version)  # type: ignore[arg-type]
    client, server = backend.client(settings, ADDRESS), backend.server(site(OTHER), settings)
    return shake(client, server) == [None, None]


def twice(backend: MbedTLSBackend, version: str) -> bool | str:
    """Connect twice to one site; return whether the second connection was resumed, or why the server refused it."""
    settings = TLSSettings(ca=ROOT.pem, min_version=version, max_version=version)  # type: ignore[arg-type]
    ends: dict[str, Any] = {"settings": settings, "sites": [site(RIGHT)], "name": NAME}
    first = make_pair(backend, backend, **ends).shake()
    if not first.ok:
        return "the first connection failed"
    first.exchange()
    pair = make_pair(backend, backend, session=first.client.tls_connection.session(), **ends).shake()
    return pair.server.failure.text if pair.server.failure else pair.server.tls_connection.info().resumed


def both_versions(backend: MbedTLSBackend) -> str | None:
    """Make a server that may speak either version, as if the library could; return what is said where it cannot."""
    newer = MbedTLSBackend(replace(backend.library, number=0x03060600))
    try:
        newer.server(site(RIGHT), TLSSettings())
    except UsageError as error:
        return str(error)
    return None


def main() -> None:
    backend = MbedTLSBackend()
    versions = ["TLSv1.2", "TLSv1.3"] if backend.capabilities.tls13 else ["TLSv1.2"]
    both = make_pair(backend, backend, settings=TLSSettings(ca=ROOT.pem), sites=[site(RIGHT)], name=NAME).shake()
    print(
        json.dumps(
            {
                "outcomes": {version: outcomes(backend, version) for version in versions},
                "engines alone": {version: engines_alone(backend, version) for version in versions},
                "twice": {version: twice(backend, version) for version in versions},
                "both versions": both_versions(backend),
                "default settings": both.client.tls_connection.info().version if both.ok else None,
            }
        )
    )


if __name__ == "__main__":
    main()
