"""No verb prints a peer's text raw: escape sequences, bells, bidirectional and C1 controls reach no terminal, file or log."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import socket
import unicodedata
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import pytest
import trustme
from tests.peers.certificates import server_context
from tests.peers.listener import Talk, listening, wait_for_end
from tests.peers.scripts import answers, close_frame, frame, over_tls, upgrades

from wssure import WssError, connect, serve
from wssure.text import printable
from wssure.tools.cli import output
from wssure.tools.cli.main import guarded

HERE = "127.0.0.1"
HOSTILE = "\x1b[31m\x07\u202e\u2028\u009b31m\x7f\ue000<&\"'" + "x" * 5000
# What an HTTP header can carry: one character per octet (RFC 9110 section 5.5 lets \x80 to \xff pass).
IN_HEADER = "\u009b31m\u0085\u0090x\u009c<&\"'" + "y" * 1000
BYTES = HOSTILE.encode()


def is_raw(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def check_text(text: str) -> None:
    assert not [ascii(character) for character in text if is_raw(character)]


class Terminal(io.StringIO):
    """A stream in memory with an encoding, as sys.stdout has one."""

    encoding = "utf-8"  # type: ignore[assignment]


def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
    """Run a verb in this process; what it prints and logs holds nothing raw."""
    out, err, log = Terminal(), Terminal(), io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger("wssure").addHandler(handler)
    source = mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), source:
            code = guarded(words)
    finally:
        logging.getLogger("wssure").removeHandler(handler)
    for text in (out.getvalue(), err.getvalue(), log.getvalue()):
        check_text(text)
    return code, out.getvalue(), err.getvalue()


def hostile_certificate(folder: Path) -> Path:
    """Write a certificate whose subject holds hostile text, and its key."""
    ca = trustme.CA(organization_name=HOSTILE[:40], organization_unit_name=HOSTILE[:30])
    issued = ca.issue_cert("h.example", common_name=HOSTILE[:40], organization_name=HOSTILE[:40])
    path = folder / "site.pem"
    path.write_bytes(issued.cert_chain_pems[0].bytes() + issued.private_key_pem.bytes())
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    return hostile_certificate(tmp_path_factory.mktemp("hostile"))


def after_ping(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        upgrades(keep=False)(connection)
        connection.recv(65536)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        wait_for_end(connection)

    return talk


HEAD = IN_HEADER.encode("latin-1")
PEERS: dict[str, Talk] = {
    "no HTTP": answers(BYTES),
    "status": answers(
        b"HTTP/1.1 403 " + HEAD + b"\r\nServer: " + HEAD + b"\r\nContent-Length: %d\r\n\r\n" % len(BYTES) + BYTES
    ),
    "redirect": answers(b"HTTP/1.1 301 " + HEAD + b"\r\nLocation: https://h.example/" + HEAD + b"\r\n\r\n"),
    "challenge": answers(b"HTTP/1.1 401 x\r\nWWW-Authenticate: " + HEAD + b"\r\n\r\n" + BYTES),
    "header of control characters": answers(b"HTTP/1.1 101 x\r\nUpgrade: \x1b[31m\x07\r\n\r\n"),
    "upgrade": answers(b"HTTP/1.1 101 x\r\nUpgrade: " + HEAD + b"\r\n\r\n"),
    "accept": upgrades(accept=HEAD),
    "subprotocol": upgrades(extra=(b"Sec-WebSocket-Protocol: " + HEAD,)),
    "extension": upgrades(extra=(b"Sec-WebSocket-Extensions: " + HEAD,)),
    "date": upgrades(extra=(b"Date: " + HEAD, b"Server: " + HEAD)),
    "close reason": after_ping(close_frame(1008, HOSTILE[:40])),
    "close reason of the application": after_ping(close_frame(4000, HOSTILE[:40])),
    "clean close": after_ping(close_frame(1000, HOSTILE[:40])),
    "message": upgrades(then=frame(0x81, HOSTILE[:60].encode()) + close_frame(1000, HOSTILE[:40])),
    "bad frame": after_ping(BYTES[:60]),
}
FORMS = {"text": (), "color": ("--color", "always"), "json": ("--json",)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("peer", PEERS)
def test_check_and_connect_escape_a_peers_text(peer, form):
    with listening(PEERS[peer]) as port:
        target = (f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none", "--subprotocol", "a")
        words = FORMS[form]
        more = ("--no-probe", *(("--ladder", "--deep") if form != "json" else ()))
        _, out, _ = run("check", *target, *more, *(word for word in words if form != "color"))
        assert out
        if form == "color":
            check_colored("check", *target, "--no-probe", *words)
        else:
            run("connect", *target, *words)
    if form == "json":
        assert json.loads(out)["schema"] == 1


def check_colored(*words: str) -> None:
    """Run with colours: without those of our own the text holds nothing raw."""
    out, err = Terminal(), Terminal()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        guarded(words)
    text = out.getvalue() + err.getvalue()
    for code in ("0", "1", "2", "1;31", "32", "1;33"):
        text = text.replace(f"\x1b[{code}m", "")
    check_text(text)


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer != "date"])  # that peer ends in no exception
def test_exceptions_and_their_facts_are_escaped(peer):
    async def use(port: int) -> None:
        async with connect(f"ws://h.example:{port}/", address=HERE, proxy=None, subprotocols=["a"]) as ws:
            await ws.ping()
            while True:
                await ws.recv()

    with listening(PEERS[peer]) as port, pytest.raises(WssError) as caught:
        asyncio.run(use(port))
    error = caught.value
    check_text("\n".join((str(error), *getattr(error, "__notes__", ()), str(error.__cause__ or ""))))
    if error.failure is not None:
        check_text(json.dumps(error.failure.to_json(), ensure_ascii=False))


@pytest.mark.parametrize("flags", [(), ("--insecure",), ("--backend", "all", "--insecure")], ids=" ".join)
def test_names_of_a_certificate_are_escaped(certificate, tmp_path, flags):
    with listening(over_tls(server_context(certificate), upgrades())) as port:
        words = (f"wss://other.example:{port}/", "--address", HERE, "--proxy", "none", *flags)
        _, out, _ = run("check", *words, "--svg", str(tmp_path / "picture.svg"), "--save", str(tmp_path / "saved.json"))
        run("check", *words, "--jsonl")
    assert "\\x1b[31m" in out
    files = list(tmp_path.iterdir())
    assert len(files) >= 2
    for file in files:
        check_text(file.read_text(encoding="utf-8"))
        if file.suffix == ".svg":
            ElementTree.parse(file)


def test_a_proxys_text_is_escaped():
    refusal = (
        b"HTTP/1.1 407 "
        + HEAD
        + b"\r\nProxy-Authenticate: "
        + HEAD
        + b"\r\nX-Squid-Error: "
        + HEAD
        + b"\r\n\r\n"
        + BYTES
    )
    for answer in (refusal, BYTES):
        with listening(answers(answer)) as port:
            _, out, _ = run("check", "wss://h.example/", "--proxy", f"http://{HERE}:{port}", "--no-probe")
        assert "error[proxy." in out


def test_connect_prints_messages_escaped_and_raw_on_request():
    message = HOSTILE[:60]
    then = frame(0x81, message.encode()) + close_frame(1000)
    with listening(upgrades(then=then)) as port:
        words = ("connect", f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none")
        assert run(*words)[1] == printable(message, len(message)) + "\n"
        assert json.loads(run(*words, "--json")[1])["text"] == message
        raw = Terminal()
        with contextlib.redirect_stdout(raw), mock.patch("sys.stdin", io.StringIO("")):
            assert guarded([*words, "--raw"]) == 0
    assert raw.getvalue() == message + "\n"


def test_a_long_message_is_printed_whole():
    message = "é" * 60000
    data = message.encode()
    then = b"\x81\x7f" + len(data).to_bytes(8, "big") + data + close_frame(1000)
    with listening(upgrades(then=then)) as port:
        assert run("connect", f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none")[1] == message + "\n"


REQUESTS = {
    "path": b"GET /\x1b[31m\x9b HTTP/1.1\r\nHost: h\r\n\r\n",
    "host": b"GET / HTTP/1.1\r\nHost: " + HEAD + b"\r\nUpgrade: websocket\r\n\r\n",
    "origin": b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://"
    + HEAD
    + b"\r\n\r\n",
    "version": b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nUser-Agent: "
    + HEAD
    + b"\r\nSec-WebSocket-Version: "
    + HEAD
    + b"\r\n\r\n",
    "garbage": BYTES,
    "method": HEAD + b" / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_the_servers_log_is_escaped(caplog, request_bytes):
    async def handler(ws) -> None:
        await ws.wait_closed()

    async def ask() -> bytes:
        async with serve(handler, HERE) as server:
            reader, writer = await asyncio.open_connection(HERE, server.port)
            writer.write(request_bytes)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    with caplog.at_level(logging.DEBUG):
        answer = asyncio.run(ask())
    assert any(record.name == "wssure.server" for record in caplog.records)
    for record in caplog.records:
        check_text(record.getMessage())
    assert b"\x1b" not in answer


@pytest.mark.parametrize("name", [b"\x1b[31m\x07", "\u202e\u009b".encode(), b"a" * 60])
def test_hello_and_diff_escape_names_and_protocols(tmp_path, name):
    from tests.peers.foreign import hello_for

    file = tmp_path / f"hostile\x1b[31m\u202e{HOSTILE[:4]}.bin"
    file.write_bytes(hello_for(name))
    for form in FORMS.values():
        if form != FORMS["color"]:
            run("hello", str(file), *form)
            run("diff", str(file), str(file), *form)


@pytest.mark.parametrize("line", [
    "lws: client connect failed: " + HOSTILE,
    "SSL error: certificate verify failed (" + HOSTILE + ")",
    "lws_client: connect failed: HS: ws upgrade response not 101 " + HOSTILE,
    HOSTILE,
    "tls." + HOSTILE,
])  # fmt: skip
def test_explain_escapes_what_was_pasted(tmp_path, line):
    file = tmp_path / "log\x1b[31m.txt"
    file.write_text(f"first\n{line}\n{line}\n", encoding="utf-8")
    run("explain", line)
    run("explain", line, "--json")
    run("explain", str(file))
    run("explain", "-", stdin=line)


CODE = """#include <libwebsockets.h>
int go(struct lws_context *c) {{
    struct lws_client_connect_info i; /* {hostile} */
    i.address = "{hostile}"; i.host = "{hostile}"; i.origin = "https://{hostile}/";
    i.context = c; i.port = 443; i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED; /* {hostile} */
    return lws_client_connect_via_info(&i) != 0;
}}
"""


def test_lint_escapes_sources_and_file_names(tmp_path):
    pytest.importorskip("tree_sitter")
    folder = tmp_path / "src\x1b[31m\u202e\u009b"
    folder.mkdir()
    file = folder / "client\x07.c"
    file.write_text(CODE.format(hostile="\x1b[31m\x07\u202e\u009b" + "x"), encoding="utf-8")
    unreadable = folder / "gone\x1b.c"
    unreadable.symlink_to(folder / "nothing")
    for form in ((), ("--json",), ("--sarif",), ("--github",), ("--write-baseline", str(tmp_path / "b\x1b.json"))):
        _, out, err = run("lint", str(folder), *form)
        assert out or err
    run("lint", str(folder), "--fix")
    run("lint", str(folder / "absent\x1b"))
    run("lint", str(file), "--baseline", str(tmp_path / "absent\x1b"))


@pytest.mark.parametrize("verb", ["check", "connect", "hello", "diff", "explain", "lint", "versions", "serve", "demo"])
def test_a_wrong_argument_is_escaped(verb):
    run(verb, f"--nonsense{HOSTILE[:60]}")
    run(HOSTILE[:60])


def test_a_crash_is_escaped(monkeypatch):
    monkeypatch.setenv("WSSURE_TRACEBACK", "1")
    with mock.patch("wssure.tools.cli.check._check_all", side_effect=RuntimeError(HOSTILE)):
        assert run("check", "wss://h.example/")[0] == output.BROKEN


def test_the_gate_lets_nothing_through_but_lines_and_our_colours():
    for color in (False, True):
        out = Terminal()
        with contextlib.redirect_stdout(out):
            output.data(f"a\n\x1b[1mb\x1b[0m\x1b]0;title\x07\x1b[2J\u202e\ud800{HOSTILE}", color=color)
        text = out.getvalue()
        assert text.startswith("a\n\x1b[1mb\x1b[0m" if color else "a\n\\x1b[1mb\\x1b[0m")
        check_text(text.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[31m", ""))
