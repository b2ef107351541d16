"""One thing changed at a time: each true cause, provoked for real, is found by the experiment that flips."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

import pytest
from tests.causes.conftest import NAME
from tests.peers import cut, scripts
from tests.peers.certificates import DAY, Issuer, server_context
from tests.peers.choosy import Arrived, chooses, recording
from tests.peers.listener import listening, reset
from tests.peers.scripts import sends_alert, upgrades

import wssure
from wssure import Failure, TLSSettings
from wssure.diagnose import render
from wssure.evidence import Confidence
from wssure.facts import ProbeBudget, ProbeResult
from wssure.tls import backends

HERE = "127.0.0.1"


def diagnosed(url: str, *, budget_s: float = 5, **arguments: object) -> tuple[Failure, Failure]:
    """Connect, which fails; return the failure before and after the experiments."""

    async def run() -> tuple[Failure, Failure]:
        arguments.setdefault("timeouts", {"tls": 0.5, "upgrade": 0.5})
        with pytest.raises(wssure.ConnectFailed) as caught:
            await wssure.connect(url, **arguments)
        return caught.value.failure, await wssure.investigate(caught.value, budget_s=budget_s)

    return asyncio.run(run())


def results(failure: Failure) -> dict[str, ProbeResult]:
    return {fact.experiment: fact for fact in failure.facts if isinstance(fact, ProbeResult)}


def flipped(failure: Failure) -> set[str]:
    return {name for name, value in results(failure).items() if value.flipped}


def test_a_server_that_closes_without_a_name(backend, context, ca_pem):
    talk = chooses(context(), upgrades(), lambda hello: None if hello.server_name else scripts.closes_after_hello)
    with listening(talk) as port:
        before, after = diagnosed(f"wss://{HERE}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (before.cause, before.confidence) == ("tls.sni-missing", Confidence.LIKELY)
    assert (after.cause, after.confidence) == ("tls.sni-missing", Confidence.CERTAIN)
    assert "sni.other" in flipped(after)
    assert f"certificate for {NAME}" in after.summary
    assert after.alternatives == ()


def test_nothing_flips_where_every_hello_is_dropped(backend):
    with listening(scripts.closes_after_hello) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert (after.cause, after.confidence) == ("tls.eof-in-handshake", Confidence.POSSIBLE)
    assert flipped(after) == set()
    assert "control" not in results(after)
    assert {one.cause for one in after.alternatives} < {one.cause for one in before.alternatives}


def needs_tls13(backend: str) -> None:
    if not backends.backend(backend).capabilities.tls13:
        pytest.skip("this library offers no TLS 1.3 that a server could refuse")


def test_a_server_that_cannot_read_hellos_with_tls_1_3(backend, context, ca_pem):
    needs_tls13(backend)

    def choose(hello):
        return scripts.closes_after_hello if 0x0304 in hello.supported_versions else None

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (after.cause, after.confidence) == ("tls.version", Confidence.CERTAIN)
    assert 'max_version="TLSv1.2"' in after.fix


@pytest.mark.parametrize(
    ("cause", "choose"),
    [
        ("tls.sni-unknown", lambda hello: sends_alert(40) if hello.server_name == NAME else None),
        ("tls.version", lambda hello: sends_alert(40) if 0x0304 in hello.supported_versions else None),
        ("tls.alpn", lambda hello: sends_alert(40) if hello.alpn else None),
        ("tls.no-common-group", lambda hello: None if 31 in hello.groups else sends_alert(40)),
        ("tls.no-common-params", lambda hello: None if 0x002F in hello.cipher_suites else sends_alert(40)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_alert_40_is_told_apart(backend, context, ca_pem, cause, choose):
    if cause == "tls.version":
        needs_tls13(backend)
    with listening(chooses(context(), upgrades(), choose)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == "tls.no-common-params"
    assert after.cause == cause, after.facts
    assert after.confidence is (Confidence.LIKELY if cause == "tls.sni-unknown" else Confidence.CERTAIN)


@pytest.mark.parametrize(
    ("newest", "cause"), [(0x0303, "tls.no-common-params"), (0x0302, "tls.version"), (0x0301, "tls.version")]
)
def test_an_old_version_is_told_from_an_old_suite(backend, context, ca_pem, newest, cause):
    def choose(hello):
        old = scripts.speaks_no_newer_than(min(hello.legacy_version, newest))
        return old if 0x002F in hello.cipher_suites else sends_alert(40)

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (after.cause, after.confidence) == (cause, Confidence.CERTAIN), results(after)


def test_a_device_that_drops_one_name(backend, context, ca_pem):
    def choose(hello):
        return scripts.resets_after_hello if hello.server_name == NAME else None

    with listening(chooses(context(), upgrades(), choose)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == "tcp.reset-in-handshake"
    assert (after.cause, after.confidence) == ("tls.sni-filtered", Confidence.LIKELY)
    assert "tls.sni-unknown" in [one.cause for one in after.alternatives]


def test_a_server_that_closes_on_one_name(backend, context, ca_pem):
    def choose(hello):
        return scripts.closes_after_hello if hello.server_name == NAME else None

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (after.cause, after.confidence) == ("tls.sni-unknown", Confidence.LIKELY)
    assert "tls.sni-filtered" in [one.cause for one in after.alternatives]


def test_a_device_that_drops_large_hellos(backend, context, ca_pem):
    def choose(hello):
        return scripts.resets_after_hello if len(hello.raw) > 1400 else None

    # Many protocols make the hello as large as a post-quantum key share does.
    settings = TLSSettings(ca=ca_pem, alpn=("http/1.1", *(f"x-{number}-{'p' * 200}" for number in range(8))))
    with listening(chooses(context(), upgrades(), choose)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=settings)
    assert "tls.large-hello-dropped" in [one.cause for one in before.alternatives]
    assert (after.cause, after.confidence) == ("tls.large-hello-dropped", Confidence.CERTAIN)
    assert results(after)["hello.small"].flipped


def test_a_large_hello_refused_for_what_is_in_it_is_not_blamed_on_its_size(backend, context, ca_pem):
    def choose(hello):
        return scripts.resets_after_hello if len(hello.alpn) > 1 else None

    settings = TLSSettings(ca=ca_pem, alpn=("http/1.1", *(f"x-{number}-{'p' * 200}" for number in range(8))))
    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=settings)
    assert after.cause == "tls.alpn"
    assert not results(after)["hello.small"].flipped


def http_unless_tls(connection):
    if connection.recv(1, socket.MSG_PEEK) == b"\x16":
        scripts.closes_after_hello(connection)
    else:
        scripts.status(200, "OK", body=b"hello")(connection)


def greets_who_is_silent(connection):
    connection.settimeout(0.3)
    try:
        connection.recv(1)
    except TimeoutError:
        connection.sendall(b"220 mail.example.net ESMTP\r\n")


@pytest.mark.parametrize(
    ("cause", "talk"),
    [("tls.not-tls-http", http_unless_tls), ("tls.not-tls-other", greets_who_is_silent)],
    ids=["http", "banner"],
)
def test_a_port_of_another_protocol(backend, cause, talk):
    with listening(talk) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert (after.cause, after.confidence) == (cause, Confidence.LIKELY)


def test_a_tls_port_that_explains_itself_in_http_is_not_called_http(backend):
    body = b"Client sent an HTTP request to an HTTPS server.\n"

    def talk(connection):
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            scripts.closes_after_hello(connection)
        else:
            scripts.status(400, "Bad Request", body=body)(connection)

    with listening(talk) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert after.cause == "tls.eof-in-handshake"


def only(header: bytes, then):
    """Upgrade where the request has this line, else answer `then`."""

    def talk(connection):
        request = scripts.read_request(connection)
        lines = request.split(b"\r\n")
        (upgrades() if header in lines else scripts.answers(then))(Replay(connection, request))

    return talk


class Replay:
    """A connection whose first bytes come again."""

    def __init__(self, connection, first):
        self._connection, self._first = connection, first

    def recv(self, size):
        first, self._first = self._first, b""
        return first or self._connection.recv(size)

    def __getattr__(self, name):
        return getattr(self._connection, name)


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_404_by_host(backend, context, ca_pem, scheme):
    talk = only(f"Host: {NAME}".encode(), NOT_FOUND)
    tls = {"backend": backend, "tls": TLSSettings(ca=ca_pem)} if scheme == "wss" else {}
    with listening(scripts.over_tls(context(), talk) if tls else talk) as port:
        before, after = diagnosed(f"{scheme}://{NAME}:{port}/", address=HERE, **tls)
    assert before.cause == "http.404"
    assert (after.cause, after.confidence) == ("http.host-header", Confidence.CERTAIN)
    assert f"with the Host {NAME}" in after.summary


def test_a_403_by_origin_and_its_fix(backend, context, ca_pem):
    async def connects(url: str, origin: str) -> bool:
        async with wssure.connect(url, origin=origin, **arguments):
            return True

    arguments = {"address": HERE, "backend": backend, "tls": TLSSettings(ca=ca_pem)}
    wanted: list[bytes] = [b""]

    def talk(connection):
        only(wanted[0], FORBIDDEN)(connection)

    with listening(scripts.over_tls(context(), talk)) as port:
        origin = f"https://{NAME}:{port}"
        wanted[0] = f"Origin: {origin}".encode()
        url = f"wss://{NAME}:{port}/"
        before, after = diagnosed(url, **arguments)
        assert before.cause == "http.403"
        assert (after.cause, after.confidence) == ("http.origin", Confidence.CERTAIN)
        assert f'origin="{origin}"' in after.fix
        assert asyncio.run(connects(url, origin))


def test_a_header_of_the_callers_own_that_is_refused_is_not_blamed_on_host_or_origin(backend, context, ca_pem):
    def talk(connection):
        request = scripts.read_request(connection)
        spoiled = b"x-tenant" in request.lower()
        (scripts.answers(FORBIDDEN) if spoiled else upgrades())(Replay(connection, request))

    with listening(scripts.over_tls(context(), talk)) as port:
        _, after = diagnosed(
            f"wss://{NAME}:{port}/",
            address=HERE,
            backend=backend,
            tls=TLSSettings(ca=ca_pem),
            additional_headers={"X-Tenant": "blue"},
        )
    assert after.cause == "http.403"
    assert flipped(after) == {"request.bare"}


def test_plain_ws_to_a_tls_port(context):
    with listening(chooses(context(), upgrades(), lambda hello: None)) as port:
        before, after = diagnosed(f"ws://{NAME}:{port}/", address=HERE)
    assert before.cause == "http.eof"
    assert (after.cause, after.confidence) == ("ws.to-tls-port", Confidence.CERTAIN)
    assert f"wss://{NAME}:{port}/" in after.fix


def test_a_failure_that_does_not_come_again_is_blamed_on_nothing(backend, context, ca_pem):
    seen = []

    def choose(hello):
        seen.append(hello)
        return scripts.closes_after_hello if len(seen) == 1 else None

    with listening(chooses(context(), upgrades(), choose)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert after.cause == before.cause == "tls.eof-in-handshake"
    assert (after.confidence, after.transient) == (Confidence.POSSIBLE, True)
    assert after.fix.startswith("try again")
    assert "control" in flipped(after)


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let the name have these addresses."""
    real = socket.getaddrinfo

    def both(host, port, *args, **kwargs):
        found = [real(ip, port, *args, **kwargs) for ip in (addresses if host == NAME else (host,))]
        return [answer for answers in found for answer in answers]

    monkeypatch.setattr(socket, "getaddrinfo", both)


