"""The servers of docs/guide and the programs of `examples` do what their pages say.

Replaced are the ports, because 443 needs root and 8080 may be taken. `test_programs.py` runs the clients of the guide.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.docs.commands import ROOT
from tests.docs.scratch import HERE, Scratch, echoing, listening, pin_of, speaks_to, started
from tests.docs.test_programs import EVERY
from tests.peers.proxy import tunnelling

from wssure import (
    CertificateFailed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidStatus,
    Site,
    TLSSettings,
    connect,
)

pytestmark = pytest.mark.slow
EXAMPLES = ROOT / "examples"
PROGRAMS = {each.id: each.values[0] for each in EVERY}


def guide(name: str) -> str:
    """Return a program of the guide that listens on a free port."""
    program = PROGRAMS[f"docs/guide/{name}"]
    changed = program.replace('"0.0.0.0", 443', f'"{HERE}", 0').replace("8080", "0")
    assert changed != program
    return changed


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a server; return its exit code and its standard error."""
    _, errors = process.communicate()
    return process.returncode, errors


def answer_of(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Return status and body of a GET."""
    request = urllib.request.Request(f"http://{HERE}:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def renewed(scratch: Scratch, ca: trustme.CA) -> str:
    """Replace the certificate of a.example.net by one with another key; return the pin of that."""
    issued = ca.issue_cert("a.example.net")
    for name, data in (("a.pem", issued.cert_chain_pems[0].bytes()), ("a.key", issued.private_key_pem.bytes())):
        (scratch.folder / name).write_bytes(data)
    return pin_of(issued.cert_chain_pems[0].bytes())


async def until_pinned(port: int, pin: str) -> None:
    """Connect until a server presents the key of a pin."""
    while True:
        try:
            async with connect(f"wss://a.example.net:{port}/", address=HERE, tls=TLSSettings(pins=(pin,))):
                return
        except CertificateFailed:
            pass


def test_the_sites_are_replaced_by_a_signal_and_closed_with_the_code_of_the_page(scratch: Scratch, ca: trustme.CA):
    async def main(process: subprocess.Popen[str], port: int) -> None:
        trust = TLSSettings(ca="ca.pem")
        async with connect(f"wss://a.example.net:{port}/", address=HERE, tls=trust) as ws:
            process.send_signal(signal.SIGHUP)
            await until_pinned(port, pin)
            await ws.send("still open")
            assert await ws.recv() == "still open"
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosedError) as caught:
                await ws.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1012, "restart")

    with listening(guide("sites.md-1"), scratch) as (process, [port]):
        pin = renewed(scratch, ca)
        asyncio.run(main(process, port))
        assert ended(process) == (0, "")


def test_a_message_of_one_member_reaches_all(scratch: Scratch):
    async def main() -> None:
        url = f"ws://{HERE}:{port}/"
        async with connect(url) as one, connect(url) as other:
            await other.send("here")  # its echo says that the server has both
            await one.send("hello")
            assert {await other.recv(), await other.recv()} == {"here", "hello"}

    with listening(guide("sites.md-2"), scratch) as (_, [port]):
        asyncio.run(main())


async def _status(port: int, **arguments: Any) -> int:
    try:
        async with connect(f"ws://{HERE}:{port}/", **arguments) as ws:
            await ws.send("hello")
            assert await ws.recv() == "hello"
            return 101
    except InvalidStatus as error:
        return error.response.status


def test_requests_are_answered_as_the_page_says(scratch: Scratch):
    token = {"Authorization": "Bearer secret"}
    with listening(guide("requests.md-1"), scratch) as (_, [port]):
        assert answer_of(port, "/version") == (200, "1.0\n")
        assert answer_of(port, "/healthz", Origin="https://other.example", Host="other.example")[0] == 200
        for status, arguments in (
            (101, {"additional_headers": token}),
            (101, {"additional_headers": token, "origin": "https://app.example.net"}),
            (401, {}),
            (403, {"additional_headers": token, "origin": "https://other.example"}),
        ):
            assert asyncio.run(_status(port, **arguments)) == status


def test_failures_are_json_and_metrics_are_counted(scratch: Scratch):
    with listening(guide("logging.md-1"), scratch) as (process, [port]):
        assert asyncio.run(_status(port)) == 101
        assert asyncio.run(_status(port, origin="https://other.example")) == 403
        _, metrics = answer_of(port, "/metrics")
        assert "\nwssure_opened_total 1\n" in metrics
        assert '\nwssure_failures_total{cause="http.origin"} 1\n' in metrics
        assert process.stderr is not None
        first, second = (json.loads(process.stderr.readline()) for _ in range(2))
    assert first["cause"] == "http.origin"
    assert 'origins=["https://other.example"]' in first["message"] + first["fix"]
    assert (second["level"], "process_request answered 200" in second["message"]) == ("INFO", True)


def test_each_server_of_the_guide_has_its_test():
    tested = Path(__file__).read_text(encoding="utf-8")
    servers = [
        name.removeprefix("docs/guide/") for name, text in PROGRAMS.items() if "guide/" in name and "serve(" in text
    ]
    assert [name for name in servers if f'guide("{name}")' not in tested] == []


def test_each_example_has_its_test_and_its_place_in_the_guide():
    tested = Path(__file__).read_text(encoding="utf-8")
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "guide").glob("*.md"))
    names = [path.name for path in EXAMPLES.glob("*.py")]
    assert len(names) == 5
    assert [name for name in names if f'"{name}"' not in tested or f"examples/{name})" not in pages] == []


def test_the_echo_server_reloads_its_certificates_and_keeps_the_old_ones_if_the_new_do_not_work(
    scratch: Scratch, ca: trustme.CA
):
    words = ["--site", "a.example.net", "a.pem", "a.key", "--address", HERE, "--port", "0"]
    with listening(EXAMPLES / "echo_server.py", scratch, *words) as (process, [port]):
        assert process.stderr is not None
        assert speaks_to(port, scratch.folder / "ca.pem", "a.example.net") == "hello"
        pin = renewed(scratch, ca)
        (scratch.folder / "a.key").rename(scratch.folder / "kept.key")
        process.send_signal(signal.SIGHUP)
        assert process.stderr.readline().startswith("ERROR:root:the old certificates stay in use: ")
        assert speaks_to(port, scratch.folder / "ca.pem", "a.example.net") == "hello"
        (scratch.folder / "kept.key").rename(scratch.folder / "a.key")
        process.send_signal(signal.SIGHUP)
        assert "certificates reloaded" in process.stderr.readline()
        asyncio.run(until_pinned(port, pin))
        process.terminate()
        assert ended(process) == (0, "")


def test_the_pinned_client_accepts_one_key_only(scratch: Scratch, echo_site: Site):
    url = f"wss://b.example.net:{scratch.port}/"
    right, wrong = pin_of(bytes(echo_site.cert)), "sha256/" + 43 * "A" + "="
    for pins, code in (([right], 0), ([wrong, right], 0), ([wrong], 1)):
        process = started(EXAMPLES / "pinned_client.py", scratch, url, *pins, "--address", HERE)
        out, errors = process.communicate()
        assert (process.returncode, out) == (code, "" if code else "hello\n"), errors
        assert ("cert.pin-mismatch" in errors) == bool(code)


def test_the_chat_says_who_came_spoke_and_left(scratch: Scratch):
    async def main() -> None:
        url, page = f"ws://{HERE}:{port}/", "https://chat.example.net"
        async with connect(url, origin=page) as ann:
            await ann.send("Ann")
            assert await ann.recv() == "Ann joined, 1 here"
            async with connect(url, origin=page) as bob:
                await bob.send("Bob")
                assert await ann.recv() == await bob.recv() == "Bob joined, 2 here"
                await bob.send("hello")
                assert await ann.recv() == await bob.recv() == "Bob: hello"
            assert await ann.recv() == "Bob left"
            assert await _status(port, origin="https://other.example") == 403
            process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosedOK):
                await ann.recv()

    words = ["--origin", "https://chat.example.net", "--port", "0"]
    with listening(EXAMPLES / "chat_server.py", scratch, *words) as (process, [port]):
        asyncio.run(main())
        code, errors = ended(process)
        assert code == 0
        assert "http.origin" in errors


def test_health_and_metrics_have_a_port_of_their_own(scratch: Scratch):
    words = ["--port", "0", "--metrics-port", "0"]
    with listening(EXAMPLES / "metrics_server.py", scratch, *words) as (process, [port, metrics]):
        assert asyncio.run(_status(port)) == 101
        assert answer_of(metrics, "/healthz")[0] == 200
        assert "\nwssure_opened_total 1\n" in answer_of(metrics, "/metrics")[1]
        assert answer_of(metrics, "/other")[0] == 404
        assert answer_of(port, "/metrics")[0] == 426
        process.terminate()
        assert ended(process) == (0, "")


def test_the_client_behind_a_proxy_says_which_side_failed(scratch: Scratch, ca: trustme.CA):
    right, wrong = (
        [Site("localhost", ca.issue_cert(name).private_key_and_cert_chain_pem.bytes())]
        for name in ("localhost", "a.example.net")
    )
    with echoing(right) as port, echoing(wrong) as faulty, tunnelling(authorization=b"Basic dTpw") as proxy:
        for place, url, trust, said in (
            (f"u:p@{HERE}:{proxy.port}", f"wss://localhost:{port}/", ["--ca", "ca.pem"], ""),
            (f"{HERE}:{proxy.port}", f"wss://localhost:{port}/", [], "proxy.auth: .*this program"),
            (f"{HERE}:1", f"wss://localhost:{port}/", [], "tcp.refused: .*the proxy"),
            (
                f"u:p@{HERE}:{proxy.port}",
                f"wss://localhost:{faulty}/",
                ["--ca", "ca.pem"],
                "cert.hostname: .*the server",
            ),
        ):
            words = ["--proxy", f"http://{place}", *trust]
            process = started(EXAMPLES / "proxied_client.py", scratch, url, *words)
            out, errors = process.communicate()
            assert (process.returncode, out) == ((1, "") if said else (0, "hello\n")), errors
            assert re.match(f"{said}\n" if said else "$", errors, re.DOTALL), errors
