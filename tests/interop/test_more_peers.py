"""Peers of `make interop-all`: nats-server and gnutls-serv for our client, Caddy between both, gnutls-cli and undici for our server."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator

import pytest
from tests.interop import orders
from tests.interop.conftest import Ours, refusal
from tests.interop.peers import NODE_MODULES, need, need_node_module
from tests.interop.processes import free_port, output_of, running, said_until, talking
from tests.interop.test_openssl import ECHO, UPGRADE

from wssure import Confidence, Stage

pytestmark = pytest.mark.interop_all

_NATS = """\
listen: "127.0.0.1:{plain}"
websocket {{
  listen: "127.0.0.1:{port}"
  compression: true
  tls {{ cert_file: "{chain}", key_file: "{key}" }}
}}
"""

_CADDY = """\
{{
    admin off
    auto_https disable_redirects
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {chain} {key}
    reverse_proxy https://127.0.0.1:{behind} {{
        transport http {{
            tls_server_name a.example
            tls_trusted_ca_certs {ca}
        }}
    }}
}}
"""


@contextlib.contextmanager
def nats(ours: Ours, folder: pathlib.Path) -> Iterator[int]:
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(_NATS.format(plain=free_port(), port=port, chain=ours.files.chain, key=ours.files.key))
    with running([need("nats-server"), "-c", str(config)], port, folder):
        yield port


async def test_nats_carries_a_message_over_our_client(ours: Ours, tmp_path: pathlib.Path):
    with nats(ours, tmp_path) as port:
        async with ours.connect(port) as ws:
            assert ws.response is not None
            assert "permessage-deflate" in (ws.response.headers.get("Sec-WebSocket-Extensions") or "")
            information = await ws.recv()
            assert isinstance(information, bytes)
            assert information.startswith(b"INFO {")
            payload = b"x" * 100_000
            await ws.send(b'CONNECT {"verbose":false}\r\nSUB here 1\r\nPUB here %d\r\n%b\r\n' % (len(payload), payload))
            wanted = b"MSG here 1 %d\r\n%b\r\n" % (len(payload), payload)
            said = b""
            while len(said) < len(wanted):
                said += await ws.recv(decode=False)
            assert said == wanted


@contextlib.contextmanager
def caddy(ours: Ours, folder: pathlib.Path, behind: int) -> Iterator[int]:
    port = free_port()
    config = folder / "Caddyfile"
    config.write_text(
        _CADDY.format(port=port, behind=behind, chain=ours.files.chain, key=ours.files.key, ca=ours.files.ca)
    )
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running([need("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"], port, folder, home):
        yield port


async def test_caddy_passes_messages_between_our_client_and_our_server(ours: Ours, tmp_path: pathlib.Path):
    handler = orders.Obeying()
    async with ours.serve(handler) as server:
        with caddy(ours, tmp_path, server.port) as port:
            async with ours.connect(port) as ws:
                for message in orders.MESSAGES.values():
                    await ws.send(message)
                    assert await ws.recv() == message
                tls = handler.sockets[0].tls
                assert tls is not None
                assert tls.server_name == "a.example"


async def test_a_site_caddy_does_not_have_is_a_plain_answer(ours: Ours, tmp_path: pathlib.Path):
    with caddy(ours, tmp_path, free_port()) as port:
        failure = await refusal(ours.connect(port, name="a.example"))
    assert (failure.stage, failure.cause) == (Stage.UPGRADE, "http.200-not-upgrade")


async def test_a_dead_server_behind_caddy_is_named(ours: Ours, tmp_path: pathlib.Path):
    with caddy(ours, tmp_path, free_port()) as port:
        failure = await refusal(ours.connect(port))
    assert (failure.stage, failure.cause) == (Stage.UPGRADE, "http.502")


async def test_gnutls_serv_answers_with_a_web_page(ours: Ours, tmp_path: pathlib.Path):
    port = free_port()
    argv = [need("gnutls-serv"), "--http", "-p", str(port), "--x509certfile", str(ours.files.chain)]
    with running([*argv, "--x509keyfile", str(ours.files.key), "--disable-client-cert"], port, tmp_path):
        failure = await refusal(ours.connect(port))
    assert (failure.stage, failure.cause) == (Stage.UPGRADE, "http.200-not-upgrade")


async def test_gnutls_serv_demands_our_certificate(ours: Ours, tmp_path: pathlib.Path):
    port = free_port()
    argv = [need("gnutls-serv"), "--http", "-p", str(port), "--x509certfile", str(ours.files.chain)]
    argv += ["--x509keyfile", str(ours.files.key), "--x509cafile", str(ours.files.ca), "--require-client-cert"]
    with running(argv, port, tmp_path):
        failure = await refusal(ours.connect(port))
        assert (await refusal(ours.connect(port, **ours.present()))).cause == "http.200-not-upgrade"
    assert (failure.stage, failure.cause) == (Stage.TLS, "tls.client-cert-required")
    assert failure.confidence is Confidence.CERTAIN


def _gnutls(ours: Ours, port: int, *options: str) -> list[str]:
    argv = [need("gnutls-cli"), "-p", str(port), "--x509cafile", str(ours.files.ca), "--verify-hostname", "localhost"]
    return [*argv, *options, "127.0.0.1"]


async def test_gnutls_cli_is_echoed_to(ours: Ours, tmp_path: pathlib.Path):
    async with (
        ours.serve(orders.Obeying()) as server,
        talking(_gnutls(ours, server.port, "--sni-hostname", "localhost"), tmp_path) as process,
    ):
        assert process.stdin is not None
        await said_until(process, b"Simple Client Mode")
        process.stdin.write((UPGRADE % server.port).encode())
        await said_until(process, b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        process.stdin.write(ECHO)
        await said_until(process, b"typed by hand")


async def test_gnutls_cli_reads_our_alert(ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying(), strict_sni=True) as server:
        _, said = await output_of(_gnutls(ours, server.port, "--sni-hostname", "b.example"), tmp_path)
    assert "Received alert [112]" in said


async def test_undici_sees_all_that_our_server_promises(ours: Ours, tmp_path: pathlib.Path):
    node = need_node_module("undici")
    script = pathlib.Path(__file__).parent / "node" / "undici.cjs"
    async with ours.serve(orders.Obeying()) as server:
        argv = [node, str(script), f"wss://localhost:{server.port}/", str(ours.files.ca)]
        _, said = await output_of(argv, tmp_path, environment={"NODE_PATH": str(NODE_MODULES)})
    assert json.loads(said.splitlines()[-1]) == {
        "extensions": "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "text": "hello, w\N{LATIN SMALL LETTER O WITH DIAERESIS}rld \N{GRINNING FACE}",
        "binary": True,
        "pieces": orders.WHOLE,
        "ping": orders.PONG_CAME,
        "closed": [4002, "we go", True],
    }