@pytest.mark.parametrize("otherwise", [scripts.closes_after_hello, scripts.resets_after_hello, scripts.stays_silent])
def test_a_listener_that_wants_a_proxy_header(backend, context, ca_pem, otherwise):
    good = scripts.over_tls(context(), upgrades())

    def talk(connection: socket.socket) -> None:
        if connection.recv(6, socket.MSG_PEEK) == b"PROXY ":
            while connection.recv(1) != b"\n":
                pass
            good(connection)
        else:
            otherwise(connection)

    with listening(talk) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause in ("tls.eof-in-handshake", "tcp.reset-in-handshake", "tls.timeout-after-hello")
    # Silence in the short time of the other experiments excludes none of the rivals.
    sure = Confidence.LIKELY if otherwise is scripts.stays_silent else Confidence.CERTAIN
    assert (after.cause, after.confidence) == ("tls.proxy-header-missing", sure)
    assert flipped(after) == {"hello.announced"}
    assert "load balancer" in after.fix


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_proxy_that_expects_tls_is_found_for_both_schemes(context, scheme):
    with listening(scripts.over_tls(context(), lambda connection: connection.recv(1000))) as port:
        _, after = diagnosed(f"{scheme}://{NAME}/", proxy=f"http://{HERE}:{port}")
    assert (after.cause, after.confidence) == ("proxy.not-http", Confidence.LIKELY)
    assert "proxy.tls" in flipped(after)


