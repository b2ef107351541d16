"""`check` is ok only if the endpoint still works after the 101: whatever it does instead of a pong is reported with its cause."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator

import pytest
from tests.peers import scripts
from tests.peers.certificates import NAME, server_context
from tests.peers.listener import Talk, listening, reset, wait_for_end
from tests.peers.scripts import close_frame, frame, over_tls, upgrades

from wssure.tls import backends
from wssure.tools.cli.main import guarded

HERE = "127.0.0.1"
PING, PONG, CLOSE = 0x89, 0x8A, 0x88
Act = Callable[[socket.socket], None]


def sends(data: bytes) -> Act:
    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        wait_for_end(connection)

    return act


def hangs_up(connection: socket.socket) -> None:
    """Return: the connection is closed then."""


def at_once(act: Act) -> Talk:
    def talk(connection: socket.socket) -> None:
        upgrades(keep=False)(connection)
        act(connection)

    return talk


def client_frames(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Upgrade, and yield (first byte, payload) of each frame that comes."""
    upgrades(keep=False)(connection)
    data = b""
    while more := connection.recv(65536):
        data += more
        while found := scripts.client_frame(data):
            first, payload, data = found
            yield first, payload


def instead_of(opcode: int, act: Act) -> Talk:
    """Upgrade, answer pings, and act when a frame of this kind comes."""

    def talk(connection: socket.socket) -> None:
        for first, payload in client_frames(connection):
            if first == opcode:
                act(connection)
                return
            if first == PING:
                connection.sendall(frame(PONG, payload))

    return talk


