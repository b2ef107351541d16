"""Fixes that need a resolver, an experiment of `check` or a server of ours are done as printed; and the list of all fixes.

`test_each_fix_is_applied_or_says_why_not` holds the list: a new fix needs a row in `CASES` (test_fixes.py) or in a table here,
or a reason in `NOT_APPLIED`.
"""

from __future__ import annotations

import ast
import asyncio
import logging
import re
import shlex
import socket
import subprocess
from typing import Any

import pytest
from tests.causes.conftest import NAME
from tests.causes.live import explained, works
from tests.causes.remedy import applied
from tests.causes.test_fixes import CASES, OPEN, checked, mended
from tests.causes.test_live_foreign import quiet
from tests.causes.test_live_server import secure
from tests.faulty_endpoints import handshake, proxies
from tests.faulty_endpoints.endpoint import HERE, Material, secured
from tests.peers import scripts
from tests.peers.byname import by_hello
from tests.peers.listener import listening, refusing
from tests.peers.proxy import tunnelling
from tests.peers.scripts import by_line, status, upgrades

from wssure import HttpLimits, Site, TLSSettings, connect, serve
from wssure.diagnose import page
from wssure.fixes import SENTENCES, SETTINGS, fix
from wssure.tls.backends import backend as backend_of

URL = f"wss://{NAME}:{{port}}/ws"

