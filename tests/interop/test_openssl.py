"""The openssl command, both ways: s_client and our server, our client and s_server."""

from __future__ import annotations

import contextlib
import pathlib
import re
from collections.abc import Iterator

import pytest
from tests.interop import orders
from tests.interop.conftest import Ours, refusal
from tests.interop.peers import need
from tests.interop.processes import free_port, output_of, running, said_until, talking

from wssure import Confidence, InvalidStatus, Stage
from wssure.facts import ClientHelloSeen
from wssure.wire.frame import Opcode, encode_frame

UPGRADE = (
    "GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ECHO = encode_frame(Opcode.TEXT, b"typed by hand", mask=b"\1\2\3\4")
CLOSE = encode_frame(Opcode.CLOSE, (1000).to_bytes(2, "big"), mask=b"\1\2\3\4")


def _s_client(ours: Ours, port: int, *options: str) -> list[str]:
    argv = [need("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(ours.files.ca)]
    return [*argv, "-verify_return_error", "-quiet", "-msg", *options]


async def s_client(ours: Ours, port: int, folder: pathlib.Path, *options: str, say: bytes = b"") -> str:
    """Run s_client to its end and return all it wrote, protocol messages included."""
    _, said = await output_of(_s_client(ours, port, *options), folder, say)
    return said


def alerts(said: str) -> list[str]:
    """Return the fatal alerts that s_client received."""
    return re.findall(r"<<< TLS [\d.]+, Alert \[length 0002\], fatal (\w+)", said)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("name", [["-servername", "localhost"], ["-noservername"]], ids=["name", "no name"])
async def test_s_client_is_answered_with_and_without_a_name(ours: Ours, tmp_path: pathlib.Path, name, version):
    ours.needs_tls13(version == "-tls1_3")
    async with (
        ours.serve(orders.Obeying()) as server,
        talking(_s_client(ours, server.port, version, *name), tmp_path) as process,
    ):
        assert process.stdin is not None
        process.stdin.write((UPGRADE % server.port).encode() + ECHO)
        said = await said_until(process, b"typed by hand")
        process.stdin.write(CLOSE)
        rest, _ = await process.communicate()
    assert b"HTTP/1.1 101 Switching Protocols" in said
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in said  # RFC 6455 section 1.3
    assert encode_frame(Opcode.CLOSE, (1000).to_bytes(2, "big")) in rest
    assert b"warning close_notify" in rest
    assert alerts((said + rest).decode(errors="replace")) == []


STRICT = [
    # RFC 6066 section 3: unrecognized_name(112) for a name nobody serves.
    ("-tls1_2", ["-servername", "b.example"], "unrecognized_name"),
    ("-tls1_3", ["-servername", "b.example"], "unrecognized_name"),
    # RFC 8446 section 9.2: "Servers requiring this extension SHOULD respond ... with a 'missing_extension' alert".
    ("-tls1_2", ["-noservername"], "unrecognized_name"),
    ("-tls1_3", ["-noservername"], "missing_extension"),
]


@pytest.mark.parametrize(("version", "name", "alert"), STRICT)
async def test_the_alert_for_a_wrong_name_reaches_s_client(ours: Ours, tmp_path: pathlib.Path, version, name, alert):
    ours.needs_tls13(version == "-tls1_3")
    async with ours.serve(orders.Obeying(), strict_sni=True) as server:
        assert alerts(await s_client(ours, server.port, tmp_path, version, *name)) == [alert]


async def test_strict_can_be_silent(ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying(), strict_sni="close") as server:
        said = await s_client(ours, server.port, tmp_path, "-noservername")
    assert alerts(said) == []
    assert "unexpected eof while reading" in said


@pytest.mark.parametrize(("version", "alert"), [("-tls1_2", "handshake_failure"), ("-tls1_3", "certificate_required")])
async def test_the_alert_for_a_missing_certificate_reaches_s_client(
    ours: Ours, tmp_path: pathlib.Path, version: str, alert: str
):
    ours.needs_tls13(version == "-tls1_3")
    handler = orders.Obeying()
    async with ours.serve(handler, ask_client=True) as server:
        # It writes at once, into a handshake it believes done: the alert must arrive all the same.
        typed = (UPGRADE % server.port).encode()
        said = await s_client(ours, server.port, tmp_path, version, "-servername", "localhost", say=typed)
    assert alerts(said) == [alert]
    assert handler.sockets == []


async def test_the_alert_for_an_old_version_reaches_s_client(ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying()) as server:
        said = await s_client(ours, server.port, tmp_path, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert alerts(said) == ["protocol_version"]


@contextlib.contextmanager
def s_server(ours: Ours, folder: pathlib.Path, *options: str) -> Iterator[int]:
    port = free_port()
    argv = [need("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(ours.files.chain)]
    with running([*argv, "-key", str(ours.files.key), "-www", *options], port, folder):
        yield port


async def test_a_web_page_instead_of_a_websocket_is_told(ours: Ours, tmp_path: pathlib.Path):
    with s_server(ours, tmp_path) as port, pytest.raises(InvalidStatus) as caught:
        await ours.connect(port)
    assert caught.value.response.status == 200
    failure = caught.value.failure
    assert failure is not None
    assert (failure.stage, failure.cause) == (Stage.UPGRADE, "http.200-not-upgrade")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_demanded_certificate_is_certain(ours: Ours, tmp_path: pathlib.Path, version: str):
    ours.needs_tls13(version == "-tls1_3")
    with s_server(ours, tmp_path, version, "-Verify", "1", "-CAfile", str(ours.files.ca)) as port:
        failure = await refusal(ours.connect(port))
        assert (failure.stage, failure.cause) == (Stage.TLS, "tls.client-cert-required")
        assert failure.confidence is Confidence.CERTAIN
        assert (await refusal(ours.connect(port, **ours.present()))).cause == "http.200-not-upgrade"


@pytest.mark.parametrize(
    ("theirs", "ours_only"),
    [("-tls1_2", {"min_version": "TLSv1.3"}), ("-tls1_3", {"max_version": "TLSv1.2"})],
    ids=["they 1.2", "they 1.3"],
)
async def test_versions_that_do_not_meet_are_certain(ours: Ours, tmp_path: pathlib.Path, theirs: str, ours_only):
    ours.needs_tls13()
    with s_server(ours, tmp_path, theirs) as port:
        failure = await refusal(ours.connect(port, **ours_only))
        assert (failure.stage, failure.cause) == (Stage.TLS, "tls.version")
        assert failure.confidence is Confidence.CERTAIN
        assert (await refusal(ours.connect(port))).cause == "http.200-not-upgrade"


async def test_a_name_s_server_does_not_know_is_certain(ours: Ours, tmp_path: pathlib.Path):
    second = ["-cert2", str(ours.files.chain), "-key2", str(ours.files.key)]
    with s_server(ours, tmp_path, "-servername", "a.example", "-servername_fatal", *second) as port:
        failure = await refusal(ours.connect(port))
        assert (failure.stage, failure.cause) == (Stage.TLS, "tls.sni-unknown")
        assert failure.confidence is Confidence.CERTAIN
        assert (await refusal(ours.connect(port, name="a.example"))).cause == "http.200-not-upgrade"


async def test_the_name_survives_a_hello_retry_request(ours: Ours, tmp_path: pathlib.Path):
    ours.needs_tls13()
    # A group for which our first hello has no key share: the server asks for a second hello.
    with s_server(ours, tmp_path, "-tls1_3", "-groups", "secp384r1") as port:
        failure = await refusal(ours.connect(port))
    hellos = [fact for fact in failure.facts if isinstance(fact, ClientHelloSeen)]
    assert [hello.second for hello in hellos] == [False, True]
    assert {hello.server_name for hello in hellos} == {"localhost"}
    assert failure.cause == "http.200-not-upgrade"