@pytest.mark.parametrize("fault", ["hostname", "expired"])
def test_an_answer_that_only_one_of_two_addresses_gives(backend, ca, ca_pem, context, monkeypatch, fault, tmp_path):
    """An old machine answers at one address of the name, also if its certificate leaves no doubt about the cause."""
    resolves_to(monkeypatch, "127.0.0.2", HERE)
    old = tmp_path / "old.pem"
    wrong = {"hostname": ("old.example", DAY), "expired": (NAME, -DAY)}[fault]
    old.write_bytes(Issuer(ca).issue(wrong[0], start=-3 * DAY, end=wrong[1]))
    good = scripts.over_tls(context(), upgrades())
    stale = scripts.over_tls(server_context(old), upgrades())
    with listening(good) as port, listening(stale, "127.0.0.2", port):
        before, after = diagnosed(f"wss://{NAME}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == after.cause == f"cert.{fault}"
    assert flipped(after) == {"address.other"}
    assert f"at {HERE} the same handshake succeeds" in after.summary
    assert f'address="{HERE}"' in after.fix


@pytest.mark.parametrize("code", [404, 502])
def test_a_refusal_of_the_upgrade_that_only_one_of_two_addresses_gives(monkeypatch, code):
    resolves_to(monkeypatch, "127.0.0.2", HERE)
    with listening(upgrades()) as port, listening(scripts.status(code, "No"), "127.0.0.2", port):
        before, after = diagnosed(f"ws://{NAME}:{port}/")
    assert before.cause == after.cause == f"http.{code}"
    assert "address.other" in flipped(after)
    assert f"at {HERE} the same request succeeds" in after.summary
    assert f'address="{HERE}"' in after.fix


def test_one_of_two_addresses_is_broken(backend, context, ca_pem, monkeypatch):
    resolves_to(monkeypatch, HERE, "127.0.0.2")
    talk = chooses(context(), upgrades(), lambda hello: None)
    with listening(scripts.closes_after_hello) as port, listening(talk, "127.0.0.2", port):
        _, after = diagnosed(f"wss://{NAME}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
    assert flipped(after) == {"address.other"}
    assert after.cause == "tls.eof-in-handshake"
    assert "127.0.0.2" in after.fix


def test_what_is_certain_costs_no_connection(backend):
    arrived = Arrived()
    with recording(scripts.sends_alert(112), arrived) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert after is before
    assert len(arrived.wire) == 1


def test_the_budget_holds_and_what_it_left_out_is_said(backend):
    arrived = Arrived()
    with recording(scripts.stays_silent, arrived) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, budget_s=1.2)
    budget = after.fact(ProbeBudget)
    assert budget.left_out
    assert budget.connections == len(arrived.wire) - 1 <= 3
    assert after.cause == "tls.timeout-after-hello"


@pytest.mark.parametrize("alpn", [None, tuple("p" * 200 + letter for letter in "abcdefgh")], ids=["usual", "large"])
@pytest.mark.parametrize("talk", [scripts.closes_after_hello, scripts.resets_after_hello, sends_alert(40)])
def test_never_more_than_a_dozen_connections_and_all_are_counted(backend, talk, alpn):
    arrived = Arrived()
    with recording(talk, arrived) as port:
        settings = TLSSettings(alpn=alpn)
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=settings)
    assert after.fact(ProbeBudget).connections == len(arrived.wire) - 1 <= 12


