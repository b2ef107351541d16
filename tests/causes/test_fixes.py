"""For every cause whose fix is ours to apply: what is printed is done word by word, and then the connection works."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from tests.causes.live import explained, works
from tests.causes.remedy import applied, flagged
from tests.causes.test_live_foreign import quiet, sends
from tests.causes.test_live_guard import Nameless, Unproven
from tests.faulty_endpoints import certificate, handshake
from tests.faulty_endpoints.endpoint import HERE, Endpoint, Material, Start, clear, secured, showing
from tests.peers import scripts
from tests.peers.byname import by_hello
from tests.peers.certificates import NAME
from tests.peers.foreign import hello_for
from tests.peers.listener import Talk, listening, refusing
from tests.peers.proxy import tunnelling
from tests.peers.scripts import by_line, status, upgrades

from wssure import Site, TLSSettings, UsageError, connect, serve
from wssure.diagnose import page
from wssure.tls.backends import backend as backend_of
from wssure.tools.cli.main import guarded

FAULTY = {endpoint.id: endpoint for endpoint in (*handshake.ENDPOINTS, *certificate.ENDPOINTS)}
OPEN = upgrades()
Known = Callable[[Material], dict[str, str]]


@dataclass(frozen=True)
class Fixable:
    """A failure and what its reader knows.

    Args:
        cause: Said of it.
        start: The server, which works once the fix is done.
        arguments: Of the first attempt: keywords of `connect`; those of `TLSSettings` under `tls`.
        known: The words of the fix that the reader fills in.
        of_page: The fix stands on the cause's page instead of in the message.
        url: Of the first attempt.
        fix: The id of the fix that is done; "" for the cause's own.
        checked: What the experiments of `check` settle on; "" for the same cause.
        no_flags: Why the same cannot be done on the command line; "" if it can.
        needs_tls13: The client has to have TLS 1.3, for the fault or for its fix.
    """

    cause: str
    start: Start
    arguments: dict[str, Any] = field(default_factory=dict)
    known: Known = lambda material: {}
    of_page: bool = False
    url: str = f"wss://{NAME}:{{port}}/ws"
    fix: str = ""
    checked: str = ""
    no_flags: str = ""
    needs_tls13: bool = False

    @property
    def secure(self) -> bool:
        """True where the first attempt is over TLS."""
        return self.url.startswith("wss:")


def faulty(name: str, known: Known = lambda material: {}, **more: Any) -> Fixable:
    endpoint: Endpoint = FAULTY[name]
    url = f"{endpoint.scheme}://{endpoint.host}:{{port}}{endpoint.path}"
    return Fixable(endpoint.cause, endpoint.start, known=known, url=url, **more)


def first_byte(wanted: bytes, good: Talk, otherwise: Talk) -> Talk:
    """Talk to those who begin with this byte, and otherwise to the rest."""

    def talk(connection: socket.socket) -> None:
        first = connection.recv(1, socket.MSG_PEEK)
        (good if first == wanted else otherwise)(connection)

    return talk


def tls_or_alert(material: Material):
    alert = scripts.answers(bytes((21, 3, 3, 0, 2, 2, 10)))
    return listening(first_byte(b"\x16", scripts.over_tls(material.context(), OPEN), alert))


def wants_http1(material: Material):
    good = scripts.over_tls(material.context(), OPEN)
    return listening(by_hello(lambda hello: good if "http/1.1" in hello.alpn else scripts.sends_alert(120)))


def prefers_h2(material: Material):
    good, framed = material.context(), material.context()
    framed.set_alpn_protocols(["h2"])
    settings = scripts.over_tls(framed, scripts.answers(bytes.fromhex("000000040000000000")))
    return listening(by_hello(lambda hello: settings if "h2" in hello.alpn else scripts.over_tls(good, OPEN)))


def pinned(material: Material) -> dict[str, str]:
    """Return the pin that the server's owner would tell."""
    shown = x509.load_pem_x509_certificate(SELF_SIGNED[id(material)])
    key = shown.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"sha256/...": "sha256/" + base64.b64encode(hashlib.sha256(key).digest()).decode(), **ca(material)}


SELF_SIGNED: dict[int, bytes] = {}


def signed_by_itself(material: Material):
    pem = SELF_SIGNED.setdefault(id(material), material.issuer.issue(NAME, own=True))
    return listening(scripts.over_tls(material.context(pem), OPEN))