def checked(capsys, talk: Talk, *words: str) -> tuple[int, dict]:
    with listening(talk) as port:
        code = guarded(["check", f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]
ENDS: dict[str, tuple[Act, str]] = {
    f"close {code}": (sends(close_frame(code, "no")), "ws.close-code") for code in CODES
}
ENDS |= {
    "close without a code": (sends(frame(CLOSE, b"")), "ws.close-code"),
    "end of file": (hangs_up, "ws.1006"),
    "reset": (reset, "ws.1006"),
    "half a frame": (sends(b"\x81\x05ab"), "ws.1006"),
    "reserved opcode": (sends(frame(0x83, b"")), "ws.protocol-error"),
    "reserved bit": (sends(frame(0xC1, b"a")), "ws.protocol-error"),
    "masked frame": (sends(b"\x81\x81\0\0\0\0a"), "ws.protocol-error"),
    "fragmented ping": (sends(frame(0x09, b"")), "ws.protocol-error"),
    "continuation of nothing": (sends(frame(0x80, b"a")), "ws.protocol-error"),
    "forbidden close code": (sends(close_frame(1005)), "ws.protocol-error"),
    "text that is no UTF-8": (sends(frame(0x81, b"\xff")), "ws.invalid-utf8"),
    "HTTP after the 101": (sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "ws.protocol-error"),
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("when", ["at once", "instead of the pong"])
def test_an_endpoint_that_ends_after_the_101_is_no_ok(capsys, how, when):
    act, cause = ENDS[how]
    code, value = checked(capsys, at_once(act) if when == "at once" else instead_of(PING, act))
    assert (code, value["ok"]) == (1, False)
    assert value["failure"]["cause"] == cause
    assert value["failure"]["stage"] == "open"
    assert [phase["name"] for phase in value["phases"]][-1] == "upgrade"
    assert set(value) == {"schema", "ok", "endpoint", "backend", "phases", "failure", "findings", "details"}


WORDS = [
    ("masked frame", "masked", "frame from a server got a mask (RFC 6455 section 5.1)"),
    ("reserved opcode", "reserved-opcode", "opcode got 3, expected 0, 1, 2, 8, 9 or 10 (RFC 6455 section 5.2)"),
]


@pytest.mark.parametrize(("how", "rule", "words"), WORDS, ids=[row[0] for row in WORDS])
def test_a_broken_rule_is_reported_in_its_own_words(capsys, how, rule, words):
    _, value = checked(capsys, at_once(ENDS[how][0]))
    assert value["failure"]["summary"] == f"the peer broke the WebSocket protocol: {words}"
    (seen,) = [fact["value"] for fact in value["failure"]["facts"] if fact["kind"] == "ws.violation"]
    assert (seen["rule"], seen["offset"]) == (rule, 0)


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_clean_close_before_the_pong_is_quoted(capsys, code):
    _, value = checked(capsys, at_once(sends(close_frame(code, "go away\x1b[2J"))))
    facts = [fact["value"] for fact in value["failure"]["facts"] if fact["kind"] == "ws.close"]
    assert {"direction": "received", "code": code, "reason": "go away\\x1b[2J"} in facts
    assert f"closed with {code}" in value["failure"]["summary"]


@pytest.mark.parametrize("how", ["close 1011", "close 4999", "reserved opcode"])
def test_a_wrong_answer_to_our_close_is_no_ok(capsys, how):
    act, cause = ENDS[how]
    code, value = checked(capsys, instead_of(CLOSE, act))
    assert (code, value["failure"]["cause"]) == (1, cause)


@pytest.mark.parametrize("act", [hangs_up, reset, wait_for_end], ids=["end of file", "reset", "silence"])
def test_a_close_that_is_not_answered_is_a_finding(capsys, act):
    code, value = checked(capsys, instead_of(CLOSE, act), "--pong-timeout", "1")
    assert (code, value["ok"]) == (0, True)
    assert [finding["cause"] for finding in value["findings"]] == ["ws.1006"]


def test_an_endpoint_that_answers_no_ping_is_a_finding(capsys):
    def deaf(connection: socket.socket) -> None:
        for first, payload in client_frames(connection):
            if first == CLOSE:
                connection.sendall(frame(CLOSE, payload))
                return

    code, value = checked(capsys, deaf, "--pong-timeout", "0.2")
    assert (code, value["ok"], value["details"]["ping"]) == (0, True, "no answer")
    assert [finding["cause"] for finding in value["findings"]] == ["ws.peer-silent"]


def test_an_endpoint_that_answers_nothing_is_no_ok(capsys):
    code, value = checked(capsys, at_once(wait_for_end), "--pong-timeout", "0.2")
    assert (code, value["ok"], value["failure"]["cause"]) == (1, False, "ws.peer-silent")
    assert "neither a ping within 0.2 s nor our Close" in value["failure"]["summary"]
    assert set(value) == {"schema", "ok", "endpoint", "backend", "phases", "failure", "findings", "details"}


def test_an_endpoint_that_sends_messages_and_answers_nothing_is_a_finding(capsys):
    def pushes(connection: socket.socket) -> None:
        connection.sendall(frame(0x81, b"news"))
        wait_for_end(connection)

    code, value = checked(capsys, at_once(pushes), "--pong-timeout", "0.2")
    assert (code, value["ok"]) == (0, True)
    assert [finding["cause"] for finding in value["findings"]] == ["ws.peer-silent", "ws.1006"]


def test_messages_before_the_pong_do_no_harm(capsys):
    many = frame(0x81, b"news") * 1000 + b"\x82\x7f" + (2**21).to_bytes(8, "big") + bytes(2**21)
    code, value = checked(capsys, upgrades(then=many))
    assert (code, value["details"]["ping"], value["findings"]) == (0, "answered", [])


@pytest.mark.parametrize("words", [(), ("--deep",)])
def test_every_backend_reports_the_end(capsys, site_pem, ca_pem, tmp_path, words):
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    (tmp_path / "site.pem").write_bytes(site_pem(NAME))
    with listening(over_tls(server_context(tmp_path / "site.pem"), at_once(sends(close_frame(1011))))) as port:
        place = (f"wss://{NAME}:{port}/", "--address", HERE, "--proxy", "none", "--cacert", str(tmp_path / "ca.pem"))
        code = guarded(["check", *place, "--backend", "all", "--json", *words])
    value = json.loads(capsys.readouterr().out)
    assert (code, value["ok"]) == (1, False)
    assert [one["failure"]["cause"] for one in value["results"]] == ["ws.close-code"] * len(backends.available())


def test_the_text_names_cause_and_code(capsys):
    with listening(at_once(sends(close_frame(1008, "token expired")))) as port:
        code = guarded(["check", f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none"])
    out = capsys.readouterr().out
    assert code == 1
    assert out.startswith("error[ws.close-code]: the peer closed with 1008")
    assert "token expired" in out


@pytest.mark.parametrize("verb", ["check", "connect"])
def test_a_subprotocol_that_was_not_selected_is_a_failure(capsys, verb):
    with listening(upgrades()) as port:
        words = [verb, f"ws://h.example:{port}/", "--address", HERE, "--proxy", "none"]
        code = guarded([*words, "--subprotocol", "chat.v1", "--subprotocol", "chat.v2"])
    both = "".join(capsys.readouterr())
    assert code == 1
    assert "error[ws.subprotocol]: " in both
    assert "selected no subprotocol, expected one of chat.v1, chat.v2" in both


def test_a_selected_subprotocol_is_ok(capsys):
    talk = upgrades(extra=(b"Sec-WebSocket-Protocol: chat.v2",))
    code, value = checked(capsys, talk, "--subprotocol", "chat.v1", "--subprotocol", "chat.v2")
    assert (code, value["details"]["subprotocol"]) == (0, "chat.v2")


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf"])
def test_a_pong_timeout_that_is_no_time_is_refused(capsys, limit):
    assert guarded(["check", "ws://h.example/", f"--pong-timeout={limit}"]) == 2


def below_tls(data: bytes, end: Act = lambda connection: connection.shutdown(socket.SHUT_WR)) -> Act:
    """Send bytes as they are below TLS, and end TCP without a close_notify."""

    def act(connection: socket.socket) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as plain:
            os.close(connection.detach())
            plain.sendall(data)
            end(plain)

    return act


TLS_ENDS: dict[str, tuple[Act, set[str]]] = {
    "end of file without close_notify": (below_tls(b""), {"ws.1006"}),
    "close_notify": (lambda connection: connection.unwrap(), {"ws.1006"}),  # type: ignore[attr-defined]
    "reset": (below_tls(b"", reset), {"ws.1006"}),
    "half a record": (below_tls(b"\x17\x03\x03\x00\x20abc"), {"ws.1006"}),
    "altered record": (below_tls(b"\x17\x03\x03\x00\x20" + bytes(32)), {"tls.bad-record-mac"}),
    "plaintext alert": (
        below_tls(bytes((21, 3, 3, 0, 2, 2, 80))),
        {"tls.bad-record-mac", "tls.unexpected-message", "unknown.open"},
    ),
    "HTTP below TLS": (below_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {"tls.bad-record-mac", "unknown.tls"}),
    "masked frame": (sends(b"\x81\x81\0\0\0\0a"), {"ws.protocol-error"}),
}


@pytest.mark.parametrize("how", TLS_ENDS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_no_end_below_tls_is_ok_on_any_backend(capsys, site_pem, ca_pem, tmp_path, how, version):
    act, causes = TLS_ENDS[how]
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    (tmp_path / "site.pem").write_bytes(site_pem(NAME))
    with listening(over_tls(server_context(tmp_path / "site.pem"), instead_of(PING, act))) as port:
        place = (f"wss://{NAME}:{port}/", "--address", HERE, "--proxy", "none", "--cacert", str(tmp_path / "ca.pem"))
        code = guarded(["check", *place, "--backend", "all", "--json", "--tls-max", version])
    value = json.loads(capsys.readouterr().out)
    assert (code, value["ok"]) == (1, False)
    assert {one["failure"]["cause"] for one in value["results"]} <= causes