# What getaddrinfo answers, and the fix that is printed.
RESOLVED = [
    ("dns.nxdomain", socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
    ("dns.timeout", socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")),
    ("dns.no-aaaa-or-a", socket.gaierror(socket.EAI_NODATA, "No address associated with hostname")),
]


@pytest.mark.parametrize(("fix_id", "error"), RESOLVED, ids=[row[0] for row in RESOLVED])
def test_an_address_in_place_of_the_resolver(fix_id, error, backend, material, monkeypatch, capsys):
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        if host in (NAME, NAME.encode()):
            raise error
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with secured(OPEN)(material) as port:
        url = URL.format(port=port)
        arguments = {"backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        failure = explained(url, **arguments)
        assert fix_id in [one.id for one in failure.fixes]
        later, changed = applied(failure.fix, url, arguments, {"IP": HERE})
        assert works(later, **changed)
        words = ["--backend", backend, "--cacert", str(material.ca_file)]
        assert fix_id in ids(mended(capsys, url, words, {"IP": HERE}))


def ids(failure: dict[str, Any]) -> list[str]:
    return [one["id"] for one in failure["fixes"]]


def takes_no_alpn(material: Material):
    good = scripts.over_tls(material.context(), OPEN)
    return listening(by_hello(lambda hello: scripts.closes_after_hello if hello.alpn else good))


def takes_no_origin(material: Material):
    return secured(by_line(b"origin:", status(403, "Forbidden"), OPEN))(material)


PAGE = "https://page.example.net"


def wants_the_origin_of_a_page(material: Material):
    return secured(by_line(f"origin: {PAGE}".encode(), OPEN, status(403, "Forbidden", body=b"bad origin")))(material)


def takes_no_subprotocol(material: Material):
    return secured(by_line(b"sec-websocket-protocol:", upgrades(extra=(b"Sec-WebSocket-Protocol: a b",)), OPEN))(
        material
    )


def knows_another_host(material: Material):
    talk = by_line(f"host: www.{NAME}".encode(), OPEN, status(404, "Not Found"))
    return listening(scripts.over_tls(material.context(material.issued(NAME, f"www.{NAME}")), talk))


# What only an experiment of `check` finds out: its fix, the server, flags of the first attempt.
FOUND_OUT: list[tuple[str, Any, list[str]]] = [
    ("tls.version-12", handshake.old_only, []),
    ("tls.alpn-none", takes_no_alpn, []),
    ("http.no-origin", takes_no_origin, ["--origin", "https://c.example.net"]),
    ("http.host-found", knows_another_host, []),
    ("http.unknown-origin", wants_the_origin_of_a_page, ["--origin", "https://c.example.net"]),
    ("ws.leave-subprotocol", takes_no_subprotocol, ["--subprotocol", "chat"]),
    ("proxy.direct", proxies.dropping, ["--proxy", f"http://{HERE}:PORT"]),
    ("proxy.inspects", proxies.inspecting, ["--proxy", f"http://{HERE}:PORT"]),
]


@pytest.mark.parametrize(("fix_id", "start", "flags"), FOUND_OUT, ids=[row[0] for row in FOUND_OUT])
def test_what_an_experiment_found_out(fix_id, start, flags, backend, material, capsys):
    if fix_id == "tls.version-12" and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3")
    with start(material) as port:
        words = ["--address", HERE, "--backend", backend, "--cacert", str(material.ca_file)]
        words += [word.replace("PORT", str(port)) for word in flags]
        assert fix_id in ids(mended(capsys, URL.format(port=port), words, {"https://NAME": PAGE}))


@pytest.mark.parametrize("fix_id", ["tcp.other-address", "tcp.stale-record"])
def test_another_address_of_the_name(fix_id, backend, material, monkeypatch, capsys):
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host in (NAME, NAME.encode()):
            return [one for each in (HERE, "127.0.0.2") for one in real(each, port, type=socket.SOCK_STREAM)]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    good = scripts.over_tls(material.context(), OPEN)
    old = scripts.over_tls(material.context(), status(404, "Not Found"))
    with (
        listening(old if fix_id == "tcp.stale-record" else scripts.closes_after_hello) as port,
        listening(good, "127.0.0.2", port),
    ):
        words = ["--backend", backend, "--cacert", str(material.ca_file)]
        assert fix_id in ids(mended(capsys, URL.format(port=port), words, {}))


def test_a_server_that_fails_once(backend, material, capsys):
    """The fix is to try again."""
    good = scripts.over_tls(material.context(), OPEN)
    seen: list[int] = []

    def talk(connection: socket.socket) -> None:
        seen.append(1)
        (scripts.closes_after_hello if len(seen) == 1 else good)(connection)

    with listening(talk) as port:
        words = [URL.format(port=port), "--address", HERE, "--backend", backend, "--cacert", str(material.ca_file)]
        failure = checked(capsys, words)["failure"]
        assert "again" in ids(failure)
        assert checked(capsys, words)["ok"]


def test_a_proxy_that_is_not_there_or_wants_a_user(backend, material, capsys):
    """On the command line; test_fixes.py does the same in Python."""
    with secured(OPEN)(material) as port, refusing() as nobody:
        words = ["--address", HERE, "--backend", backend, "--cacert", str(material.ca_file)]
        failure = mended(capsys, URL.format(port=port), [*words, "--proxy", f"http://{HERE}:{nobody}"], {})
        assert "proxy.address" in ids(failure)
        with tunnelling(authorization=b"Basic dXNlcjpzM2NyZXQ=") as proxy:
            known = {"USER:PASSWORD": "user:s3cret"}
            failure = mended(capsys, URL.format(port=port), [*words, "--proxy", proxy.url], known)
            assert "proxy.auth" in ids(failure)


def test_a_machine_without_a_trust_store(backend, material, tmp_path, monkeypatch, capsys):
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with secured(OPEN)(material) as port:
        url, arguments = URL.format(port=port), {"address": HERE, "backend": backend}
        failure = explained(url, **arguments)
        assert failure.cause == "cert.no-trust-store"
        later, changed = applied(failure.fix, url, arguments, {"ca=FILE": f"ca={str(material.ca_file)!r}"})
        assert works(later, **changed)
        words = ["--address", HERE, "--backend", backend]
        assert mended(capsys, url, words, {" FILE": f" {material.ca_file}"})["cause"] == "cert.no-trust-store"


def test_a_message_over_the_limit(backend, material):
    """The fix names the limit; its value is the reader's."""
    with secured(upgrades(then=b"\x82\x7d" + bytes(125) + b"\x88\x02\x03\xe8"))(material) as port:
        arguments = {"address": HERE, "backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        failure = explained(URL.format(port=port), receive=True, max_size=100, **arguments)
        assert [one.id for one in failure.fixes] == ["ws.too-big"]
        assert "raise max_size" in failure.fix

        async def run() -> int:
            async with connect(URL.format(port=port), max_size=125, **arguments) as ws:
                return len(await ws.recv())

        assert asyncio.run(run()) == 125


def printed(fix: str, name: str, known: dict[str, str]) -> dict[str, Any]:
    """Return the arguments of the call of this name in a fix; those that the reader has to give are left out."""
    for word, value in known.items():
        fix = fix.replace(word, value)
    found = re.search(rf"\b{name}(\((?:[^()]|\([^()]*\))*\))", fix)
    assert found, fix
    call = ast.parse(name + found.group(1), mode="eval").body
    assert isinstance(call, ast.Call)
    values = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    return {key: value for key, value in values.items() if value is not ...}


def logged(caplog: pytest.LogCaptureFixture, sites: list[Site], act: Any, **arguments: Any) -> list[Any]:
    """Serve, let a client act, and return the failures in the server's log."""

    async def run() -> None:
        async with serve(quiet, HERE, sites=sites, **arguments) as server:
            await asyncio.to_thread(act, server.port)

    caplog.clear()
    with caplog.at_level(logging.INFO, logger="wssure.server"):
        asyncio.run(run())
    return [record.failure for record in caplog.records if hasattr(record, "failure")]


def test_a_page_that_a_server_does_not_allow(backend, material, caplog):
    sites, origin = [Site((NAME,), material.issued())], "https://app.example.net"
    arguments: dict[str, Any] = {"address": HERE, "tls": TLSSettings(ca=material.ca_file), "origin": origin}

    def refused(port: int) -> None:
        assert explained(URL.format(port=port), **arguments).stage == "upgrade"

    logged(caplog, sites, refused, backend=backend)
    more = printed(fix("http.allow-origin", origin=origin).text(), "serve", {})
    assert logged(caplog, sites, lambda port: works(URL.format(port=port), **arguments), backend=backend, **more) == []


def test_a_program_without_an_origin_that_a_server_does_not_allow(backend, material, caplog):
    sites = [Site((NAME,), material.issued())]
    arguments: dict[str, Any] = {"address": HERE, "tls": TLSSettings(ca=material.ca_file)}

    def refused(port: int) -> None:
        assert explained(URL.format(port=port), **arguments).stage == "upgrade"

    closed = ["https://app.example.net"]
    (failure,) = logged(caplog, sites, refused, backend=backend, origins=closed)
    assert "http.allow-none" in [one.id for one in failure.fixes]
    more = printed(failure.fix, "serve", {})
    assert logged(caplog, sites, lambda port: works(URL.format(port=port), **arguments), backend=backend, **more) == []


def test_a_head_over_the_limit(backend, material):
    """The fix names the limit with a larger value."""
    with secured(upgrades(extra=(b"Set-Cookie: a=" + b"x" * 9000,)))(material) as port:
        arguments = {"address": HERE, "backend": backend, "tls": TLSSettings(ca=material.ca_file)}
        failure = explained(URL.format(port=port), **arguments)
        assert [one.id for one in failure.fixes] == ["http.head-too-large"]
        found = re.search(r"http_limits=HttpLimits\((\w+)=(\d+)\)", failure.fix)
        assert found, failure.fix
        assert works(URL.format(port=port), http_limits=HttpLimits(**{found[1]: int(found[2])}), **arguments)


def test_a_name_that_a_server_does_not_serve(backend, material, caplog):
    other = "c.example.net"
    sites, settings = [Site((NAME,), material.issued())], TLSSettings(ca=material.ca_file)
    url = f"wss://{other}:{{port}}/"

    def refused(port: int) -> None:
        assert explained(url.format(port=port), address=HERE, tls=settings).cause == "tls.sni-unknown"

    (failure,) = logged(caplog, sites, refused, backend=backend, strict_sni=True)
    assert [one.id for one in failure.fixes] == ["client.unknown-name"]
    site = Site(cert=material.issued(other), **printed(failure.fix, "Site", {}))

    def welcome(port: int) -> None:
        assert works(url.format(port=port), address=HERE, tls=settings)

    assert logged(caplog, [*sites, site], welcome, backend=backend, strict_sni=True) == []


def test_a_client_without_a_name(backend, material, caplog):
    sites, trusted = [Site((NAME,), material.issued())], material.ca.cert_pem.bytes()

    def nameless(port: int) -> None:
        secure(port, None, ca=trusted, says=b"no request, so that the server ends\r\n\r\n")

    (failure,) = logged(caplog, sites, nameless, backend=backend, strict_sni=True)
    assert [one.id for one in failure.fixes] == ["client.send-name"]
    more = printed(failure.fix, "serve", {"=NAME": f"={NAME!r}"})
    assert [one.cause for one in logged(caplog, sites, nameless, backend=backend, **more) if one.stage == "tls"] == []


@pytest.mark.peers
def test_a_certificate_as_the_page_makes_it(backend, tmp_path):
    """`openssl req -addext` on the page of cert.no-san; the same command without it makes the failure."""
    command = next(
        span for span in re.findall(r"`(openssl req [^`]+)`", page("cert.no-san").sections["Fix"]) if "-addext" in span
    )
    words = shlex.split(command.replace("NAME", NAME))
    for wrong in (True, False):
        subprocess.run(
            words[: words.index("-addext")] if wrong else words, cwd=tmp_path, check=True, capture_output=True
        )
        pem, trusted = tmp_path / "site.pem", tmp_path / "c.pem"
        pem.write_bytes(trusted.read_bytes() + (tmp_path / "k.pem").read_bytes())
        with listening(scripts.over_tls(scripts_context(pem), OPEN)) as port:
            arguments = {"address": HERE, "backend": backend, "tls": TLSSettings(ca=trusted)}
            if wrong:
                failure = explained(URL.format(port=port), **arguments)
                assert [one.id for one in failure.fixes] == ["cert.no-san"]
                assert f"DNS:{NAME} (openssl req -addext)" in failure.fix
            else:
                assert works(URL.format(port=port), **arguments)


def scripts_context(pem: Any) -> Any:
    from tests.peers.certificates import server_context

    return server_context(pem)


OTHERS = "another side's certificate, server, device or account: its owner has to act"
LOOKS = "says where to look: nothing is changed"
PROGRAM = "changes the user's program, whose code is not here"
NAMELESS = (
    "two families of addresses: provoked, and done, in a network namespace (tests/faulty_endpoints/test_accuracy.py)"
)
ZONE = "no machine must have a link-local address: tests/aio/test_given.py provokes the failure without one"
LIMIT = "a limit of the program: tests/causes/test_live_keepalive.py provokes the failure by that limit"
FOREIGN = "for a program of another library: tests/lws builds such programs, tests/tools/lint reads them"
SERVERS = "another server's settings"
NOT_APPLIED: dict[str, str] = {
    **dict.fromkeys(("cert.bad-signature", "cert.chain-incomplete", "cert.critical-extension", "cert.ip-as-dns", "cert.malformed", "cert.name-constraints", "cert.no-revocation-status", "cert.not-a-ca", "cert.path-length", "cert.refused", "cert.unsupported", "alert.certificate", "tls.handshake-too-large"), OTHERS),
    **dict.fromkeys(("alert.access", "alert.broken", "alert.fallback", "alert.key", "tls.alert", "http.403-token", "http.400-proxy", "http.other-origin", "remains.path", "remains.server", "tls.unexpected-message", "ws.never-answered"), LOOKS),
    **dict.fromkeys(("http.is-h2-unasked", "tls.alpn-allow", "tls.suite-found", "tls.key-update", "stack.rsa-pss-refused"), SERVERS),
    **dict.fromkeys(("dns.blocked", "http.captive-portal", "proxy.own-page", "tcp.no-descriptors", "unix.denied"), "the owner of the network or machine has to act"),
    **dict.fromkeys(("ws.too-many-fragments", "ws.answer-pings", "tls.cancelled"), PROGRAM),
    "tls.sni-found": "the same flags as cert.other-name",
    "proxy.wrong-user": "test_fixes.py::test_a_proxy_that_wants_a_user connects with the right one",
    "unix.not-served": "tests/aio/test_given.py::test_a_path_that_no_server_answers_has_its_own_cause starts the server",
    **dict.fromkeys(("cert.chain-published", "cert.expired", "cert.hostname", "cert.not-yet-valid", "cert.pin-mismatch", "cert.purpose", "cert.revoked", "cert.weak-key", "cert.weak-signature", "tls.peer-rejected-our-cert", "cert.anchor", "ws.http-answer"), OTHERS),
    **dict.fromkeys(("dns.url-as-name", "tls.sni-malformed"), "test_fixes.py::test_an_address_that_was_a_url does what the text of the usage error prints; the sentence is for other programs"),
    "tcp.zone": ZONE,
    "cert.strict": "tests/causes/test_live_certificate.py::test_a_context_that_is_strict_says_so_and_settings_are_not does it: only a context of the user is strict",
    **dict.fromkeys(("dns.add-family", "tcp.v6-broken", "tcp.other-family", "tcp.family-works"), NAMELESS),
    **dict.fromkeys(("tcp.refused", "tcp.timeout", "tcp.unreachable", "proxy.bad-gateway", "proxy.eof", "proxy.not-http", "proxy.other-kind", "proxy.unexpected-status", "tcp.reset-at-once", "tls.proxy-header-missing"), "start or correct a service, or take the way to it: which is right, only its owner knows"),
    **dict.fromkeys(("tcp.reset-in-handshake", "tls.eof-in-handshake", "tls.timeout-after-hello", "client.reset", "client.gave-up", "client.hello-cut", "http.eof", "http.garbage", "http.timeout", "alert.broken", "tls.alert", "tls.not-a-server", "http.unexpected-status", "http.400", "http.403", "proxy.timeout", "tls.no-hello", "tls.not-tls-other", "tls.bad-record-mac", "unknown", "ws.closed-by-us", "ws.own-code", "ws.our-frames", "ws.early-close", "ws.their-log", "ws.close-code"), LOOKS),
    **dict.fromkeys(("client.certificate", "client.certificate-missing", "client.use-tls"), "the client of a server's log: another program"),
    **dict.fromkeys(("http.200-not-upgrade", "http.404", "http.host-header", "http.misdirected-421", "http.misdirected-client", "http.426-version", "http.502", "http.503", "tls.alpn", "tls.alpn-h2", "tls.no-common-params", "tls.no-common-group", "tls.legacy-renegotiation", "tls.version", "tls.version-old", "tls.weak-dh", "tls.sni-unknown", "ws.bad-accept", "ws.extension", "ws.their-extension", "ws.no-subprotocol", "ws.subprotocol", "ws.upgrade-headers", "ws.invalid-utf8", "ws.protocol-error", "ws.smaller"), SERVERS),
    **dict.fromkeys(("http.429", "http.wait", "ws.1006", "ws.reconnect", "ws.gateway-log", "proxy.later", "ws.rights"), "time or rights: wait, reconnect, renew"),
    **dict.fromkeys(("proxy.forbidden", "proxy.only-443", "proxy.intercepts-tls", "proxy.log-in", "proxy.own-page", "dns.blocked", "http.captive-portal", "tls.downgraded", "tls.sni-filtered", "tls.large-hello-dropped"), "the owner of the network or proxy has to act"),
    **dict.fromkeys(("ws.aborted", "ws.other-kind", "ws.bytes", "ws.loop-blocked", "ws.message-unfinished"), PROGRAM),
    **dict.fromkeys(("ws.close-unanswered", "ws.messages-unread", "ws.slow-reader", "ws.peer-silent"), LIMIT),
    **dict.fromkeys(("stack.no-hostname-set", "stack.psa-not-initialised", "tls.out-of-memory", "tls.record-buffer-too-small", "hello.stack", "hello.which", "hello.set-name", "hello.dns-name", "hello.name", "hello.address", "hello.url", "hello.host"), FOREIGN),
    **dict.fromkeys(("tls.sni-missing", "tls.sni-send"), "for a client that is not this one: with ours, tls.sni-name-it is printed"),
}  # fmt: skip
# Done by a test of its own, here or in test_fixes.py.
ALONE = {
    "again",
    "cert.no-san",
    "cert.no-trust-store",
    "client.send-name",
    "client.unknown-name",
    "http.allow-none",
    "http.allow-origin",
    "http.head-too-large",
    "proxy.address",
    "proxy.auth",
    "tcp.other-address",
    "tcp.stale-record",
    "tls.sni-ip-literal",
    "ws.too-big",
}
APPLIED = {
    *ALONE,
    *(case.fix or case.cause for case in CASES if not case.of_page),
    *(row[0] for row in RESOLVED),
    *(row[0] for row in FOUND_OUT),
}


def test_each_fix_is_applied_or_says_why_not():
    # A fix of the server's side is the same one in the words of its log.
    new = {one for one in SENTENCES if not one.startswith("server.")} - APPLIED - set(NOT_APPLIED)
    assert new == set(), "add a row to CASES in test_fixes.py or to a table here, or a reason to NOT_APPLIED"
    assert set(NOT_APPLIED) - set(SENTENCES) == set(), "these fixes are gone"
    assert set(NOT_APPLIED) & APPLIED == set(), "these are applied: take the reason away"
    assert APPLIED - set(SENTENCES) == set()


def test_a_fix_with_code_or_a_flag_is_applied():
    """A reason in words is for words: these are the fixes with a value that could be typed and is not."""
    typed = {name for name, (python, flag, _) in SETTINGS.items() if "=" in python or flag}
    settings = {key: set(re.findall(r"\$(\w+)(?!\w|=)", text)) & typed for key, text in SENTENCES.items()}
    assert {key for key in NOT_APPLIED if settings[key]} == set(NOT_TYPED)


# Why a fix that could be typed is not done by a test.
NOT_TYPED = {
    "cert.refused": "only a context or a configuration of the user demands more",
    "cert.strict": "done in test_live_certificate.py",
    "cert.unsupported": "only Mbed TLS cannot process it",
    "dns.add-family": NAMELESS,
    "stack.rsa-pss-refused": "only two versions of Mbed TLS refuse it",
    "tcp.family-works": NAMELESS,
    "tcp.other-family": NAMELESS,
    "tcp.v6-broken": NAMELESS,
    "tcp.zone": ZONE,
    "tls.key-update": "only Mbed TLS refuses it",
    "tls.large-hello-dropped": "the groups of the client, where its library has them",
    "tls.sni-found": "the same flags as cert.other-name",
    "tls.unexpected-message": "says what to try",
    "ws.subprotocol": "the name is the reader's: ws.other-subprotocol has it",
}