def compresses_wrongly(material: Material):
    wrong = upgrades(extra=(b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",))
    return secured(by_line(b"sec-websocket-extensions", wrong, OPEN))(material)


def client_files(material: Material) -> dict[str, str]:
    return {"client.pem": str(material.client_file), "client.key": str(material.client_file)}


def named(material: Material) -> dict[str, str]:
    return {"NAME": NAME}


def ca(material: Material) -> dict[str, str]:
    return {"FILE": repr(str(material.ca_file))}


BROKEN = "a library that is broken in this process has no name on the command line"
CASES = [
    *(faulty(f"no-name-{answer}", named, fix="tls.sni-name-it") for answer in ("close", "reset", "alert-40", "alert-80", "alert-109", "alert-112")),
    Fixable("tls.sni-missing", secured(OPEN), known=named, url=f"wss://{HERE}:{{port}}/ws", fix="tls.sni-name-it", checked="cert.hostname"),
    faulty("only-tls13", fix="tls.version-widen", needs_tls13=True, arguments={"tls": {"max_version": "TLSv1.2"}}),
    faulty("only-tls12", fix="tls.version-widen", needs_tls13=True, arguments={"tls": {"min_version": "TLSv1.3"}}),
    faulty("wants-a-client-certificate-12", client_files),
    faulty("wants-a-client-certificate-13", client_files),
    faulty("wants-another-client-certificate", client_files, arguments={"tls": {"cert": "a stranger's"}}),
    faulty("other-name", fix="cert.other-name"),
    faulty("expired", of_page=True),
    Fixable("cert.self-signed", signed_by_itself, known=pinned),
    Fixable("cert.chain-incomplete", secured(OPEN), {"tls": {"ca": "a stranger's"}}, ca, fix="cert.chain-or-root"),
    Fixable("cert.untrusted-root", showing(lambda all_: all_.issued() + all_.ca.cert_pem.bytes(), OPEN), {"tls": {"ca": "a stranger's"}}, ca),
    Fixable("tls.alpn", wants_http1, {"tls": {"alpn": ("chat/1",)}}, fix="tls.alpn-offer"),
    Fixable("http.is-h2", prefers_h2, {"tls": {"alpn": ("h2", "http/1.1")}}),
    Fixable("tls.not-tls-http", clear(first_byte(b"G", OPEN, scripts.says_after_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n")))),
    Fixable("ws.to-tls-port", tls_or_alert, url=f"ws://{NAME}:{{port}}/ws"),
    Fixable("http.redirect", secured(by_line(b"get /new ", OPEN, status(301, "Moved", "Location: /new")))),
    Fixable("http.origin", secured(by_line(b"origin: https://b.example.net:", OPEN, status(403, "Forbidden", body=b"bad origin")))),
    Fixable("http.auth-required", secured(by_line(b"bearer s3cret", OPEN, status(401, "Unauthorized", "WWW-Authenticate: Bearer"))), known=lambda material: {"Bearer ...": "Bearer s3cret"}),
    Fixable("ws.subprotocol", secured(upgrades(extra=(b"Sec-WebSocket-Protocol: chat.v2",))), fix="ws.other-subprotocol"),
    Fixable("ws.extension", compresses_wrongly, fix="ws.no-extension", no_flags="check has no flag for compression, and says so in words"),
    Fixable("stack.sni-guard", secured(OPEN), {"backend": Nameless()}, no_flags=BROKEN),
    Fixable("stack.unproven-peer", secured(OPEN), {"backend": Unproven()}, no_flags=BROKEN),
]  # fmt: skip


def arguments_of(case: Fixable, material: Material, backend: str) -> dict[str, Any]:
    """Return the keywords of the first attempt."""
    address = {} if HERE in case.url else {"address": HERE}
    if not case.secure:
        return address
    files = {"a stranger's": material.stranger_file}
    settings = {"ca": material.ca_file, **case.arguments.get("tls", {})}
    settings = {key: files.get(value, value) if isinstance(value, str) else value for key, value in settings.items()}
    return {**address, "backend": backend, **case.arguments, "tls": TLSSettings(**settings)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.cause}-{CASES.index(case)}")
def test_what_is_printed_is_done_and_it_works(case, backend, material):
    if case.needs_tls13 and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3")
    with case.start(material) as port:
        url = case.url.format(port=port)
        first = arguments_of(case, material, backend)
        failure = explained(url, **first)
        assert failure.cause == case.cause
        assert case.of_page or (case.fix or case.cause) in [one.id for one in failure.fixes]
        fix = page(case.cause).sections["Fix"] if case.of_page else failure.fix
        url, arguments = applied(fix, url, first, case.known(material))
        if url.startswith("ws:"):
            # Left in, each is a UsageError that says to leave it out.
            arguments = {key: value for key, value in arguments.items() if key not in ("tls", "backend")}
        elif not case.secure:
            arguments |= {"backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        assert works(url, **arguments)


def flags_of(case: Fixable, arguments: dict[str, Any], backend: str) -> list[str]:
    """Return the flags of `wssure check` for the first attempt."""
    words = ["--address", HERE] if "address" in arguments else []
    if not case.secure:
        return words
    tls: TLSSettings = arguments["tls"]
    words += ["--backend", backend, "--cacert", str(tls.ca)]
    first = case.arguments.get("tls", {})
    words += ["--cert", str(tls.cert)] if tls.cert else []
    words += ["--alpn", ",".join(tls.alpn)] if "alpn" in first else []
    words += ["--tls-min", tls.min_version.removeprefix("TLSv")] if "min_version" in first else []
    words += ["--tls-max", tls.max_version.removeprefix("TLSv")] if "max_version" in first else []
    return words


def checked(capsys: pytest.CaptureFixture[str], words: list[str]) -> dict[str, Any]:
    """Return what `wssure check` says, as JSON."""
    capsys.readouterr()
    code = guarded(["check", *words, "--json"])
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (code == 0) is value["ok"]
    return value


def mended(capsys: pytest.CaptureFixture[str], url: str, words: list[str], known: dict[str, str]) -> dict[str, Any]:
    """Check, do what is printed, and return the failure of before; the check behind it has to succeed."""
    failure: dict[str, Any] = checked(capsys, [url, *words])["failure"]
    later = flagged(failure["fix"], url, words, {word: value.strip("'") for word, value in known.items()})
    if url.startswith("ws:"):
        later += ["--cacert", known["FILE"]]
    after = checked(capsys, later)
    assert after["ok"], (failure["fix"], later, after["failure"]["summary"])
    return failure


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.no_flags and not case.of_page],
    ids=lambda case: f"{case.cause}-{CASES.index(case)}",
)
def test_what_check_prints_is_done_and_it_works(case, backend, material, capsys):
    if case.needs_tls13 and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3")
    with case.start(material) as port:
        words = flags_of(case, arguments_of(case, material, backend), backend)
        known = {**case.known(material), "FILE": str(material.ca_file)}
        failure = mended(capsys, case.url.format(port=port), words, known)
        assert failure["cause"] == (case.checked or case.cause)


def test_an_address_that_was_a_url(backend, material):
    with secured(OPEN)(material) as port:
        url, arguments = f"wss://{NAME}:{port}/", {"backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        with pytest.raises(UsageError) as caught:
            connect(url, address=f"wss://{HERE}/", **arguments)
        assert caught.value.failure.cause == "dns.url-as-name"
        url, arguments = applied(caught.value.failure.fix, url, arguments)
        assert works(url, **arguments)


def test_a_foreign_hello_with_an_address_for_a_name(backend, material, caplog):
    """The fix in the server's log tells the client's author what to write."""
    flight = hello_for(HERE.encode())

    async def run() -> None:
        async with serve(
            quiet, HERE, sites=[Site((NAME,), material.issued())], backend=backend, strict_sni=True
        ) as server:
            await asyncio.to_thread(sends, server.port, flight)
            (failure,) = [record.failure for record in caplog.records if hasattr(record, "failure")]
            assert failure.cause == "tls.sni-ip-literal"
            url, arguments = applied(failure.fix, "", {}, {"NAME": NAME})
            # The server does not know under which port it is known: the URL had it.
            settings = TLSSettings(ca=material.ca_file)
            await (await connect(url, address_port=server.port, backend=backend, tls=settings, **arguments)).close()

    with caplog.at_level(logging.INFO, logger="wssure.server"):
        asyncio.run(run())


def test_a_proxy_that_is_not_there(backend, material):
    with secured(OPEN)(material) as port, refusing() as nobody:
        url, arguments = f"wss://{NAME}:{port}/", {"backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        arguments |= {"address": HERE, "proxy": f"http://{HERE}:{nobody}"}
        failure = explained(url, **arguments)
        assert failure.cause == "tcp.refused"
        url, arguments = applied(failure.fix, url, arguments)
        assert arguments["proxy"] is None
        assert works(url, **arguments)


def test_a_proxy_that_wants_a_user(backend, material):
    with secured(OPEN)(material) as port, tunnelling(authorization=b"Basic dXNlcjpzM2NyZXQ=") as proxy:
        url, arguments = f"wss://{NAME}:{port}/", {"backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        arguments |= {"address": HERE, "proxy": proxy.url}
        failure = explained(url, **arguments)
        assert failure.cause == "proxy.auth"
        url, arguments = applied(failure.fix, url, arguments, {"USER:PASSWORD": "user:s3cret"})
        assert works(url, **arguments)
        failure = explained(url, **{**arguments, "proxy": proxy.url.replace("//", "//user:wrong@")})
        assert (failure.cause, "rejected our user" in failure.summary) == ("proxy.auth", True)