@pytest.mark.parametrize("error", [ValueError("x"), None, wssure.ConnectionClosedOK()], ids=repr)
def test_only_an_explained_error_can_be_diagnosed(error):
    with pytest.raises(wssure.UsageError):
        asyncio.run(wssure.investigate(error))


def test_a_certificate_for_another_name_alone_is_no_missing_server_name(backend, context, ca_pem):
    """One server, one certificate: without a name and with it the same comes, and only the verified name matters."""
    with listening(scripts.over_tls(context(), upgrades())) as port:
        before, after = diagnosed(f"wss://{HERE}:{port}/chat", backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == "tls.sni-missing"
    assert flipped(after) == {"name.checked", "sni.name"}
    assert (after.cause, after.confidence) == ("cert.hostname", Confidence.LIKELY)
    assert after.fix.startswith(f"if {NAME} is the intended service, connect to ")
    assert f'"wss://{NAME}:{port}/chat", address="{HERE}"' in after.fix or f"wss://{NAME}:{port}/chat with" in after.fix
    # The server may have further names that it shows only if asked for them.
    assert "tls.sni-missing" in [one.cause for one in after.alternatives]


def test_an_answer_that_is_cut_is_not_blamed_on_the_version(backend, context):
    """100 bytes are less than the first answer in TLS 1.3 and more than in TLS 1.2."""
    with listening(cut.cut(context(), 100, cut.ends)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert (after.cause, after.confidence) == ("tls.eof-in-handshake", Confidence.POSSIBLE)
    assert flipped(after) == set()


# X25519MLKEM768, which some libraries offer by themselves, and SecP384r1MLKEM1024.
ML_KEM = {0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024"}


def test_a_server_that_wants_a_post_quantum_group(backend, context, ca_pem):
    """In TLS 1.2 alone it does without the group: that explains nothing."""
    needs_tls13(backend)
    wanted = []

    def choose(hello):
        if 0x0304 not in hello.supported_versions:
            return None
        wanted.append(next(group for group in ML_KEM if group not in hello.groups)) if not wanted else None
        return scripts.asks_for_group(wanted[0]) if wanted[0] in hello.groups else sends_alert(40)

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert {"version.1.2", "hello.groups"} <= flipped(after)
    assert (after.cause, after.confidence) == ("tls.no-common-group", Confidence.CERTAIN)
    assert ML_KEM[wanted[0]] in after.summary
    assert ML_KEM[wanted[0]] in after.fix


@pytest.mark.parametrize("newest", [0x0303, 0x0302])
def test_an_old_suite_is_told_from_an_old_version_without_an_alert_too(backend, context, newest):
    """TLS 1.1 with the old suite works at both servers; TLS 1.2 with it at one of them."""

    def choose(hello):
        old = scripts.speaks_no_newer_than(min(hello.legacy_version, newest))
        return old if 0x002F in hello.cipher_suites else scripts.closes_after_hello

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    expected = "tls.no-common-params" if newest == 0x0303 else "tls.version"
    assert (after.cause, "version.old" in flipped(after)) == (expected, True), results(after)
    assert ("TLS_RSA_WITH_AES_128_CBC_SHA" in after.fix) == (newest == 0x0303)


@pytest.mark.parametrize(
    ("number", "cause", "words"),
    [(0, "tls.eof-in-handshake", "with close_notify"), (112, "tls.sni-unknown", "warned that it has no site")],
)
def test_a_warning_before_the_end_is_reported(backend, number, cause, words):
    with listening(sends_alert(number, level=1)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert before.cause == after.cause == cause
    assert words in after.summary
    assert all("nothing" not in value.variant for value in results(after).values())


def test_a_reset_behind_the_servers_flight_is_called_a_reset(backend, context, ca_pem):
    def talk(connection):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context().wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(scripts.read_record(connection))
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        connection.sendall(outgoing.read())
        reset(connection)

    with listening(talk) as port:
        before, _ = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert "reset the connection" in before.summary
    assert "tcp.reset-in-handshake" in [before.cause, *(one.cause for one in before.alternatives)]


REFUSES = {
    "ws.subprotocol": (b"Sec-WebSocket-Protocol: other", {"subprotocols": ["chat"]}, b"Sec-WebSocket-Protocol: other"),
    "ws.extension": (b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", {}, None),
}


@pytest.mark.parametrize("cause", REFUSES)
@pytest.mark.parametrize("helps", [True, False], ids=["a change helps", "nothing helps"])
def test_a_broken_101_is_repeated_without_its_fault(backend, context, ca_pem, cause, helps):
    line, arguments, wanted = REFUSES[cause]
    wrong = upgrades(extra=(line, b"Upgrade: h2c") if not helps else (line,))

    def talk(connection):
        request = scripts.read_request(connection)
        offered = b"permessage-deflate" in request if wanted is None else wanted not in request
        (wrong if offered or not helps else upgrades(extra=(line,) if wanted else ()))(Replay(connection, request))

    with listening(scripts.over_tls(context(), talk)) as port:
        before, after = diagnosed(
            f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem), **arguments
        )
    assert bool(flipped(after)) == helps
    if helps:
        assert before.cause == after.cause == cause
        assert 'subprotocols=["other"]' in after.fix if wanted else "compression=None" in after.fix


def test_an_old_answer_is_shown_by_another_key(backend, context, ca_pem):
    wrong = upgrades(accept=b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    with listening(scripts.over_tls(context(), wrong)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == after.cause == "ws.bad-accept"
    assert "accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=" in results(after)["accept.again"].variant


@pytest.mark.parametrize("code", [200, 302, 403, 404, 429, 502, 503])
def test_an_answer_has_one_diagnosis(code):
    with listening(scripts.status(code, "Some Reason", "Location: /there", body=b"No.\n")) as port:
        before, _ = diagnosed(f"ws://{NAME}:{port}/", address=HERE)
    assert "http.unexpected-status" not in [before.cause, *(one.cause for one in before.alternatives)]
    assert "\\n" not in render(before)
